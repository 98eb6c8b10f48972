/**
 * How long it takes from a worker's verdict to the first UDP answer that shows it, through a real Redis and a real
 * node: `npm run bench:verdict`. README.md tells what is measured and how to read it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRedisStore } from '../src/store/redis/redis.ts';
import { endAll, startLifeguard } from '../test/support/lifeguard.ts';
import { startRedis } from '../test/support/server/redis.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { quantile } from './quantile.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt, tempDir } from './temp-dir.ts';
import { openAsker } from './verdict/asker.ts';
import { startNoise } from './verdict/noise.ts';
import { addressOf, configure, ENDPOINTS } from './verdict/pools.ts';
import { startPublisher } from './verdict/publisher.ts';

/** What the 99th percentile must stay below. */
const TARGET_MS = 50;
/** Pause between two flips, so that they fall on no rhythm of the node's: 0 to this. */
const PAUSE_MAX_MS = 20;
/** Prefix of the keys, and the zone and its name for pools, as in config/lifeguard.yaml. */
const REDIS_PREFIX = 'lifeguard';
const NAME = 'p0.pools.example.com';

interface Scene {
  readonly title: string;
  readonly pools: number;
  readonly noisePerSecond: number;
}

const SCENES: readonly Scene[] = [
  { title: '1 pool', pools: 1, noisePerSecond: 0 },
  { title: '10,000 pools, 100 other flips a second', pools: 10_000, noisePerSecond: 100 },
];

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const flips = options.quick ? 100 : 500;

endOnInterrupt();
const machine = describeMachine();
try {
  const rows: string[][] = [];
  for (const scene of SCENES) rows.push(rowOf(scene, await run(scene)));
  report(rows);
} finally {
  await endAll();
}

interface Ran {
  /** The first flip, right after the node's start, when it may still be busy with that. */
  readonly firstMs: number;
  /** Milliseconds from before each publication to the answer that showed it, but for the first. */
  readonly tookMs: readonly number[];
  /** Flips of others meanwhile. */
  readonly others: number;
}

async function run({ pools, noisePerSecond }: Scene): Promise<Ran> {
  const redis = await startRedis();
  const store = openRedisStore(redis.url, { prefix: REDIS_PREFIX });
  // Another worker's, as it would have a connection of its own.
  const otherStore = openRedisStore(redis.url, { prefix: REDIS_PREFIX });
  await configure(store, pools);
  const publisher = await startPublisher(store, 'measured');
  const other = await startPublisher(otherStore, 'other');
  await publisher.publishHealthy(0, 1);
  await other.publishHealthy(1, pools);
  const node = await startLifeguard('serve', {
    LIFEGUARD_REDIS_URL: redis.url,
    LIFEGUARD_DATA_DIR: tempDir(),
  });
  process.once('exit', () => node.process.kill('SIGKILL'));
  const asker = await openAsker(node.dns, NAME);
  await asker.until((addresses) => addresses.length === ENDPOINTS);
  const noise = noisePerSecond === 0 ? undefined : startNoise(other, pools, noisePerSecond);
  const tookMs: number[] = [];
  for (let flip = 0; flip <= flips; flip += 1) {
    await sleep(Math.random() * PAUSE_MAX_MS);
    const healthy = flip % 2 === 1;
    const from = performance.now();
    const seen = asker
      .until((addresses) => addresses.includes(addressOf(0, 0)) === healthy)
      .then(() => performance.now() - from);
    const [took] = await Promise.all([seen, publisher.publish(0, 0, healthy)]);
    tookMs.push(took);
  }
  await noise?.stop();
  await Promise.all([publisher.stop(), other.stop()]);
  asker.close();
  await node.end();
  await Promise.all([store.close(), otherStore.close()]);
  await redis.stop();
  const [firstMs, ...rest] = tookMs;
  return { firstMs: firstMs!, tookMs: rest, others: noise?.made ?? 0 };
}

function rowOf({ title }: Scene, { firstMs, tookMs, others }: Ran): string[] {
  const ms = (value: number) => value.toFixed(2);
  const p99 = quantile(tookMs, 0.99);
  return [
    title,
    String(tookMs.length),
    String(others),
    ms(firstMs),
    ms(quantile(tookMs, 0.5)),
    ms(quantile(tookMs, 0.9)),
    ms(p99),
    ms(Math.max(...tookMs)),
    p99 <= TARGET_MS ? 'yes' : 'NO',
  ];
}

function report(rows: readonly (readonly string[])[]): void {
  const times = ['p50 ms', 'p90 ms', 'p99 ms', 'max ms', `p99 ≤ ${TARGET_MS} ms`];
  const head = ['configured', 'flips', 'others', 'first ms', ...times];
  const body = [machine, markdownTable(head, rows)].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('From a verdict to the answer', body);
}
