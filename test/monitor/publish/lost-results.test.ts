import { Redis } from 'ioredis';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Observation } from '../../../src/health/observation.ts';
import { startMonitor } from '../../../src/monitor/monitor.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { here, record } from '../../store/contract/recorder.ts';
import { startRedis } from '../../support/server/redis.ts';
import { observed } from '../open-store.ts';

const SOON = { timeout: 40_000, interval: 50 };
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const keys = keysUnder('lifeguard');
vi.setConfig({ testTimeout: 120_000 });

/** A worker over a Redis, which found each endpoint healthy and checks it again in an hour. */
async function startWorker() {
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  const store = openRedisStore(redis.url, { prefix: 'lifeguard' });
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (_: object, text: string) => warnings.push(text), error() {} };
  const monitor = await startMonitor({
    store,
    log,
    region: 'eu',
    probersPerRegion: 1,
    probesInFlightMax: 5,
    certificateWarningDays: 0,
    probe: async () => ({ ok: true, reason: 'No failures', responseCode: 0, rttMs: 1 }),
  });
  onTestFinished(async () => {
    await monitor.stop();
    raw.disconnect();
    await store.close();
    await redis.stop();
  });
  const value = makeMonitor({ type: 'tcp', intervalSeconds: 3_600 });
  const endpoints = ADDRESSES.map((address) => makeEndpoint({ name: address, address }));
  const pool = makePool({ endpoints });
  await store.commit([
    { op: 'put', kind: 'monitor', id: value.id, unique: [], references: [], value },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const isWhole = async () => expect(await observed(store)).toHaveLength(ADDRESSES.length);
  await vi.waitFor(isWhole, SOON);
  return { store, raw, url: redis.url, warnings, isWhole };
}

/** What a further result that is the same leaves as it is, in the order of checks: an hour between checks begins at any moment. */
const lastingOf = (results: readonly Observation[]) =>
  results
    .map(({ check, region, worker, healthy, reason, sinceMs }) => ({
      ...{ check, region, worker },
      ...{ healthy, reason, sinceMs },
    }))
    .toSorted((a, b) => (a.check < b.check ? -1 : 1));

const LOSSES: { name: string; lose: (raw: Redis) => Promise<unknown>; lost: number }[] = [
  {
    name: 'that Redis evicted with their key',
    lose: (raw) => raw.del(keys.observations),
    lost: ADDRESSES.length,
  },
  {
    name: 'of which one was deleted',
    lose: async (raw) => raw.hdel(keys.observations, (await raw.hkeys(keys.observations))[0]!),
    lost: 1,
  },
  {
    name: 'of which one was overwritten by garbage',
    lose: async (raw) => raw.hset(keys.observations, (await raw.hkeys(keys.observations))[0]!, '{broken'),
    lost: 1,
  },
];
test.each(LOSSES)(
  'results $name are published again at once, and servers receive them',
  async ({ lose, lost }) => {
    const { store, raw, url, warnings, isWhole } = await startWorker();
    const whole = await observed(store);
    const server = openRedisStore(url, { prefix: 'lifeguard' });
    const seen = record(server, await here(server));
    await lose(raw);
    await seen.until(() => seen.observations.length >= lost);
    await vi.waitFor(isWhole, SOON);
    expect(lastingOf(await observed(store))).toEqual(lastingOf(whole));
    expect(warnings).toContain('The store lost results of this worker. It publishes them again.');
    await seen.following.stop();
    await server.close();
  },
);
