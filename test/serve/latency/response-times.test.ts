import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { STEP_MS } from '../../../src/health/time-series.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { createResponseTimes, SERIES_MAX } from '../../../src/serve/latency/response-times.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

/** Response times over these pools, whose checks are named like them, and what their workers find. */
function timed(...pools: Pool[]) {
  let nowMs = 100 * STEP_MS;
  let isAway = false;
  const warned: string[] = [];
  const observations = new Map<string, Observation[]>();
  const gone = new Set<string>();
  const asked: number[] = [];
  const configured = {
    pools: new Map(pools.map((pool) => [pool.id, pool])),
    pool: (id: string) => pools.find((pool) => pool.id === id),
    checksOf: ({ id }: Pool) =>
      ['voting', 'only'].map((name) => ({
        key: `${id} ${name}` as CheckKey,
        scope: 'everywhere',
        monitoringOnly: name === 'only',
      })),
  };
  const health = {
    observationsOf: (key: CheckKey) => observations.get(key) ?? [],
    isLive: (worker: string) => !gone.has(worker),
  };
  const times = createResponseTimes({
    refresh: { configured, health } as never,
    store: {
      observed: async (keys) => {
        if (isAway) throw new StoreUnavailable('away');
        asked.push(keys.length);
        return keys.map(({ check, region, worker }) =>
          observations.get(check)?.find((each) => each.region === region && each.worker === worker),
        );
      },
    },
    log: { warn: (_: unknown, message: string) => void warned.push(message) } as never,
    epochMs: () => nowMs,
  });
  return {
    ...times,
    asked,
    warned,
    gone,
    /** What a worker finds of the check of a pool. */
    find(pool: Pool, fields: Partial<Observation>, name = 'voting') {
      const check = `${pool.id} ${name}` as CheckKey;
      const found = makeObservation({ check, region: 'WEU', worker: 'w1', lastOk: true, ...fields });
      const others = observations
        .get(check)
        ?.filter(({ region, worker }) => region !== found.region || worker !== found.worker);
      observations.set(check, [...(others ?? []), found]);
    },
    pass() {
      nowMs += STEP_MS;
    },
    setAway(now: boolean) {
      isAway = now;
    },
    /** The times of a pool from the first step on, by region. */
    shown: (pool: Pool, count = 4) =>
      Object.fromEntries(
        times
          .of(pool, pool.endpoints[0]!, 100 * STEP_MS, count)
          .map(({ region, timesMs }) => [region, timesMs]),
      ),
  };
}

const pool = (id: string) => makePool({ id, name: id, endpoints: [makeEndpoint()] });

test('each region has its times; a failed check, and a time without a live worker, is a gap', async () => {
  const web = pool('web');
  const it = timed(web);
  it.find(web, { rttMs: 10 });
  it.find(web, { rttMs: 90, region: 'ENAM' });
  it.find(web, { rttMs: 500 }, 'only');
  await it.measure();
  it.pass();
  it.find(web, { rttMs: 2_000, lastOk: false });
  await it.measure();
  it.pass();
  it.find(web, { rttMs: 12 });
  it.gone.add('w1');
  await it.measure();
  it.pass();
  it.gone.clear();
  await it.measure();
  expect(it.shown(web)).toEqual({ WEU: [10, null, null, 12], ENAM: [90, 90, null, 90] });
});

test('of two workers of a region the live one with the newest result counts', async () => {
  const web = pool('web');
  const it = timed(web);
  it.find(web, { rttMs: 1, worker: 'w1', atMs: 1 });
  it.find(web, { rttMs: 2, worker: 'w2', atMs: 2 });
  it.find(web, { rttMs: 3, worker: 'w3', atMs: 3 });
  it.gone.add('w3');
  await it.measure();
  expect(it.shown(web, 1)).toEqual({ WEU: [2] });
});

test('there are at most SERIES_MAX series, and pools that somebody asked for come first', async () => {
  const pools = Array.from({ length: SERIES_MAX + 1 }, (_, i) => pool(`p${i}`));
  const it = timed(...pools);
  for (const each of pools) it.find(each, { rttMs: 5 });
  await it.measure();
  const sum = (counts: readonly number[]) => counts.reduce((all, count) => all + count, 0);
  expect(sum(it.asked)).toBe(SERIES_MAX);
  const last = pools.at(-1)!;
  expect(it.shown(last, 2)).toEqual({});
  it.pass();
  await it.measure();
  expect(it.shown(last, 2)).toEqual({ WEU: [null, 5] });
  expect(it.shown(pools[SERIES_MAX - 1]!, 2)).toEqual({});
});

test('while the store is away there is a gap, which the log names once', async () => {
  const web = pool('web');
  const it = timed(web);
  it.find(web, { rttMs: 10 });
  await it.measure();
  it.setAway(true);
  for (let i = 0; i < 2; i += 1) {
    it.pass();
    await it.measure();
  }
  it.setAway(false);
  it.pass();
  await it.measure();
  expect(it.shown(web)).toEqual({ WEU: [10, null, null, 10] });
  expect(it.warned).toHaveLength(1);
});
