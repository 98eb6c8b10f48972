import { expect, test } from 'vitest';
import { createEventIndex, READ_MAX } from '../../../src/admin/events/event-index.ts';
import { PAGE_OCTETS } from '../../../src/admin/events/routes.ts';
import type { HealthEvent } from '../../../src/event/event.ts';
import { EVENTS_OCTETS_MAX } from '../../../src/store/event-bounds.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Answer, startTestAdmin, type TestAdmin } from '../server.ts';

const EVENTS = '/lifeguard/v1/events';

/** Keeps events of health, each about the pool and endpoint of its number. */
async function keep(store: Store, numbers: readonly number[], reason = 'TCP timeout'): Promise<void> {
  const lease = await store.join({ id: 'w1', region: 'eu', startedAtMs: 0 });
  const events = numbers.map(
    (n): HealthEvent => ({
      kind: 'health',
      pool: `${n % 2}`.padStart(32, '0'),
      poolName: `p${n % 2}`,
      endpoint: `e${n}`,
      address: '192.0.2.1',
      monitor: 'm',
      was: 'healthy',
      now: 'unhealthy',
      reason,
      region: n % 3 === 0 ? 'eu' : 'us',
      worker: 'w1',
      atMs: n,
    }),
  );
  expect(await store.publish(lease, { put: [], drop: [], events })).toBe('published');
}

/** The endpoints of all events that a query picks, in order, and the pages that they came in. */
async function allOf(api: TestAdmin, query: string): Promise<[string[], number]> {
  const found: string[] = [];
  let before: string | null = '';
  let pages = 0;
  for (; before !== null; pages += 1) {
    const { result }: Answer['body'] = (
      await api.call('GET', `${EVENTS}?${query}${before && `&before=${before}`}`)
    ).body;
    found.push(...result.events.map(({ endpoint }: { endpoint: string }) => endpoint));
    before = result.next;
  }
  return [found, pages];
}

test('a filter gives the same events as testing each event, in pages of any size', async () => {
  const api = await startTestAdmin();
  const numbers = Array.from({ length: 5 * READ_MAX }, (_, i) => i + 1);
  await keep(api.store, numbers.slice(0, 200));
  await allOf(api, 'pool=p0');
  await keep(api.store, numbers.slice(200));
  const newest = numbers.toReversed();
  for (const [query, picks] of [
    ['pool=P1', (n: number) => n % 2 === 1],
    ['region=eu&pool=p0', (n: number) => n % 6 === 0],
    ['endpoint=e77', (n: number) => n === 77],
    ['kind=health', () => true],
    ['kind=alarm', () => false],
  ] as const)
    for (const limit of [7, 1_000])
      expect((await allOf(api, `${query}&limit=${limit}`))[0]).toEqual(
        newest.filter(picks).map((n) => `e${n}`),
      );
});

test('an unknown pool is found to be unknown without reading all events again', async () => {
  const api = await startTestAdmin();
  await keep(
    api.store,
    Array.from({ length: 5 * READ_MAX }, (_, i) => i),
  );
  let read = 0;
  const index = createEventIndex({
    events: (...args) => api.store.events(...args),
    eventsAfter: async (...args) => {
      const events = await api.store.eventsAfter(...args);
      read += events.length;
      return events;
    },
  });
  expect(await Promise.all(['typo', 'p1', 'typo'].map((called) => index.knowsPool(called)))).toEqual([
    false,
    true,
    false,
  ]);
  expect(await index.knowsPool('typo')).toBe(false);
  for await (const event of index.picked({ pool: 'typo' }, undefined)) expect(event).toBeUndefined();
  // And the oldest of its trail.
  expect(read).toBe(5 * READ_MAX + 1);
});

test('a page with large events ends early and has a next cursor', async () => {
  const api = await startTestAdmin();
  await keep(
    api.store,
    Array.from({ length: 60 }, (_, i) => i),
    'x'.repeat(20_000),
  );
  const first = await api.call('GET', `${EVENTS}?limit=1000`);
  expect(JSON.stringify(first.body).length).toBeLessThan(PAGE_OCTETS + 100_000);
  const [all, pages] = await allOf(api, 'limit=1000');
  expect([all.length, pages]).toEqual([60, 2]);
});

test('events that the store has dropped for their size are no longer found', async () => {
  const { store } = await startTestAdmin();
  const index = createEventIndex(store);
  await keep(store, [0]);
  expect(await index.knowsPool('p0')).toBe(true);
  const reason = 'x'.repeat(EVENTS_OCTETS_MAX.health / 4);
  await keep(store, [1, 3], reason);
  expect(await index.knowsPool('p0')).toBe(true);
  await keep(store, [5, 7], reason);
  expect([await index.knowsPool('p0'), await index.knowsPool('p1')]).toEqual([false, true]);
});

test('an event stored during a read does not replace the one that is read', async () => {
  const { store } = await startTestAdmin();
  let isStored = false;
  const meanwhile = async (limit: number) => {
    if (isStored || limit !== 1) return;
    isStored = true;
    await keep(store, [2]);
  };
  const index = createEventIndex({
    events: async (limit, ...args) => {
      await meanwhile(limit);
      return store.events(limit, ...args);
    },
    eventsAfter: async (after, limit, ...args) => {
      if (after !== undefined) await meanwhile(limit);
      return store.eventsAfter(after, limit, ...args);
    },
  });
  await keep(store, [1, 0]);
  const found = await Array.fromAsync(index.picked({ pool: 'p0' }, undefined));
  expect([isStored, found.length]).toEqual([true, 1]);
});
