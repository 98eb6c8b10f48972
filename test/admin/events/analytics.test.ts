import { expect, test } from 'vitest';
import type { EndpointEvent, PoolEvent } from '../../../src/event/event.ts';
import { node, pool } from '../../store/contract/samples.ts';
import { startTestAdmin } from '../server.ts';

const PATH = '/client/v4/user/load_balancing_analytics/events';
const AT_MS = Date.parse('2026-01-01T00:00:00Z');
const WEB = 'a'.repeat(32);

const endpoint = (
  minute: number,
  now: EndpointEvent['now'],
  over: Partial<EndpointEvent> = {},
): EndpointEvent => ({
  kind: 'endpoint',
  pool: WEB,
  poolName: 'web',
  endpoint: 'one',
  address: '192.0.2.1',
  was: 'unknown',
  now,
  reason: 'HTTP timeout occurred',
  atMs: AT_MS + minute * 60_000,
  ...over,
});
const turned = (minute: number, was: PoolEvent['was'], now: PoolEvent['now']): PoolEvent => ({
  kind: 'pool',
  pool: WEB,
  poolName: 'web',
  was,
  now,
  reason: 'r',
  atMs: AT_MS + minute * 60_000,
});

async function start() {
  const api = await startTestAdmin();
  await api.store.commit([
    {
      op: 'put',
      kind: 'pool',
      id: WEB,
      value: pool(WEB, { name: 'web', minimumOrigins: 2 }),
      unique: ['web'],
      references: [],
    },
  ]);
  await api.store.announce(node('n1'));
  const lead = (await api.store.lead('n1'))!;
  const events = [
    turned(0, 'unknown', 'healthy'),
    endpoint(1, 'healthy'),
    endpoint(2, 'unhealthy', { was: 'healthy', endpoint: 'two', address: 'a.example.org' }),
    turned(3, 'healthy', 'unhealthy'),
    endpoint(4, 'disabled', { pool: 'b'.repeat(32), poolName: 'gone' }),
    { kind: 'region', region: 'eu', was: 'live', now: 'absent', reason: 'r', atMs: AT_MS } as const,
  ];
  await api.store.report(lead, { events, put: [], drop: [] });
  return api;
}

test('transitions have the form of the reference, newest first, with what the pool was at the time', async () => {
  const api = await start();
  const { result } = (await api.call('GET', PATH)).body;
  const ids = result.map(({ id }: { id: number }) => id);
  expect(ids).toEqual(ids.toSorted((a: number, b: number) => b - a));
  expect(ids.every(Number.isSafeInteger)).toBe(true);
  const web = { id: WEB, name: 'web', minimum_origins: 2 };
  expect(result.map(({ id: _, ...event }: { id: number }) => event)).toEqual([
    {
      timestamp: '2026-01-01T00:04:00.000000Z',
      pool: { id: 'b'.repeat(32), name: 'gone', healthy: false, changed: false, minimum_origins: 0 },
      origins: [
        {
          name: 'one',
          address: '192.0.2.1',
          ip: '192.0.2.1',
          enabled: false,
          healthy: false,
          failure_reason: 'HTTP timeout occurred',
          changed: true,
        },
      ],
    },
    {
      timestamp: '2026-01-01T00:03:00.000000Z',
      pool: { ...web, healthy: false, changed: true },
      origins: [],
    },
    {
      timestamp: '2026-01-01T00:02:00.000000Z',
      pool: { ...web, healthy: true, changed: false },
      origins: [
        {
          name: 'two',
          address: 'a.example.org',
          ip: '',
          enabled: true,
          healthy: false,
          failure_reason: 'HTTP timeout occurred',
          changed: true,
        },
      ],
    },
    {
      timestamp: '2026-01-01T00:01:00.000000Z',
      pool: { ...web, healthy: true, changed: false },
      origins: [
        {
          name: 'one',
          address: '192.0.2.1',
          ip: '192.0.2.1',
          enabled: true,
          healthy: true,
          failure_reason: 'No failures',
          changed: true,
        },
      ],
    },
    { timestamp: '2026-01-01T00:00:00.000000Z', pool: { ...web, healthy: true, changed: true }, origins: [] },
  ]);
});

test('each filter selects, and several select together', async () => {
  const api = await start();
  const minutes = async (query: string) =>
    (await api.call('GET', `${PATH}?${query}`)).body.result.map(({ timestamp }: { timestamp: string }) =>
      Number(timestamp.slice(14, 16)),
    );
  for (const [query, wanted] of [
    ['since=2026-01-01T00:03:00Z', [4, 3]],
    ['until=2026-01-01T00:01:00Z', [1, 0]],
    ['since=2026-01-01T01:01:00%2B01:00&until=2026-01-01T00:02:00Z', [2, 1]],
    ['origin_healthy=true', [1]],
    ['origin_healthy=false', [4, 2]],
    ['pool_healthy=true', [2, 1, 0]],
    ['origin_name=two', [2]],
    ['pool_name=gone', [4]],
    [`identifier=${WEB}&pool_healthy=false`, [3]],
    ['identifier=x', []],
  ] as const)
    expect([query, await minutes(query)]).toEqual([query, wanted]);
  expect((await api.call('GET', `${PATH}?since=yesterday`)).status).toBe(400);
});
