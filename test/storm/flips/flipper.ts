/**
 * A worker of its own process that says of endpoints what flip-plan.ts plans: first that all are well, then so many
 * flips a second until its parent stops it. It sends its parent a message when a batch begins, and when Redis has it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkOf, ENDPOINTS } from '../../../bench/verdict/pools.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { WRITES_MAX } from '../../../src/store/contract/documents.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import { flipTo, placesOf, poolOf, stepsOf, WATCHED } from './flip-plan.ts';

/** What the parent says. */
export type Order =
  | { readonly order: 'fill' }
  | { readonly order: 'flip'; readonly perSecond: number }
  | { readonly order: 'stop' };

/** A message to the parent. Times are milliseconds of the clock all processes share. */
export type Report =
  | { readonly report: 'filled' | 'stopped' }
  /** So many flips of all are on their way, or with Redis. */
  | { readonly report: 'begun' | 'acked'; readonly flips: number; readonly atMs: number }
  /** The watched pool is on its way to this step. */
  | { readonly report: 'watched'; readonly step: number; readonly atMs: number };

/** Flips of one publication are published this long after those before it. */
const BATCH_MS = 50;
/** One batch in so many flips the watched pool too. */
const WATCHED_EVERY = 2;
const REGION = 'storm';
const WORKER = 'storm-worker-0000-0000-0000-000000000000';

const [redisUrl, prefix, poolCount] = process.argv.slice(2) as [string, string, string];
const pools = Number(poolCount);
const store = openRedisStore(redisUrl, { prefix });
const lease = await store.join({ id: WORKER, region: REGION, startedAtMs: Date.now() });
const renewing = setInterval(() => void store.renew(lease), LEASE_MS / 6);
let isStopping = false;
let running: Promise<void> = Promise.resolve();

process.on('message', (message: Order) => {
  switch (message.order) {
    case 'fill':
      running = fill();
      return;
    case 'flip':
      running = flip(message.perSecond);
      return;
    case 'stop':
      void stop();
  }
});

async function fill(): Promise<void> {
  const all = Array.from({ length: pools * ENDPOINTS }, (_, i) =>
    observation(Math.floor(i / ENDPOINTS), i % ENDPOINTS, true),
  );
  for (let at = 0; at < all.length; at += WRITES_MAX) await publish(all.slice(at, at + WRITES_MAX), false);
  report({ report: 'filled' });
}

async function flip(perSecond: number): Promise<void> {
  const places = placesOf(pools);
  const fromMs = performance.now();
  let flips = 0;
  let watchedStep = 0;
  for (let batch = 0; !isStopping; batch += 1) {
    const due = Math.min(flips + WRITES_MAX, Math.floor(((performance.now() - fromMs) / 1_000) * perSecond));
    const found: Observation[] = [];
    for (let number = flips; number < due; number += 1) {
      const pool = poolOf(number, pools);
      const { endpoint, healthy } = flipTo(stepsOf(places[pool]!, number + 1, pools));
      found.push(observation(pool, endpoint, healthy));
    }
    report({ report: 'begun', flips: due, atMs: nowMs() });
    if (batch % WATCHED_EVERY === 0) {
      watchedStep += 1;
      const { endpoint, healthy } = flipTo(watchedStep);
      found.push(observation(WATCHED, endpoint, healthy));
      report({ report: 'watched', step: watchedStep, atMs: nowMs() });
    }
    await publish(found, true);
    flips = due;
    report({ report: 'acked', flips, atMs: nowMs() });
    await sleep(Math.max(0, (batch + 1) * BATCH_MS - (performance.now() - fromMs)));
  }
}

async function stop(): Promise<void> {
  isStopping = true;
  await running;
  clearInterval(renewing);
  await store.leave(lease);
  await store.close();
  report({ report: 'stopped' });
  process.disconnect?.();
}

async function publish(found: readonly Observation[], changed: boolean): Promise<void> {
  const put = found.map((each) => ({ observation: each, changed }));
  const answer = await store.publish(lease, { put, drop: [], events: [] });
  if (answer !== 'published') throw new Error('the lease was lost: the machine is too slow for this');
}

/** One that nobody holds back: it has failed, or not, twice. */
function observation(pool: number, endpoint: number, healthy: boolean): Observation {
  const atMs = Date.now();
  return {
    check: checkOf(pool, endpoint),
    region: REGION,
    worker: WORKER,
    reason: healthy ? 'No failures' : 'TCP connection failed',
    responseCode: 0,
    rttMs: 1,
    atMs,
    healthy,
    lastOk: healthy,
    streak: 2,
    sinceMs: atMs - 1,
  };
}

function report(message: Report): void {
  process.send?.(message);
}

/** Milliseconds of the machine's monotonic clock, the same in every process. */
function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}
