import { expect, test } from 'vitest';
import { countAlarms, countOverrides, readPools } from '../../src/commands/metrics-source.ts';
import type { Override, OverrideAction } from '../../src/pool/override.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { createAlarms } from '../../src/serve/alarms.ts';
import { createConfigured } from '../../src/serve/configured.ts';
import { createHealthState } from '../../src/serve/health-state.ts';
import { createPoolTurns } from '../../src/serve/pool-turns.ts';
import type { Refresh } from '../../src/serve/refresh.ts';
import { ENDPOINT_SERIES_MAX } from '../../src/telemetry/metrics.ts';

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
  const configured = createConfigured({ succeeded: () => {}, ended: () => {} });
  configured.load(pools.map((value) => ({ kind: 'pool', id: value.id, revision: 1, value })));
  const health = createHealthState({ probersPerRegion: 1, now: () => 0 });
  return readPools({
    configured,
    health,
    healthOf: () => ({ healthy: undefined }),
    turns: createPoolTurns(),
  } as unknown as Refresh);
}

test.each([
  { endpoints: ENDPOINT_SERIES_MAX, shown: ['a', 'b'], rule: 'at the bound' },
  { endpoints: ENDPOINT_SERIES_MAX + 1, shown: ['a'], rule: 'one past it' },
])('$endpoints endpoints: pools $shown have series ($rule)', async ({ endpoints, shown }) => {
  const readings = await read([poolOf('b', endpoints - 1), poolOf('a', 1)]);
  expect(readings.shown.map(({ name }) => name)).toEqual(shown);
  expect(readings.pools).toBe(2);
  expect(readings.endpoints.unmonitored).toBe(endpoints);
});

test('overrides are counted while they hold, by what they do', () => {
  const override = (id: string, action: OverrideAction, times: Pick<Override, 'start' | 'end'> = {}) =>
    [id, { id, pool: 'p', action, owner: '', reason: '', createdOn: '', ...times }] as const;
  const all = new Map<string, Override>([
    override('a', 'out'),
    override('b', 'out', { end: '2026-01-01T00:00:10Z' }),
    override('c', 'in', { start: '2026-01-01T00:00:10Z' }),
  ]);
  const overrides = { all, left: new Map(), of: () => undefined, nextTurnMs: undefined };
  const atMs = Date.parse('2026-01-01T00:00:09.999Z');
  expect(countOverrides({ overrides }, atMs)).toEqual({ in: 0, out: 2, maintenance: 0 });
  expect(countOverrides({ overrides }, atMs + 1)).toEqual({ in: 1, out: 1, maintenance: 0 });
});

test('alarms are counted by what they are, those that are not raised too', () => {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const alarms = createAlarms(log);
  for (const about of ['a', 'b']) alarms.raise({ alarm: 'flapping', about, pools: [] }, '', {});
  expect(countAlarms(alarms)).toMatchObject({ flapping: 2, store_emptied: 0 });
  expect(countAlarms(alarms)).not.toHaveProperty('store_away');
});
