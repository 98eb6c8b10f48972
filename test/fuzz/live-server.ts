import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadBalancerBodyOf } from '../../src/admin/load-balancers/body.ts';
import { withRenamedPools } from '../../src/admin/load-balancers/renamed-pools.ts';
import { Counter } from '../../src/answer/counters.ts';
import type { ResponderSettings } from '../../src/answer/respond.ts';
import { startClock } from '../../src/serve/clock.ts';
import { startListeners } from '../../src/serve/listen/listen.ts';
import { answering } from '../answer/answering.ts';
import { IDS } from '../answer/steering/arbitrary-load-balancer.ts';
import { EVERY_KIND, NAME_OF_KIND, STEERED_BY } from '../answer/steering/every-kind.ts';
import { create } from '../support/api.ts';
import { dig } from '../support/dig.ts';
import { startLifeguard } from '../support/lifeguard.ts';
import { AUTHORITY } from './zones.ts';

/** What answers UDP. */
export type Engine = 'batched' | 'portable';

/** Something that answers DNS at a port of UDP and TCP. */
export interface LiveServer {
  readonly address: string;
  readonly port: number;
  /** Throws when anything went wrong inside that a client may not see. */
  check(): void;
  stop(): Promise<void>;
}

const ADDRESS = '127.0.0.1';
/** More than one, so that the kernel has something to spread clients over. */
const THREADS = 2;
const PROCESS_CONFIG = `
dns:
  identity: ${'i'.repeat(63)}
  version: ${'v'.repeat(63)}
zones:
  - name: example.org
    ns:
      - { name: ns.example.org, addresses: [192.0.2.53] }
    pools: pools
    pool_ttl: 30
    records:
      - { name: www, type: A, value: 192.0.2.1, ttl: 60 }
      - { name: "*.wild", type: A, value: 192.0.2.2, ttl: 60 }
      - { name: alias, type: CNAME, value: big.pools.example.org }
      - { name: loop, type: CNAME, value: loop.example.org }
      - { name: text, type: TXT, value: ${'x'.repeat(200)} }
`;

/** The listeners of a node in this process, over the zones of zones.ts. */
export async function startEngine(engine: Engine, settings: ResponderSettings): Promise<LiveServer> {
  const clock = startClock();
  const { table } = answering(AUTHORITY, 1, settings, { steeredBy: STEERED_BY });
  const own = { ...settings, clock: clock.seconds };
  const errors: object[] = [];
  const listeners = await startListeners({
    engine,
    workers: THREADS,
    listen: [{ address: ADDRESS, port: 0 }],
    table: table.buffers,
    settings: own,
    log: {
      info: () => undefined,
      warn: (fields) => errors.push(fields),
      error: (fields) => errors.push(fields),
    },
    tcp: {
      connectionsMax: 100,
      connectionsPerClientMax: 100,
      idleTimeoutMs: own.tcpIdleTimeoutMs,
      transferTimeoutMs: own.tcpIdleTimeoutMs,
    },
    proxyProtocolFrom: [],
  });
  return {
    address: ADDRESS,
    port: listeners.addresses[0]!.port,
    check() {
      if (errors.length > 0) throw new Error(`logged: ${errors.map((each) => JSON.stringify(each)).join()}`);
      const failed = listeners.counters.map(({ counters }) => counters[Counter.FAILED]!);
      if (failed.some((number) => number !== 0)) throw new Error(`faults while answering: ${failed.join()}`);
    },
    async stop() {
      await listeners.stop();
      clock.stop();
    },
  };
}

/** A whole process over the embedded store, with zones, load balancers and pools much like those of zones.ts. */
export async function startProcess(engine: Engine): Promise<LiveServer> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-fuzz-'));
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, PROCESS_CONFIG);
  const serve = await startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_DNS_ENGINE: engine,
    LIFEGUARD_DNS_WORKERS: String(THREADS),
  });
  const loggedAtStart = serve.log.length;
  const pools: string[] = [];
  for (const [name, members] of AUTHORITY.pools) {
    const { id } = await create(serve, '/pools', {
      name,
      ...{ latitude: 50, longitude: 8 * pools.length },
      origins: [...members, { address: '192.0.2.254', weight: 0 }].map(({ address, weight }, i) => ({
        name: `o${i}`,
        address,
        weight: weight / 100,
      })),
    });
    pools.push(id);
  }
  for (const each of EVERY_KIND) {
    const body = withRenamedPools(loadBalancerBodyOf(each), (id) => pools[IDS.indexOf(id)]!);
    await create(serve, '', { ...body, name: each.name });
  }
  // A pool is answered a moment after the API has acknowledged it.
  const [last] = [...AUTHORITY.pools.keys()].slice(-1);
  const names = [`${last}.pools.example.org`, ...NAME_OF_KIND.values()];
  for (const name of names) while ((await dig(serve.dns, name, '+tcp')).status !== 'NOERROR') await sleep(10);
  return {
    ...serve.dns,
    check() {
      const { exitCode, signalCode } = serve.process;
      if (exitCode !== null || signalCode !== null)
        throw new Error(`it ended by ${exitCode ?? signalCode}: ${JSON.stringify(serve.log.slice(-10))}`);
      const bad = serve.log.slice(loggedAtStart).filter(({ level }) => Number(level ?? 60) >= 50);
      if (bad.length > 0) throw new Error(`logged: ${JSON.stringify(bad)}`);
    },
    async stop() {
      const code = await serve.end();
      rmSync(directory, { recursive: true });
      if (code !== 0) throw new Error(`it ended with ${code}`);
    },
  };
}
