import { expect, test } from 'vitest';
import { PER_PAGE_MAX } from '../../../src/admin/http/page-size.ts';
import type { HealthEvent, ReportedEvent } from '../../../src/event/event.ts';
import type { Store } from '../../../src/store/store.ts';
import { type OpenApiDocument, operationFor, undescribed } from '../openapi/described.ts';
import { POOLS, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const EVENTS = '/lifeguard/v1/events';

function health(endpoint: string, fields: Partial<HealthEvent> = {}): HealthEvent {
  return {
    kind: 'health',
    pool: 'p'.repeat(32),
    poolName: 'web',
    endpoint,
    address: '192.0.2.1',
    monitor: 'm'.repeat(32),
    was: 'healthy',
    now: 'unhealthy',
    reason: 'TCP Timeout',
    region: 'eu',
    worker: 'w',
    atMs: 0,
    ...fields,
  };
}

async function publish(store: Store, ...events: HealthEvent[]): Promise<void> {
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  expect(await store.publish(lease, { put: [], drop: [], events })).toBe('published');
}

/** Listens until `count` events came, and hangs up. */
async function listen(
  api: TestAdmin,
  query: string,
  count: number,
  begun: () => Promise<void>,
  last?: string,
) {
  const stop = new AbortController();
  const headers = {
    authorization: `Bearer ${TOKEN}`,
    ...(last === undefined ? {} : { 'last-event-id': last }),
  };
  const response = await fetch(`${api.url}${EVENTS}/live${query}`, { headers, signal: stop.signal });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  expect(response.headers.get('cache-control')).toBe('no-store');
  await begun();
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split('\nevent: ').length > count) break;
  }
  stop.abort();
  return [...text.matchAll(/^id: (.*)\nevent: (.*)\ndata: (.*)\n$/gm)].map(([, id, kind, data]) => ({
    id,
    kind,
    data: JSON.parse(data!),
  }));
}

test('events are read in pages, newest first, up to the limit', async () => {
  const api = await startTestAdmin();
  await publish(api.store, ...['0', '1', '2', '3', '4'].map((name) => health(name)));
  await publish(api.store, health('5', { poolName: 'api', pool: 'q', region: 'us' }));
  await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] });
  const read = async (query: string) => {
    const { events, next } = (await api.call('GET', EVENTS + query)).body.result;
    return {
      names: events.map((one: { endpoint?: string; kind: string }) => one.endpoint ?? one.kind),
      next,
    };
  };
  expect(await read('')).toEqual({ names: ['audit', '5', '4', '3', '2', '1', '0'], next: null });
  const first = await read('?kind=health&limit=4');
  expect(first.names).toEqual(['5', '4', '3', '2']);
  expect(await read(`?kind=health&limit=4&before=${first.next}`)).toEqual({ names: ['1', '0'], next: null });
  expect((await read('?pool=web')).names).toEqual(['audit', '4', '3', '2', '1', '0']);
  expect((await read('?pool=q')).names).toEqual(['5']);
  expect((await read('?region=us')).names).toEqual(['5']);
  expect((await read('?endpoint=3')).names).toEqual(['3']);
  expect(await read('?endpoint=0&limit=1')).toEqual({ names: ['0'], next: null });
  expect((await api.call('GET', `${EVENTS}?kind=other`)).status).toBe(400);
  for (const [limit, status] of [
    [0, 400],
    [PER_PAGE_MAX, 200],
    [PER_PAGE_MAX + 1, 400],
  ])
    expect([limit, (await api.call('GET', `${EVENTS}?limit=${limit}`)).status]).toEqual([limit, status]);
});

test('every kind of event is shown as described, and can be filtered by its object', async () => {
  const api = await startTestAdmin();
  const pool = { pool: 'p'.repeat(32), poolName: 'web' };
  const turn = { was: 'healthy', now: 'unhealthy', reason: 'TCP Timeout', atMs: 0 } as const;
  const left = { was: 'live', now: 'absent', reason: 'left', atMs: 0 } as const;
  const about = { override: 'o'.repeat(32), ...pool, endpoint: 'a', action: 'out', owner: 'ann' } as const;
  const alarm = { alarm: 'mass_failure', about: 'eu', region: 'eu', pools: ['web'] } as const;
  const events: ReportedEvent[] = [
    { kind: 'endpoint', ...pool, ...turn, endpoint: 'a', address: '192.0.2.1', region: 'eu', override: 'in' },
    // Its audience is not shown.
    { kind: 'pool', ...pool, ...turn, now: 'deleted', audience: { notificationEmail: 'a@example.org' } },
    { kind: 'region', region: 'eu', ...left },
    { kind: 'worker', worker: 'w', region: 'eu', ...left },
    { kind: 'override', ...about, was: 'active', now: 'ended', reason: 'its end', atMs: 0 },
    { kind: 'alarm', ...alarm, was: 'quiet', now: 'raised', reason: 'too much', atMs: 0 },
  ];
  const lead = (await api.store.lead('n'))!;
  expect(await api.store.report(lead, { events, put: [], drop: [] })).toBe('reported');
  const { body } = await api.call('GET', EVENTS);
  const document = (await api.call('GET', '/openapi.json')).body as OpenApiDocument;
  expect(undescribed(operationFor(document, 'GET', EVENTS)!, 200, body)).toEqual([]);
  expect(body.result.events.at(-1)).toEqual({
    id: expect.any(String),
    kind: 'endpoint',
    time: '1970-01-01T00:00:00.000000Z',
    pool: { id: 'p'.repeat(32), name: 'web' },
    ...{ endpoint: 'a', address: '192.0.2.1', was: 'healthy', now: 'unhealthy' },
    ...{ override: 'in', reason: 'TCP Timeout', region: 'eu' },
  });
  const kinds = async (query: string) =>
    (await api.call('GET', EVENTS + query)).body.result.events.map(({ kind }: { kind: string }) => kind);
  expect(await kinds('')).toEqual(events.map(({ kind }) => kind).reverse());
  for (const { kind } of events) expect(await kinds(`?kind=${kind}`)).toEqual([kind]);
  expect(await kinds('?pool=web')).toEqual(['alarm', 'override', 'pool', 'endpoint']);
  expect(await kinds('?endpoint=a')).toEqual(['override', 'endpoint']);
  expect(await kinds('?region=eu')).toEqual(['alarm', 'worker', 'region', 'endpoint']);
});

test('a pool is found by its name in any case, even after its deletion; an unknown one is not', async () => {
  const api = await startTestAdmin();
  await publish(api.store, health('a', { pool: 'q', poolName: 'Gone' }));
  await api.call('POST', POOLS, { name: 'Quiet', origins: [{ name: 'a', address: '192.0.2.1' }] });
  const count = async (query: string) => (await api.call('GET', EVENTS + query)).body.result.events.length;
  expect(await count('?pool=gone')).toBe(1);
  expect(await count('?pool=quiet')).toBe(1);
  expect(await count('?pool=QUIET&kind=health')).toBe(0);
  for (const path of [EVENTS, `${EVENTS}/live`]) {
    const { status, body } = await api.call('GET', `${path}?pool=nope`);
    expect([status, body.errors]).toEqual([404, [{ code: 1001, message: 'pool not found: nope' }]]);
  }
});

test('live events arrive as they happen, by filter, and continue after an interruption', async () => {
  const api = await startTestAdmin();
  await publish(api.store, health('before'));
  const heard = await listen(api, '?region=eu', 2, () =>
    publish(api.store, health('1'), health('x', { region: 'us' }), health('2')),
  );
  expect(heard.map(({ kind, data }) => [kind, data.endpoint])).toEqual([
    ['health', '1'],
    ['health', '2'],
  ]);
  expect(heard[0]!.id).toBe(heard[0]!.data.id);
  const again = await listen(api, '', 3, () => publish(api.store, health('3')), heard[0]!.id);
  expect(again.map(({ data }) => data.endpoint)).toEqual(['x', '2', '3']);
});

test('an open live stream does not delay stop', async () => {
  const api = await startTestAdmin();
  const response = await fetch(`${api.url}${EVENTS}/live`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const startedMs = performance.now();
  await api.stop();
  expect(performance.now() - startedMs).toBeLessThan(900);
  await response.text().catch(() => '');
  api.stop = async () => {};
});
