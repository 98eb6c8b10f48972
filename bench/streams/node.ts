import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import { dig } from '../../test/support/dig.ts';
import type { LifeguardProcess, startLifeguard as Start } from '../../test/support/lifeguard.ts';
import { startRedis } from '../../test/support/server/redis.ts';
import { tempDir } from '../temp-dir.ts';
import { type Noise, startNoise } from '../verdict/noise.ts';
import { configure, ENDPOINTS } from '../verdict/pools.ts';
import { startPublisher } from '../verdict/publisher.ts';
import type { Place } from './clients.ts';

/** The name that is asked for. */
export const NAME = 'www.example.org';
const ZONE = 'example.org';
/** Longest wait for the node to read the store, and how often it is asked, milliseconds. */
const READY_MS = 60_000;
const READY_POLL_MS = 100;
/** Pools of the node, of which some flip. */
export const POOLS = 10_000;
/** Prefix of the keys, as it is unless configured. */
const REDIS_PREFIX = 'lifeguard';
/** Of each so many milliseconds the main thread stands still for 100. */
const HELD_EVERY_MS = 110;

/** A `serve` process with a Redis of its own, TLS, HTTPS and a debugger. */
export interface MeasuredNode {
  readonly dns: Place;
  readonly tls: Place;
  readonly https: Place;
  /** Where its API and the dashboard are. */
  readonly origin: string;
  readonly pid: number;
  /** Seconds of processor time that it has used. */
  cpuSeconds(): number;
  /** Makes the main thread stand still for 100 ms at a time, until it is released. */
  hold(): Promise<void>;
  release(): Promise<void>;
  /** Flips endpoints of its pools, from the pool `first` on. */
  flip(perSecond: number, first?: number): Noise;
  stop(): Promise<void>;
}

/** Starts the program of a tree. `certificate`: PEM; `through`: a program, and its arguments, that becomes the node. */
export async function startNode(
  tree: string,
  certificate: { readonly cert: string; readonly key: string },
  through: readonly string[] = [],
): Promise<MeasuredNode> {
  const { startLifeguard } = (await import(join(tree, 'test/support/lifeguard.ts'))) as {
    startLifeguard: typeof Start;
  };
  const directory = tempDir();
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  writeFileSync(files.cert, certificate.cert);
  writeFileSync(files.key, certificate.key, { mode: 0o600 });
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, configOf(files));
  const redis = await startRedis();
  const store = openRedisStore(redis.url, { prefix: REDIS_PREFIX });
  await configure(store, POOLS);
  const publisher = await startPublisher(store, 'bench');
  await publisher.publishHealthy(0, POOLS);
  const environment = {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_REDIS_URL: redis.url,
    LIFEGUARD_DATA_DIR: directory,
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
  };
  const node = await startLifeguard('serve', environment, through);
  process.once('exit', () => node.process.kill('SIGKILL'));
  await untilReady(node);
  const evaluate = await debuggerOf(node);
  return {
    dns: node.dns,
    tls: placeIn(node, /answer\w* DNS over TLS/),
    https: placeIn(node, /answer\w* DNS over HTTPS/),
    origin: new URL(node.api).origin,
    pid: node.process.pid!,
    cpuSeconds: () => cpuSecondsOf(node.process.pid!),
    hold: () =>
      evaluate(
        `globalThis.held = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100), ${HELD_EVERY_MS})`,
      ),
    release: () => evaluate('clearInterval(globalThis.held)'),
    flip: (perSecond, first) => startNoise(publisher, POOLS, perSecond, first),
    async stop() {
      await publisher.stop();
      await node.end('SIGKILL');
      await store.close();
      await redis.stop();
    },
  };
}

/** Waits until the node has read the store: before, it answers SERVFAIL. */
async function untilReady({ dns }: LifeguardProcess): Promise<void> {
  const until = performance.now() + READY_MS;
  while ((await dig(dns, `p0.pools.${ZONE}`, 'AAAA')).rdata.length !== ENDPOINTS) {
    if (performance.now() > until) throw new Error('it does not answer');
    await sleep(READY_POLL_MS);
  }
}

function configOf(files: object): string {
  const encrypted = { listen: ['127.0.0.1:0'], ...files };
  return JSON.stringify({
    dns: { tls: encrypted, https: encrypted },
    zones: [
      {
        name: ZONE,
        ns: [{ name: 'ns.example.org', addresses: ['192.0.2.53'] }],
        pools: 'pools',
        records: [{ name: 'www', type: 'A', value: '192.0.2.1' }],
      },
    ],
  });
}

/** Finds an address in the log, whose words differ between versions. */
function placeIn({ log }: LifeguardProcess, message: RegExp): Place {
  return (log.find(({ msg }) => message.test(String(msg))) as { listen?: Place[] }).listen![0]!;
}

/** Runs expressions on the main thread of a node. */
async function debuggerOf({ log }: LifeguardProcess): Promise<(expression: string) => Promise<void>> {
  const [url] = log.flatMap(({ msg }) => /ws:\/\/\S+/.exec(String(msg)) ?? []);
  const debug = new WebSocket(url!);
  await new Promise((resolve) => debug.addEventListener('open', resolve));
  let id = 0;
  return (expression) => {
    id += 1;
    const own = id;
    debug.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression } }));
    return new Promise((resolve) => {
      const listen = ({ data }: MessageEvent) => {
        if ((JSON.parse(String(data)) as { id?: number }).id !== own) return;
        debug.removeEventListener('message', listen);
        resolve();
      };
      debug.addEventListener('message', listen);
    });
  };
}

/** Of a process with all its threads (proc(5): utime and stime), in hundredths of a second. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
