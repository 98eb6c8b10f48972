/**
 * What the API takes to list, page, search and export 10,000 pools of four endpoints, and a node to start with them, on
 * both stores: `npm run bench:api`. README.md tells what is measured and how to read it.
 */
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openEmbeddedStore } from '../src/store/embedded.ts';
import { openRedisStore } from '../src/store/redis.ts';
import type { Store } from '../src/store/store.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../test/support/lifeguard.ts';
import { type RedisServer, startRedis } from '../test/support/redis.ts';
import { type Ask, type Client, openClient, timeAsks } from './api/requests.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median, quantile } from './quantile.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt, tempDir } from './temp-dir.ts';
import { configure, ENDPOINTS, poolId } from './verdict/pools.ts';
import { type Publisher, startPublisher } from './verdict/publisher.ts';

/** What every request must stay below. */
const TARGET_MS = 200;
const POOLS = 10_000;
const PER_PAGE = 100;
/** Prefix of the keys, as in config/lifeguard.yaml. */
const REDIS_PREFIX = 'lifeguard';
/** Asked so often whether a node is ready. */
const POLL_MS = 2;

const BALANCERS = `/client/v4/accounts/${'a'.repeat(32)}/load_balancers`;
const page = (at: number) => 1 + ((at * 7) % (POOLS / PER_PAGE));
const ASKS: readonly Ask[] = [
  { title: 'one pool', path: (at) => `${BALANCERS}/pools/${poolId(at)}` },
  { title: 'list, all', path: () => `${BALANCERS}/pools` },
  { title: 'list, all, after a write', path: () => `${BALANCERS}/pools`, afterWrite: true },
  {
    title: `list, a page of ${PER_PAGE}`,
    path: (at) => `${BALANCERS}/pools?per_page=${PER_PAGE}&page=${page(at)}`,
  },
  { title: 'search, some', path: (at) => `${BALANCERS}/search?query=p${at}` },
  { title: 'search, all, with references', path: () => `${BALANCERS}/search?per_page=1000&references=*` },
  { title: 'export', path: () => '/lifeguard/v1/export' },
];

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const times = options.quick ? 10 : 100;
const starts = options.quick ? 1 : 5;

/** A store that a node can be started on. */
interface Place {
  readonly title: string;
  /** A new one, with so many pools, and what a node is told of it. */
  make(pools: number): Promise<{ env: Record<string, string>; end(): Promise<void> }>;
}

const EMBEDDED: Place = {
  title: 'embedded',
  make: async (pools) => {
    const directory = tempDir();
    const store = openEmbeddedStore(join(directory, 'lifeguard.sqlite'));
    const worker = await fill(store, pools);
    await worker?.stop();
    await store.close();
    return { env: { LIFEGUARD_DATA_DIR: directory }, end: async () => {} };
  },
};

const REDIS: Place = {
  title: 'Redis',
  make: async (pools) => {
    const redis: RedisServer = await startRedis();
    const store = openRedisStore(redis.url, { prefix: REDIS_PREFIX });
    const worker = await fill(store, pools);
    return {
      env: { LIFEGUARD_DATA_DIR: tempDir(), LIFEGUARD_REDIS_URL: redis.url },
      end: async () => {
        await worker?.stop();
        await store.close();
        await redis.stop();
      },
    };
  },
};

const nodes = new Set<LifeguardProcess>();
process.once('exit', () => {
  for (const node of nodes) node.process.kill('SIGKILL');
});
endOnInterrupt();
const machine = describeMachine();
try {
  const asked: string[][] = [];
  const started: string[][] = [];
  for (const place of [EMBEDDED, REDIS]) {
    started.push(await startRow(place));
    asked.push(...(await askRows(place)));
  }
  report(asked, started);
} finally {
  await endAll();
}

/** Pools that are all well, by a worker that stays as long as the store is shared. */
async function fill(store: Store, pools: number): Promise<Publisher | undefined> {
  if (pools === 0) return undefined;
  await configure(store, pools);
  const worker = await startPublisher(store, 'measured');
  await worker.publishHealthy(0, pools);
  return worker;
}

/** Starts a node; how long it took until it was ready. */
async function startNode(
  env: Readonly<Record<string, string>>,
): Promise<{ node: LifeguardProcess; origin: string; tookMs: number }> {
  const fromMs = performance.now();
  const node = await startLifeguard('serve', env);
  nodes.add(node);
  const { origin } = new URL(node.api);
  while (!(await fetch(`${origin}/readyz`)).ok) await sleep(POLL_MS);
  return { node, origin, tookMs: performance.now() - fromMs };
}

async function startRow(place: Place): Promise<string[]> {
  const timesOf = async (pools: number): Promise<number[]> => {
    const { env, end } = await place.make(pools);
    const tookMs: number[] = [];
    for (let i = 0; i < starts; i += 1) {
      const started = await startNode(env);
      tookMs.push(started.tookMs);
      await started.node.end();
    }
    await end();
    return tookMs;
  };
  const empty = median(await timesOf(0));
  const full = median(await timesOf(POOLS));
  return [place.title, ...[empty, full, full - empty].map((ms) => ms.toFixed(0))];
}

async function askRows(place: Place): Promise<string[][]> {
  const { env, end } = await place.make(POOLS);
  const { node, origin } = await startNode(env);
  const client = openClient(origin);
  await untilJudged(client, place);
  const write = (at: number) =>
    client.send('PATCH', `${BALANCERS}/pools/${poolId(at)}`, { description: `written ${at}` });
  const rows: string[][] = [];
  for (const ask of ASKS) {
    const { tookMs, octets } = await timeAsks(client, ask, times, write);
    const most = Math.max(...tookMs);
    rows.push([
      `${ask.title} (${place.title})`,
      octets.toLocaleString('en'),
      ...[median(tookMs), quantile(tookMs, 0.99), most].map((ms) => ms.toFixed(1)),
      most <= TARGET_MS ? 'yes' : 'NO',
    ]);
  }
  client.close();
  await node.end();
  await end();
  return rows;
}

/** Waits until the node knows what the worker found; over the embedded store nobody does. */
async function untilJudged(client: Client, place: Place): Promise<void> {
  const last = `${BALANCERS}/pools/${poolId(POOLS - 1)}`;
  while (place === REDIS && !(await client.send('GET', last)).includes('"healthy":true'))
    await sleep(POLL_MS);
}

function report(asked: readonly (readonly string[])[], started: readonly (readonly string[])[]): void {
  const head = ['request', 'octets', 'p50 ms', 'p99 ms', 'max ms', `max ≤ ${TARGET_MS} ms`];
  const body = [
    `${machine}; ${POOLS.toLocaleString('en')} pools of ${ENDPOINTS}, ${times} requests of each kind, one after the other.`,
    markdownTable(head, asked),
    `### Start until ready, median of ${starts}`,
    markdownTable(['store', 'empty ms', `${POOLS.toLocaleString('en')} pools ms`, 'difference ms'], started),
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('The API with many pools', body);
}
