import { describe, expect, test } from 'vitest';
import { DISORDER_MS, newestAskedFor } from '../../../src/admin/events/analytics.ts';
import type { EndpointEvent, PoolEvent } from '../../../src/event/event.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
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

describe('each request read all 20,000 events, however few it showed', () => {
  /** Pages of 10 events, one a minute, newest first, and how many of them were asked for. */
  function pagesOf(count: number) {
    const asked = { pages: 0 };
    async function* pages(): AsyncGenerator<StoredEvent[]> {
      for (let page = 0; page < count; page += 1) {
        asked.pages += 1;
        yield Array.from({ length: 10 }, (_, at) => {
          const minute = 10 * (count - page) - at;
          return { ...endpoint(minute, 'healthy'), cursor: String(minute) };
        });
      }
    }
    return { asked, pages: pages() };
  }
  const since = (minute: number) => new Date(AT_MS + minute * 60_000).toISOString();

  test.each([
    { name: 'the first ones', filter: {}, max: 10, found: 10, read: 1 },
    { name: 'one more', filter: {}, max: 11, found: 11, read: 2 },
    { name: 'those since a time', filter: { since: since(95) }, max: 1_000, found: 6, read: 2 },
    { name: 'none of them', filter: { pool_name: 'other' }, max: 1_000, found: 0, read: 10 },
  ])('$name: $read pages', async ({ filter, max, found, read }) => {
    const { asked, pages } = pagesOf(10);
    expect(await newestAskedFor(pages, () => undefined, filter, max)).toHaveLength(found);
    expect(asked.pages).toBe(read);
  });

  test('an event that another node recorded by a slower clock does not end the reading before its time', async () => {
    async function* pages(): AsyncGenerator<StoredEvent[]> {
      const atMs = AT_MS - DISORDER_MS;
      yield [{ ...endpoint(0, 'healthy', { atMs }), cursor: '2' }];
      yield [{ ...endpoint(1, 'healthy'), cursor: '1' }];
    }
    expect(await newestAskedFor(pages(), () => undefined, { since: since(0) }, 10)).toMatchObject([
      { id: 1 },
    ]);
  });
});
