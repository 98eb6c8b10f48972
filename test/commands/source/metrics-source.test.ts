import { expect, test } from 'vitest';
import { checkKeyOf } from '../../../src/check/check.ts';
import {
  countAlarms,
  countOverrides,
  readLoadBalancers,
  readPools,
} from '../../../src/commands/source/metrics-source.ts';
import { poolStatus } from '../../../src/health/status.ts';
import type { Override, OverrideAction } from '../../../src/pool/override.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createConfigured } from '../../../src/serve/follow/configured.ts';
import type { Refresh } from '../../../src/serve/follow/refresh.ts';
import { endpointHealth } from '../../../src/serve/health/endpoint-health.ts';
import { createTransitionCounts } from '../../../src/serve/publish/pool-transitions.ts';
import type { Serving } from '../../../src/serve/serve.ts';
import { LOAD_BALANCER_SERIES_MAX } from '../../../src/telemetry/families/load-balancer-metrics.ts';
import { ENDPOINT_SERIES_MAX } from '../../../src/telemetry/metrics.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeEndpoint, makeMonitor } from '../../probe/checks.ts';
import { createHealthStateAtOnce } from '../../serve/health/judged-at-once.ts';

/** A pool of so many endpoints that nobody monitors. */
function poolOf(name: string, endpoints: number): Pool {
  return {
    id: name,
    name,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    notificationEmail: '',
    endpoints: Array.from({ length: endpoints }, (_, i) => ({
      name: `e${i}`,
      address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
      enabled: true,
      weight: 1,
      flattenCname: true,
    })),
    createdOn: '',
    modifiedOn: '',
  };
}

/** What readPools makes of these pools. */
function read(pools: readonly Pool[]) {
  const configured = createConfigured({ checkReplaced: () => {}, checkEnded: () => {} });
  configured.load(pools.map((value) => ({ kind: 'pool', id: value.id, revision: 1, value })));
  const health = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => 0 });
  const statusOf = (pool: Pool) => poolStatus(pool, () => ({ healthy: undefined }));
  const transitions = createTransitionCounts();
  const rttsOf: Serving['rttsOf'] = (id) => new Map(id === poolOf('a', 1).id ? [['WEU', 12.5]] : []);
  return readPools({ configured, health, statusOf, transitions } as unknown as Refresh, rttsOf);
}

test.each([
  { endpoints: ENDPOINT_SERIES_MAX, shown: ['a', 'b'], rule: 'at the bound' },
  { endpoints: ENDPOINT_SERIES_MAX + 1, shown: ['a'], rule: 'one past it' },
])('$endpoints endpoints: pools $shown have series ($rule)', async ({ endpoints, shown }) => {
  const readings = await read([poolOf('b', endpoints - 1), poolOf('a', 1)]);
  expect(readings.shown.map(({ name }) => name)).toEqual(shown);
  expect(readings.shown.map(({ rttsMs }) => rttsMs)).toEqual(
    shown.map((name) => (name === 'a' ? new Map([['WEU', 12.5]]) : undefined)),
  );
  expect(readings.pools).toBe(2);
  expect(readings.endpoints.unmonitored).toBe(endpoints);
});

test('active overrides are counted by action', () => {
  const override = (id: string, action: OverrideAction, times: Pick<Override, 'start' | 'end'> = {}) =>
    [id, { id, pool: 'p', action, owner: '', reason: '', createdOn: '', ...times }] as const;
  const all = new Map<string, Override>([
    override('a', 'out'),
    override('b', 'out', { end: '2026-01-01T00:00:10Z' }),
    override('c', 'in', { start: '2026-01-01T00:00:10Z' }),
  ]);
  const overrides = { all, left: new Map(), of: () => undefined, nextChangeMs: undefined };
  const atMs = Date.parse('2026-01-01T00:00:09.999Z');
  expect(countOverrides({ overrides }, atMs)).toEqual({ in: 0, out: 2, maintenance: 0 });
  expect(countOverrides({ overrides }, atMs + 1)).toEqual({ in: 1, out: 1, maintenance: 0 });
});

test('alarms are counted by kind, even those that are not raised', () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const alarms = createAlarms(log);
  for (const about of ['a', 'b']) alarms.raise({ alarm: 'flapping', about, pools: [] }, '', {});
  expect(countAlarms(alarms)).toMatchObject({ flapping: 2, store_emptied: 0 });
  expect(countAlarms(alarms)).not.toHaveProperty('store_away');
});

test('series for alarms always exist: an unchecked pool is at 0, and staleness counts the regions of the pool', async () => {
  const monitor = makeMonitor();
  const document = (value: Pool) => ({ kind: 'pool', id: value.id, revision: 1, value }) as const;
  const checked = { monitor: monitor.id, checkRegions: ['WEU', 'ENAM'] };
  const pools = [
    { ...poolOf('web', 1), ...checked },
    { ...poolOf('new', 2), ...checked, endpoints: [makeEndpoint({ address: '192.0.2.9' })] },
    { ...poolOf('off', 1), ...checked, enabled: false },
    poolOf('unmonitored', 1),
  ];
  const configured = createConfigured({ checkReplaced: () => {}, checkEnded: () => {} });
  configured.load([{ kind: 'monitor', id: monitor.id, revision: 1, value: monitor }, ...pools.map(document)]);
  let nowMs = 0;
  const health = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => nowMs });
  const statusOf: Refresh['statusOf'] = (pool) =>
    poolStatus(pool, (endpoint) => endpointHealth(pool, configured.checksOf(pool, endpoint), health));
  const transitions = createTransitionCounts();
  const reading = () =>
    readPools({ configured, health, statusOf, transitions } as unknown as Refresh, () => new Map());
  const ofPool = async (name: string) => {
    const { shown } = await reading();
    const { healthy, endpoints } = shown.find((each) => each.name === name)!;
    return [healthy, endpoints[0]!.healthy, endpoints[0]!.staleMs];
  };
  health.setWorkers([
    { id: 'w', region: 'WEU', startedAtMs: 0 },
    { id: 'far', region: 'OC', startedAtMs: 0 },
  ]);
  const check = checkKeyOf(monitor, pools[0]!.endpoints[0]!);
  health.observe([
    makeObservation({ check, worker: 'w', region: 'WEU' }),
    makeObservation({ check, worker: 'far', region: 'OC' }),
  ]);
  expect(await ofPool('web')).toEqual([true, true, 0]);
  expect(await ofPool('new')).toEqual([false, false, 0]);
  expect(await ofPool('off')).toEqual([undefined, undefined, undefined]);
  expect(await ofPool('unmonitored')).toEqual([undefined, undefined, undefined]);
  expect([...(await reading()).regions!].sort()).toEqual(['ENAM', 'WEU']);
  // The worker of the pool's region goes, that of a region that does not count for it goes on.
  const left = [{ id: 'far', region: 'OC', startedAtMs: 0 }];
  health.setWorkers(left);
  nowMs = 1_500;
  health.setWorkers(left);
  nowMs = 7_000;
  health.setWorkers(left);
  nowMs = 9_000;
  expect(await ofPool('web')).toEqual([true, true, expect.any(Number)]);
  expect((await ofPool('web'))[2]).toBeGreaterThan(1_000);
  expect((await reading()).stale.endpoints).toBe(1);
});

test('as many load balancers as have series are shown one by one, and all are counted', async () => {
  const make = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      name: `lb${String(i).padStart(5, '0')}.example.org`,
      zoneName: 'example.org',
      enabled: true,
      steeringPolicy: 'off',
      defaultPools: [i % 2 === 0 ? 'up' : 'down'],
      fallbackPool: 'down',
    }));
  const choiceOf = (id: string) => ({
    isUsable: id === 'up',
    members: id === 'up' ? [{ address: '192.0.2.1', weight: 100 }] : [],
    fallbackMembers: [{ address: '192.0.2.1', weight: 100 }],
    shedPercent: 0,
  });
  const readingOf = (count: number) =>
    readLoadBalancers({ loadBalancers: { all: make(count) }, choiceOf } as unknown as Refresh);
  const { states, allDown, shown } = await readingOf(LOAD_BALANCER_SERIES_MAX + 2);
  expect(allDown).toEqual({ nodata: 0, all: 501, last_healthy: 0 });
  expect(states).toEqual({ healthy: 501, degraded: 0, critical: 501, disabled: 0 });
  expect(shown).toHaveLength(LOAD_BALANCER_SERIES_MAX);
  expect(shown.slice(0, 2)).toEqual([
    { name: 'lb00000.example.org', zone: 'example.org', state: 'healthy' },
    { name: 'lb00001.example.org', zone: 'example.org', state: 'critical' },
  ]);
  expect((await readingOf(LOAD_BALANCER_SERIES_MAX)).shown).toHaveLength(LOAD_BALANCER_SERIES_MAX);
});
