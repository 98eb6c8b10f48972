/**
 * A storm over load balancers: `npm run storm:load-balancers`. A node follows a Redis in which a worker flips 1,000 verdicts a second on
 * the pools of 10,000 load balancers, one of which is written every few hundred milliseconds. ../README.md tells what it measures, and when it fails.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { commitAll, configure, poolId } from '../../../bench/verdict/pools.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { endAll } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startFlips } from '../flips/flips.ts';
import { freePorts, type NodeUnderTest, startNode } from '../node-process.ts';
import { startJudge } from './asker.ts';
import { MINIMUM_UP, steeredOf } from './judge.ts';

const PREFIX = 'lifeguard';
const CONFIG = `
health:
  mass_failure: { enabled: false }
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [192.0.2.53] }
`;
/** The processor time that a piece of work of the main thread may take. */
const PIECE_MAX_MS = 20;
/** A load balancer is written this often. */
const WRITE_EVERY_MS = 200;
/** Time in which a node that has started gets to its rest. */
const SETTLE_MS = 3_000;
/** Share of the flips that were wanted below which it was no storm. */
const FLIPS_SHARE_MIN = 0.5;
const PIECES_PROBE = new URL('../../../bench/api/pieces-probe.ts', import.meta.url);

const { values: options } = parseArgs({
  options: {
    pools: { type: 'string', default: '1000' },
    'load-balancers': { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '30' },
    flips: { type: 'string', default: '1000' },
  },
});
const [pools, loadBalancers, seconds, flipsPerSecond] = (
  ['pools', 'load-balancers', 'seconds', 'flips'] as const
).map((name) => {
  const value = Number(options[name]);
  if (!Number.isSafeInteger(value) || value < 5) throw new Error(`--${name} must be a whole number from 5`);
  return value;
}) as [number, number, number, number];

const machine = describeMachine();
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-storm-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const config = join(directory, 'lifeguard.yaml');
writeFileSync(config, CONFIG);
try {
  await run();
} finally {
  await endAll();
}

async function run(): Promise<void> {
  const redis = await startRedis();
  const store = openRedisStore(redis.url, { prefix: PREFIX });
  await configure(store, pools, { minimumOrigins: MINIMUM_UP });
  await commitAll(
    store,
    Array.from({ length: loadBalancers }, (_, i) => putLoadBalancer(i, 30)),
  );
  const flips = startFlips(redis.url, PREFIX, pools);
  await flips.fill();
  const env = { LIFEGUARD_CONFIG: config, LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: directory };
  const ports = await freePorts();
  const node = await startNode(env, ports, [PIECES_PROBE]);
  await untilReady(ports.api);
  await sleep(SETTLE_MS);
  const started = piecesOf(node);
  const judge = await startJudge(ports.dns, { pools, loadBalancers }, flips);
  flips.start(flipsPerSecond);
  const writes = writeLoadBalancers(store);
  const fromMs = performance.now();
  await sleep(seconds * 1_000);
  const written = await writes.stop();
  const flipped = flips.ackedBy(Number.POSITIVE_INFINITY);
  const tookSeconds = (performance.now() - fromMs) / 1_000;
  const judged = await judge.stop();
  const stormed = piecesOf(node).slice(started.length);
  await flips.stop();
  await node.process.end();
  await store.close();
  await redis.stop();

  const longest = (pieces: readonly number[]) => Math.max(0, ...pieces);
  const { answers, lost, torn, late, wrong, examples } = judged;
  process.stdout.write(
    [
      `${machine}.`,
      `${loadBalancers} load balancers over ${pools} pools; ${flipped} flips in ${tookSeconds.toFixed(0)} s, ${written} load balancers written.`,
      `Answers judged: ${answers}; lost ${lost}, torn ${torn}, late ${late}, wrong ${wrong}.`,
      `Longest piece of the main thread, processor time: ${longest(stormed).toFixed(1)} ms; at the start ${longest(started).toFixed(1)} ms.`,
      ...examples,
      '',
    ].join('\n'),
  );
  const faults = [
    answers === 0 && 'nothing was answered',
    lost > 0 && `${lost} answers were lost`,
    torn + late + wrong > 0 && `${torn} answers were torn, ${late} late, ${wrong} wrong`,
    longest(stormed) > PIECE_MAX_MS && `a piece took ${longest(stormed).toFixed(1)} ms`,
    flipped < FLIPS_SHARE_MIN * flipsPerSecond * tookSeconds && `only ${flipped} flips`,
    written === 0 && 'no load balancer was written',
  ].filter((fault) => fault !== false);
  for (const fault of faults) process.stderr.write(`FAILED: ${fault}\n`);
  if (faults.length > 0) process.exitCode = 1;
}

function putLoadBalancer(i: number, ttl: number): Write {
  const { name, pools: own, isDrawn } = steeredOf(i, pools);
  const ids = own.map(poolId);
  const value = loadBalancer(`${i}`.padStart(32, '0'), {
    name,
    zoneName: 'example.com',
    steeringPolicy: isDrawn ? 'random' : 'off',
    defaultPools: ids,
    fallbackPool: ids.at(-1)!,
    ttl,
  });
  return { op: 'put', kind: 'load_balancer', id: value.id, value, unique: [name], references: [] };
}

/** Writes one load balancer after the other, with another TTL. */
function writeLoadBalancers(store: Store): { stop(): Promise<number> } {
  let isStopping = false;
  let written = 0;
  const running = (async () => {
    while (!isStopping) {
      await commitAll(store, [putLoadBalancer((7 * written) % loadBalancers, 31 + (written % 60))]);
      written += 1;
      await sleep(WRITE_EVERY_MS);
    }
  })();
  return {
    async stop() {
      isStopping = true;
      await running;
      return written;
    },
  };
}

/** Processor time of the main thread in each of its longer pieces of work so far, milliseconds. */
function piecesOf(node: NodeUnderTest): number[] {
  return node.process.log.filter(({ msg }) => msg === 'piece').map(({ workMs }) => Number(workMs));
}

async function untilReady(api: number): Promise<void> {
  for (let left = 600; left > 0; left -= 1) {
    const response = await fetch(`http://127.0.0.1:${api}/readyz`).catch(() => undefined);
    if (response?.ok) return;
    await sleep(100);
  }
  throw new Error('the node was not ready in time');
}
