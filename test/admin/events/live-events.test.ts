import { request as httpRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { hashToken } from '../../../src/admin/access/auth.ts';
import { WAITING_MAX } from '../../../src/admin/access/waiting.ts';
import { createLiveEvents } from '../../../src/admin/events/live.ts';
import { SESSION_MS } from '../../../src/admin/sessions/sessions.ts';
import { BOOTSTRAP, type ConfiguredToken } from '../../../src/pool/token.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from '../server.ts';

const SESSION = '/lifeguard/v1/session';
const LIVE = '/lifeguard/v1/events/live';
const origins = [{ name: 'a', address: '192.0.2.1' }];
const SOON = { timeout: 40_000, interval: 5 };

/** Listens with a token; the names of the objects of audit events that were heard, as they come. */
function listen(api: TestAdmin, token = TOKEN, headers: Record<string, string> = {}) {
  return listenAs(api, { authorization: `Bearer ${token}`, ...headers });
}

/** As listen(), with these header fields alone. */
async function listenAs(api: TestAdmin, headers: Record<string, string>) {
  const stop = new AbortController();
  const response = await fetch(api.url + LIVE, { headers, signal: stop.signal });
  expect(response.status).toBe(200);
  const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = '';
  const names = () => [...heard.matchAll(/"object":\{[^}]*"name":"([^"]+)"/g)].map(([, name]) => name);
  return {
    /** Reads until an object of this name was heard. */
    async until(name: string): Promise<(string | undefined)[]> {
      while (!names().includes(name)) {
        const { done, value } = await chunks.read();
        if (done) throw new Error(`the connection ended before ${name}`);
        heard += value;
      }
      return names();
    },
    /** Reads until the server ends the connection. */
    async untilEnd(): Promise<(string | undefined)[]> {
      for (let read = await chunks.read(); !read.done; read = await chunks.read()) heard += read.value;
      return names();
    },
    /** What the events say that tell of a gap. */
    gaps: () =>
      [...heard.matchAll(/event: gap\ndata: (.*)\n/g)].map(([, data]) => {
        const { kind, after, before } = JSON.parse(data!);
        return { kind, after, before };
      }),
    hangUp: () => stop.abort(),
  };
}

const makePool = (api: TestAdmin, name: string) => api.call('POST', POOLS, { name, origins });

async function makeToken(api: TestAdmin, fields: object = {}): Promise<{ id: string; token: string }> {
  return (await api.call('POST', TOKENS, { name: 'listener', scope: 'read', ...fields })).body.result;
}

/** The store of an API of its own, with some of its methods replaced. */
async function storeWith(replaced: (under: TestAdmin['store']) => Partial<TestAdmin['store']>) {
  const { store } = await startTestAdmin();
  return Object.assign(Object.create(store) as typeof store, replaced(store), { close: async () => {} });
}

test('a client that disconnects while the newest event is read leaves no listener', async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const store = await storeWith((under) => ({
    events: async (limit, before) => {
      asked.resolve();
      await gate.promise;
      return under.events(limit, before);
    },
  }));
  const api = await startTestAdmin({ store });
  const gone = Array.from({ length: WAITING_MAX }, () =>
    httpRequest(api.url + LIVE, { headers: { authorization: `Bearer ${TOKEN}` } })
      .on('error', () => {})
      .end(),
  );
  await asked.promise;
  await expect
    .poll(async () => (await api.call('GET', '/lifeguard/v1/revisions/1')).status, { timeout: 40_000 })
    .toBe(429);
  for (const request of gone) request.destroy();
  // The server has seen that they are gone when it has answered a request that came after.
  await api.call('GET', POOLS);
  gate.resolve();
  await expect
    .poll(async () => (await api.call('GET', '/lifeguard/v1/revisions/1')).status, { timeout: 40_000 })
    .toBe(200);
}, 20_000);

test('a stream ends when its token is deleted, and others continue', async () => {
  const api = await startTestAdmin();
  const { id, token } = await makeToken(api);
  const [ended, other] = [await listen(api, token), await listen(api)];
  await makePool(api, 'web-1');
  await Promise.all([ended.until('web-1'), other.until('web-1')]);
  await api.call('DELETE', `${TOKENS}/${id}`);
  await makePool(api, 'web-2');
  expect(await ended.untilEnd()).toEqual(['web-1']);
  expect(await other.until('web-2')).toContain('web-1');
  other.hangUp();
});

test('a stream ends when its token expires', async () => {
  let nowMs = Date.parse('2030-01-01T00:00:00Z');
  const api = await startTestAdmin({ epochMs: () => nowMs });
  const { token } = await makeToken(api, { expires_on: '2030-01-01T00:01:00Z' });
  const ended = await listen(api, token);
  nowMs += 60_000;
  await makePool(api, 'web');
  expect(await ended.untilEnd()).toEqual([]);
});

test('a stream ends when a reload takes its token out of the configuration (once: it went on for ever)', async () => {
  const api = await startTestAdmin();
  const configured = (name: string, secret: string) =>
    ({ name, hash: hashToken(secret), scope: 'read' }) as const;
  const [stays, goes] = [
    configured('stays', 'a-secret-that-stays'),
    configured('goes', 'a-secret-that-goes'),
  ];
  const admin: ConfiguredToken = { name: BOOTSTRAP, hash: hashToken(TOKEN), scope: 'admin' };
  api.useTokens([admin, stays, goes]);
  const [ended, other] = [await listen(api, 'a-secret-that-goes'), await listen(api, 'a-secret-that-stays')];
  api.useTokens([admin, stays]);
  await makePool(api, 'web');
  expect(await ended.untilEnd()).toEqual([]);
  expect(await other.until('web')).toEqual(['web']);
  other.hangUp();
});

test('a stream ends when its session ends, and one of another session continues (once: both went on for ever)', async () => {
  let nowMs = Date.now();
  const api = await startTestAdmin({ epochMs: () => nowMs });
  const page = { origin: api.url, 'x-lifeguard-dashboard': '1' };
  const logIn = async () => {
    const { headers } = await api.call('POST', SESSION, { token: TOKEN }, page);
    return { ...page, cookie: headers.get('set-cookie')!.split(';', 1)[0]! };
  };
  const [loggedOut, late] = [await logIn(), await logIn()];
  const [first, second] = [await listenAs(api, loggedOut), await listenAs(api, late)];
  await fetch(api.url + SESSION, { method: 'DELETE', headers: loggedOut });
  await makePool(api, 'web-1');
  expect(await first.untilEnd()).toEqual([]);
  expect(await second.until('web-1')).toEqual(['web-1']);
  nowMs += SESSION_MS;
  await makePool(api, 'web-2');
  expect(await second.untilEnd()).toEqual(['web-1']);
});

test.each(['nothing', '999999999999', '9-9', ''])(
  'an unknown Last-Event-ID, %j, gets new events only, and a gap where it is one',
  async (last) => {
    const api = await startTestAdmin();
    await makePool(api, 'before');
    const one = await listen(api, TOKEN, { 'last-event-id': last });
    await makePool(api, 'after');
    expect(await one.until('after')).toEqual(['after']);
    expect(one.gaps()).toEqual(last === '' ? [] : [{ kind: 'gap', after: last, before: null }]);
    one.hangUp();
  },
);

/** An API whose store keeps no events before one. */
async function withoutEventsBefore(first: number) {
  const store = await storeWith((under) => ({
    events: async (limit, before) =>
      (await under.events(limit, before)).filter(({ cursor }) => Number(cursor) >= first),
    eventsAfter: (after, limit, trail) =>
      under.eventsAfter(String(Math.max(Number(after ?? 0), first - 1)), limit, trail),
  }));
  return startTestAdmin({ store });
}

test('a listener whose last event is no longer stored learns from where to where events are missing (once: it got no word)', async () => {
  const api = await withoutEventsBefore(3);
  for (const name of ['one', 'two', 'three', 'four']) await makePool(api, name);
  const gone = await listen(api, TOKEN, { 'last-event-id': '1' });
  expect(await gone.until('four')).toEqual(['three', 'four']);
  expect(gone.gaps()).toEqual([{ kind: 'gap', after: '1', before: '3' }]);
  const there = await listen(api, TOKEN, { 'last-event-id': '3' });
  expect(await there.until('four')).toEqual(['four']);
  expect(there.gaps()).toEqual([]);
  for (const each of [gone, there]) each.hangUp();
});

test('a listener that falls behind what is stored learns from where to where events are missing (once: it got no word)', async () => {
  let [first, isHeld] = [0, false];
  const store = await storeWith((under) => ({
    events: async (limit, before) =>
      (await under.events(limit, before)).filter(({ cursor }) => Number(cursor) >= first),
    eventsAfter: async (after, limit, trail) => {
      if (isHeld) throw new StoreUnavailable('away');
      return under.eventsAfter(String(Math.max(Number(after ?? 0), first - 1)), limit, trail);
    },
    reaches: async (cursor) => Number(cursor) >= first,
  }));
  const api = await startTestAdmin({ store });
  await makePool(api, 'one');
  const one = await listen(api);
  await makePool(api, 'two');
  expect(await one.until('two')).toEqual(['two']);
  isHeld = true;
  for (const name of ['three', 'four', 'five']) await makePool(api, name);
  first = 4;
  isHeld = false;
  expect(await one.until('five')).toEqual(['two', 'four', 'five']);
  expect(one.gaps()).toEqual([{ kind: 'gap', after: '2', before: '4' }]);
  await makePool(api, 'six');
  await one.until('six');
  expect(one.gaps()).toHaveLength(1);
  one.hangUp();
});

test('listeners at the same place share one question for what the store removed', async () => {
  let asked = 0;
  const api = await startTestAdmin({ store: await storeWith(() => ({ reaches: async () => ++asked > 0 })) });
  await makePool(api, 'one');
  const all = await Promise.all(Array.from({ length: 20 }, () => listen(api)));
  await makePool(api, 'two');
  for (const each of all) expect(await each.until('two')).toEqual(['two']);
  for (const each of all) each.hangUp();
  expect(asked).toBeLessThan(20);
});

test('a stream starts after the event in Last-Event-ID', async () => {
  const api = await startTestAdmin();
  await makePool(api, 'one');
  await makePool(api, 'two');
  const [two, one] = (await api.store.events(2)).map(({ cursor }) => cursor);
  const [after, before] = [
    await listen(api, TOKEN, { 'last-event-id': two! }),
    await listen(api, TOKEN, { 'last-event-id': one! }),
  ];
  await makePool(api, 'three');
  expect(await after.until('three')).toEqual(['three']);
  expect(await before.until('three')).toEqual(['two', 'three']);
  for (const each of [after, before]) each.hangUp();
});

test('a fault while events are read is logged once, and the stream continues after it', async () => {
  let faults = 0;
  const store = await storeWith((under) => ({
    eventsAfter: async (after, limit) => {
      if (faults === 3) return under.eventsAfter(after, limit);
      faults += 1;
      throw new TypeError('a fault of ours');
    },
  }));
  const api = await startTestAdmin({ store });
  const one = await listen(api);
  await makePool(api, 'web');
  expect(await one.until('web')).toEqual(['web']);
  expect(faults).toBe(3);
  expect(api.logged().split('Cannot read new events').length - 1).toBe(1);
  one.hangUp();
});

const event: StoredEvent = {
  cursor: '1',
  kind: 'audit',
  token: 'ci',
  method: 'POST',
  object: { kind: 'pool', id: 'p' },
  before: null,
  after: null,
  revision: 1,
  atMs: 0,
};

test('stop while events are read is not an error, even if the response has not started', async () => {
  const gate = Promise.withResolvers<void>();
  const reading = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const live = createLiveEvents({
    store: {
      eventsAfter: async () => {
        reading.resolve();
        await gate.promise;
        return [event];
      },
      reaches: async () => true,
    },
    index: { gapAfter: async () => undefined },
    epochMs: () => 0,
    presence: {
      isTokenIn: async () => {
        looked.resolve();
        return true;
      },
      isSessionIn: () => true,
    },
    failed: (error) => looked.reject(error),
  });
  // With no socket, as one whose client takes nothing: what is ended stays unsent.
  const to = new ServerResponse(new IncomingMessage(new Socket()));
  const errors: Error[] = [];
  to.on('error', (error) => errors.push(error));
  const caller = { id: '', name: '', scope: 'read' } as const;
  live.listen({
    to,
    caller,
    after: undefined,
    gap: undefined,
    trails: [],
    picked: () => true,
    everyMs: 0,
    ended: () => {},
  });
  await reading.promise;
  live.stop();
  gate.resolve();
  await looked.promise;
  await setImmediate();
  expect(errors).toEqual([]);
});

test('a listener with a pause gets the first event at once, and those of the pause together', async () => {
  let nowMs = 0;
  const events: StoredEvent[] = [];
  const happen = (cursor: string) => events.push({ ...event, cursor });
  const live = createLiveEvents({
    store: {
      eventsAfter: async (after) => events.filter(({ cursor }) => after === undefined || cursor > after),
      reaches: async () => true,
    },
    index: { gapAfter: async () => undefined },
    epochMs: () => 0,
    monotonicMs: () => nowMs,
    presence: { isTokenIn: async () => true, isSessionIn: () => true },
    failed: (error) => expect.fail(String(error)),
  });
  onTestFinished(() => live.stop());
  const caller = { id: '', name: '', scope: 'read' } as const;
  /** Deliveries, each as the cursors that it has. */
  const heard = { often: [] as string[], seldom: [] as string[] };
  for (const [name, everyMs] of [
    ['often', 0],
    ['seldom', 1_000],
  ] as const) {
    const to = new ServerResponse(new IncomingMessage(new Socket()));
    vi.spyOn(to, 'write').mockImplementation((text: string) => {
      const cursors = [...text.matchAll(/^id: (.*)$/gm)].map(([, cursor]) => cursor);
      if (cursors.length > 0) heard[name].push(cursors.join(' '));
      return true;
    });
    const rest = { gap: undefined, trails: [], picked: () => true, ended: () => {} };
    live.listen({ to, caller, after: '0', everyMs, ...rest });
  }
  happen('1');
  await vi.waitFor(() => expect(heard).toEqual({ often: ['1'], seldom: ['1'] }), SOON);
  for (const cursor of ['2', '3']) {
    happen(cursor);
    await vi.waitFor(() => expect(heard.often.at(-1)).toBe(cursor), SOON);
  }
  nowMs = 999;
  happen('4');
  await vi.waitFor(() => expect(heard.often.at(-1)).toBe('4'), SOON);
  expect(heard.seldom).toEqual(['1']);
  nowMs = 1_000;
  await vi.waitFor(() => expect(heard.seldom).toEqual(['1', '2 3 4']), SOON);
});

test('the pause of a listener is at most 30 seconds', async () => {
  const api = await startTestAdmin();
  const { status, body } = await api.call('GET', `${LIVE}?every=31s`);
  expect([status, body.errors]).toMatchObject([
    400,
    [{ message: expect.stringContaining('from 0s to 30s') }],
  ]);
});

test('HEAD opens no stream', async () => {
  const api = await startTestAdmin();
  const answer = await new Promise<{ status: number | undefined; allow: string | undefined; body: string }>(
    (resolve, reject) => {
      httpRequest(
        api.url + LIVE,
        { method: 'HEAD', headers: { authorization: `Bearer ${TOKEN}` } },
        async (response) =>
          resolve({
            status: response.statusCode,
            allow: response.headers.allow,
            body: await text(response),
          }),
      )
        .on('error', reject)
        .end();
    },
  );
  expect(answer).toEqual({ status: 405, allow: 'GET', body: '' });
});
