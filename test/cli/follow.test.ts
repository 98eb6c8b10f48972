import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { clientOf } from '../../src/cli/api.ts';
import { followed, QUIET_MS } from '../../src/cli/follow.ts';

type Serve = (request: IncomingMessage, reply: ServerResponse) => void;

/** What answers each connection, in their order; the last one all that follow. */
let connections: Serve[];
/** `Last-Event-ID` of each. */
let lasts: (string | undefined)[];
let server: Server;
let api: string;

beforeEach(async () => {
  lasts = [];
  server = createServer((request, reply) => {
    lasts.push(request.headers['last-event-id'] as string | undefined);
    (connections.length > 1 ? connections.shift() : connections[0])!(request, reply);
  });
  api = await listening(server);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Server-sent events: `retry` first, so that nobody waits long in a test. */
const events =
  (...ids: number[]): Serve =>
  (_request, reply) => {
    reply.writeHead(200, { 'content-type': 'text/event-stream' });
    reply.write('retry: 1\n\n:\n\n');
    for (const id of ids) reply.write(`id: ${id}\nevent: health\ndata: {"id":"${id}"}\n\n`);
  };
const refuse =
  (status: number): Serve =>
  (_request, reply) => {
    reply.writeHead(status, { 'content-type': 'application/json' });
    reply.end(JSON.stringify({ success: false, errors: [{ message: `no: ${status}` }] }));
  };
const then =
  (first: Serve, second: Serve): Serve =>
  (request, reply) => {
    first(request, reply);
    second(request, reply);
  };
const end: Serve = (_request, reply) => void reply.end();
const cut: Serve = (request, reply) => reply.write(':\n\n', () => request.socket.destroy());

/** Follows until `count` events came, then ends it. */
async function heard(count: number, after?: string): Promise<{ ids: string[]; troubles: string[] }> {
  const stop = new AbortController();
  const ids: string[] = [];
  const troubles: string[] = [];
  const live = followed<{ id: string }>(clientOf({ api, token: 'x' }), '/lifeguard/v1/events/live', {
    after,
    signal: stop.signal,
    trouble: (what) => troubles.push(what),
  });
  for await (const { id } of live) {
    ids.push(id);
    if (ids.length === count) stop.abort();
  }
  return { ids, troubles };
}

describe('following events', () => {
  test('starts after the given event', async () => {
    connections = [events(8, 9)];
    expect(await heard(2, '7')).toEqual({ ids: ['8', '9'], troubles: [] });
    expect(lasts).toEqual(['7']);
  });

  test('continues after the last event when a connection ends, is cut, or is refused for now', async () => {
    connections = [then(events(1, 2), end), then(events(3), cut), refuse(503), refuse(429), events(4)];
    const { ids, troubles } = await heard(4);
    expect(ids).toEqual(['1', '2', '3', '4']);
    expect(lasts).toEqual([undefined, '2', '3', '3', '3']);
    expect(troubles).toEqual(['The server closed the connection.', expect.any(String), 'no: 503', 'no: 429']);
  });

  test('continues from now when the server no longer has the last event', async () => {
    connections = [then(events(1), end), refuse(400), events(9)];
    expect((await heard(2)).ids).toEqual(['1', '9']);
    expect(lasts).toEqual([undefined, '1', undefined]);
  });

  test.each([
    [503, 1],
    [403, 5],
    [400, 4],
  ])('ends when the first connection gets status %i', async (status, exitCode) => {
    connections = [refuse(status)];
    await expect(heard(1)).rejects.toMatchObject({ message: `no: ${status}`, exitCode });
  });

  test.each([403, 401])('ends with status %i when the token ends', async (status) => {
    connections = [then(events(1), end), refuse(status)];
    await expect(heard(2)).rejects.toMatchObject({ exitCode: 5 });
  });

  test('a silent connection counts as dead after its timeout, and not before', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const open = Promise.withResolvers<ServerResponse>();
      connections = [then(events(1), (_request, reply) => open.resolve(reply)), events(4)];
      const stop = new AbortController();
      const troubles: string[] = [];
      const live = followed<{ id: string }>(clientOf({ api, token: 'x' }), '/lifeguard/v1/events/live', {
        after: undefined,
        signal: stop.signal,
        trouble: (what) => troubles.push(what),
      });
      const next = async () => (await live.next()).value?.id;
      expect(await next()).toBe('1');
      const reply = await open.promise;
      // Whatever comes begins the wait anew.
      for (const id of ['2', '3']) {
        vi.advanceTimersByTime(QUIET_MS - 1);
        reply.write(`id: ${id}\ndata: {"id":"${id}"}\n\n`);
        expect(await next()).toBe(id);
      }
      expect([lasts.length, troubles]).toEqual([1, []]);
      vi.advanceTimersByTime(QUIET_MS);
      expect(await next()).toBe('4');
      expect([lasts, troubles]).toEqual([[undefined, '3'], [`Nothing arrived for ${QUIET_MS / 1_000} s.`]]);
      stop.abort();
      await live.return();
    } finally {
      vi.useRealTimers();
    }
  });

  test('an endless event does not use up the memory', async () => {
    const long: Serve = (_request, reply) => void reply.write(`data: ${'x'.repeat(5 * 1_048_576)}`);
    connections = [then(events(1), long), events(2)];
    expect((await heard(2)).ids).toEqual(['1', '2']);
  });
});

async function listening(of: Server): Promise<string> {
  await new Promise<void>((resolve) => of.listen(0, '127.0.0.1', resolve));
  const address = of.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
