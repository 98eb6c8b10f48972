import { expect, test } from 'vitest';
import { poolHistory, spansOf } from '../../../src/admin/events/history.ts';
import type { ReportedEvent } from '../../../src/event/event.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
import { openTestAdmin, POOLS, startTestAdmin } from '../server.ts';

const at = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z');
const RANGE = { sinceMs: 0, untilMs: 100 };
const span = (from: number, until: number, state: string) => ({ from: at(from), until: at(until), state });

test.each([
  { what: 'nothing changed', changes: [], spans: [span(0, 100, 'up')] },
  {
    what: 'it changed twice',
    changes: [
      { atMs: 10, was: 'up', now: 'down' },
      { atMs: 30, was: 'down', now: 'up' },
    ],
    spans: [span(0, 10, 'up'), span(10, 30, 'down'), span(30, 100, 'up')],
  },
  {
    what: 'it changed at the beginning, and after the end',
    changes: [
      { atMs: 0, was: 'up', now: 'down' },
      { atMs: 100, was: 'down', now: 'up' },
    ],
    spans: [span(0, 100, 'down')],
  },
  {
    what: 'it changed only after the end',
    changes: [{ atMs: 150, was: 'down', now: 'up' }],
    spans: [span(0, 100, 'down')],
  },
  {
    what: 'the clocks of two nodes differ',
    changes: [
      { atMs: 10, was: 'up', now: 'down' },
      { atMs: 10, was: 'down', now: 'up' },
    ],
    spans: [span(0, 100, 'up')],
  },
])('states over time when $what', ({ changes, spans }) => {
  expect(spansOf(changes, RANGE, 'up')).toEqual(spans);
});

test('overrides are in force from when they become active until they end or are deleted', () => {
  const about = { cursor: '1', pool: 'p', poolName: 'web', override: 'o', owner: 'ann', reason: '' };
  const override = (atMs: number, was: string, now: string, endpoint?: string) =>
    ({
      ...about,
      kind: 'override',
      action: 'out',
      atMs,
      was,
      now,
      ...(endpoint && { endpoint }),
    }) as StoredEvent;
  const { endpoints, overrides } = poolHistory({
    events: [
      override(5, 'pending', 'active', 'a'),
      override(20, 'pending', 'active'),
      override(30, 'active', 'ended', 'a'),
      override(40, 'ended', 'deleted', 'a'),
      override(60, 'active', 'deleted'),
    ],
    range: RANGE,
    present: { pool: 'healthy', endpoints: new Map([['a', 'healthy']]) },
  });
  expect(endpoints[0]!.overrides).toEqual([span(5, 30, 'out')]);
  expect(overrides).toEqual([span(20, 60, 'out')]);
});

test('the history of a large pool looks at each event once, not once for each endpoint', () => {
  const COUNT = 100;
  let looks = 0;
  const events = Array.from({ length: COUNT }, (_, i) => ({
    get kind() {
      looks += 1;
      return 'endpoint';
    },
    endpoint: `e${i}`,
    was: 'healthy',
    now: 'unhealthy',
    atMs: i,
  })) as unknown as StoredEvent[];
  const present = {
    pool: 'healthy',
    endpoints: new Map(Array.from({ length: COUNT }, (_, i) => [`e${i}`, 'unhealthy'])),
  };
  const { endpoints } = poolHistory({ events, range: RANGE, present });
  expect(endpoints[7]!.states).toEqual([span(0, 7, 'healthy'), span(7, 100, 'unhealthy')]);
  expect(looks).toBe(COUNT);
});

test('the history of a pool begins with its creation, and shows what was recorded', async () => {
  const api = await startTestAdmin();
  const { id } = (
    await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] })
  ).body.result;
  const event = {
    kind: 'endpoint',
    pool: id,
    poolName: 'web',
    endpoint: 'a',
    reason: 'TCP Timeout',
  } as const;
  const begun = Date.now();
  const events: ReportedEvent[] = [
    { ...event, was: 'unknown', now: 'healthy', atMs: begun },
    { ...event, was: 'healthy', now: 'unhealthy', atMs: begun + 1 },
  ];
  const lead = (await api.store.lead('n'))!;
  expect(await api.store.report(lead, { events, put: [], drop: [] })).toBe('reported');
  const path = `/lifeguard/v1/pools/${id}/history`;
  await expect.poll(() => Date.now()).toBeGreaterThan(begun + 1);
  const { result } = (await api.call('GET', path)).body;
  expect(Date.parse(result.since)).toBe(begun);
  expect(result.endpoints[0].states.map(({ state }: { state: string }) => state)).toEqual([
    'healthy',
    'unhealthy',
  ]);
});

test('a history has a beginning before its end, and a pool', async () => {
  const api = await openTestAdmin();
  const { id } = (
    await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] })
  ).body.result;
  const path = `/lifeguard/v1/pools/${id}/history`;
  const statuses = await Promise.all(
    [
      `${path}?since=2030-01-01T00:00:00Z&until=2030-01-01T00:00:00Z`,
      `${path}?since=2999-01-01T00:00:00Z`,
      `${path}?since=yesterday`,
      `${path}?since=2020-01-01T00:00:00Z`,
      '/lifeguard/v1/pools/ffffffffffffffffffffffffffffffff/history',
      '/lifeguard/v1/pools/ffffffffffffffffffffffffffffffff/state',
    ].map(async (each) => (await api.call('GET', each)).status),
  );
  expect(statuses).toEqual([400, 400, 400, 200, 404, 404]);
  await api.stop();
});
