import { expect, test } from 'vitest';
import type { HealthEvent } from '../../src/pool/event.ts';
import type { Store } from '../../src/store/store.ts';
import { POOLS, startTestAdmin, type TestAdmin, TOKEN } from './server.ts';

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

test('events are read page by page, newest first, as far as they are asked for', async () => {
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
  expect((await api.call('GET', `${EVENTS}?kind=other`)).status).toBe(400);
  expect((await api.call('GET', `${EVENTS}?limit=0`)).status).toBe(400);
});

test('events are heard as they come, by filter, and after a break from where it began', async () => {
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

test('who listens does not hold up the end', async () => {
  const api = await startTestAdmin();
  const response = await fetch(`${api.url}${EVENTS}/live`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const startedMs = performance.now();
  await api.stop();
  expect(performance.now() - startedMs).toBeLessThan(900);
  await response.text().catch(() => '');
  api.stop = async () => {};
});
