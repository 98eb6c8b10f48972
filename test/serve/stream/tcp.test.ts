import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { StreamListener } from '../../../src/serve/stream/accept.ts';
import { UNSENT_OCTETS_MAX } from '../../../src/serve/stream/message-stream.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { dig } from '../../support/dig.ts';
import { connectTo, disconnectAll, framed } from '../encrypted/stream-client.ts';
import { BIG_OCTETS, streamOptions } from '../listen/listening.ts';

const listeners: StreamListener[] = [];
const startHere = async (...options: Parameters<typeof streamOptions>) => {
  const all = streamOptions(...options);
  const listener = await startTcp(all);
  listeners.push(listener);
  return { ...listener, limits: all.limits };
};
afterEach(async () => {
  disconnectAll();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

const www = (id = 1) => queryPacket({ name: 'www.example.org', id });
const big = (id = 1) => queryPacket({ name: 'big.example.org', type: 'TXT', id });
const idOf = (message: Buffer) => message.readUInt16BE(0);

describe('messages', () => {
  test('dig +tcp gets an answer', async () => {
    const server = await startHere();
    expect(await dig(server, 'www.example.org', '+tcp')).toMatchObject({
      status: 'NOERROR',
      rdata: ['192.0.2.1'],
    });
  });

  test('dig +keepopen asks several times on one connection (RFC 7766 §6.2.1)', async () => {
    const server = await startHere();
    const accepted = vi.spyOn(server.limits, 'admit');
    const asked = Array.from({ length: 5 }, () => ['www.example.org', 'A', '+short', '+tcp', '+keepopen']);
    const { stdout } = await promisify(execFile)('dig', [
      `@${server.address}`,
      ...['-p', String(server.port)],
      ...asked.flat(),
    ]);
    expect(stdout.trim().split('\n')).toEqual(Array(5).fill('192.0.2.1'));
    expect(accepted).toHaveBeenCalledTimes(1);
  });

  test('many queries sent together are answered in order', async () => {
    const client = await connectTo(await startHere());
    const ids = Array.from({ length: 3_000 }, (_, i) => i);
    client.send(...ids.map(www));
    const seen: number[] = [];
    for (const _ of ids) seen.push(idOf(await client.next()));
    expect(seen).toEqual(ids);
  });

  test('messages that must not be answered are skipped, and the next query is answered', async () => {
    const client = await connectTo(await startHere());
    const response = queryPacket({ name: 'www.example.org', flags: 0x8000 });
    client.send(response, Buffer.alloc(0), Buffer.alloc(11), Buffer.alloc(65_535, 0xff), www(7));
    expect(idOf(await client.next())).toBe(7);
  });

  test('a client that closes its side gets the answers to all its queries (RFC 7766 §6.2.4)', async () => {
    const client = await connectTo(await startHere(), { allowHalfOpen: true });
    // More than waits for a client at a time.
    const ids = Array.from({ length: 200 }, (_, i) => i);
    expect(ids.length * BIG_OCTETS).toBeGreaterThan(20 * UNSENT_OCTETS_MAX);
    client.socket.end(framed(...ids.map(big)));
    for (const id of ids) expect(idOf(await client.next())).toBe(id);
    expect(await client.closed).toBeUndefined();
  });
});

describe('timeouts', () => {
  test('an idle connection is closed after its timeout, and not before (RFC 7766 §6.2.3)', async () => {
    const client = await connectTo(await startHere({ idleTimeoutMs: 400 }));
    // Before the query, since the answer may be seen late.
    const started = performance.now();
    await client.ask(www());
    expect(await client.closed).toBeUndefined();
    expect(performance.now() - started).toBeGreaterThan(350);
  });

  test('a message that arrives too slowly closes the connection', async () => {
    const client = await connectTo(await startHere({ transferTimeoutMs: 500 }));
    await client.ask(www());
    const started = performance.now();
    const trickle = setInterval(() => client.socket.write(Buffer.of(1)), 20);
    await client.closed;
    clearInterval(trickle);
    expect(performance.now() - started).toBeGreaterThan(450);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('a message in pieces is answered if it is complete in time, and each message has its own time', async () => {
    const client = await connectTo(await startHere({ transferTimeoutMs: 3_000 }));
    const started = performance.now();
    // The end of one message and the beginning of the next come together.
    client.send(www(0));
    for (let id = 1; id <= 4; id += 1) {
      client.socket.write(framed(www(id)).subarray(0, 1));
      expect(idOf(await client.next())).toBe(id - 1);
      await new Promise((resolve) => setTimeout(resolve, 800));
      client.socket.write(framed(www(id)).subarray(1));
    }
    expect(idOf(await client.next())).toBe(4);
    expect(performance.now() - started).toBeGreaterThan(3_000);
  });

  test('a client that does not read its answers is disconnected, and uses bounded memory', async () => {
    const server = await startHere({ transferTimeoutMs: 500 });
    const client = await connectTo(server);
    client.socket.pause();
    const writing = setInterval(() => client.send(...Array.from({ length: 100 }, () => big())), 5);
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
    clearInterval(writing);
    client.socket.resume();
    expect(await client.closed).toBe('ECONNRESET');
  });

  test('a client that reads slowly gets all answers', async () => {
    const client = await connectTo(await startHere({ transferTimeoutMs: 2_000 }));
    const ids = Array.from({ length: 400 }, (_, i) => i);
    client.send(...ids.map(big));
    const started = performance.now();
    for (const id of ids) {
      expect(idOf(await client.next())).toBe(id);
      if (id % 20 !== 0) continue;
      client.socket.pause();
      await new Promise((resolve) => setTimeout(resolve, 150));
      client.socket.resume();
    }
    expect(performance.now() - started).toBeGreaterThan(2_500);
  });
});

describe('limits', () => {
  test('at the limit every connection is served, and a new one closes the one that was idle longest', async () => {
    const server = await startHere({}, { connectionsMax: 3 });
    const [first, second, third] = [
      await connectTo(server),
      await connectTo(server),
      await connectTo(server),
    ];
    for (const client of [third, first, second]) await client.ask(www());
    expect(server.limits).toMatchObject({ open: 3, displaced: 0, refused: 0 });
    const newest = await connectTo(server);
    expect(idOf(await newest.ask(www(4)))).toBe(4);
    expect(await third.closed).toBeUndefined();
    for (const client of [first, second]) await client.ask(www());
    expect(server.limits).toMatchObject({ open: 3, displaced: 1, refused: 0 });
  });

  test('if all connections make progress, a new one is closed', async () => {
    const server = await startHere({}, { connectionsMax: 2, nowMs: () => 0 });
    const busy = [await connectTo(server), await connectTo(server)];
    for (const client of busy) {
      client.socket.write(Buffer.concat([framed(www(2)), framed(www(3)).subarray(0, 3)]));
      await client.next();
    }
    const late = await connectTo(server);
    late.send(www());
    await late.closed;
    await expect(late.next()).rejects.toThrow('closed');
    for (const client of busy) {
      client.socket.write(framed(www(3)).subarray(3));
      expect(idOf(await client.next())).toBe(3);
    }
    expect(server.limits.refused).toBe(1);
  });

  test('the limit of one client does not affect other clients', async () => {
    const server = await startHere({}, { connectionsPerClientMax: 2 });
    const other = await connectTo(server, { localAddress: '127.0.0.2' });
    await other.ask(www());
    const mine = [await connectTo(server), await connectTo(server)];
    for (const client of mine) await client.ask(www());
    expect(server.limits.displaced).toBe(0);
    const third = await connectTo(server);
    expect(idOf(await third.ask(www(3)))).toBe(3);
    expect(await mine[0]!.closed).toBeUndefined();
    expect(idOf(await other.ask(www(9)))).toBe(9);
    expect(server.limits).toMatchObject({ open: 3, displaced: 1 });
  });

  test('a closed connection frees its place', async () => {
    const server = await startHere({}, { connectionsMax: 1 });
    for (let i = 0; i < 20; i += 1) {
      const client = await connectTo(server);
      expect(idOf(await client.ask(www(i)))).toBe(i);
      client.socket.destroy();
      await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
    }
    expect(server.limits).toMatchObject({ displaced: 0, refused: 0 });
  });
});

describe('other clients are not affected', () => {
  test('by thousands of idle connections', async () => {
    const many = 3_000;
    const server = await startHere({}, { connectionsMax: many + 1, connectionsPerClientMax: many + 1 });
    const idle = [];
    for (let i = 0; i < many; i += 1) idle.push(await connectTo(server));
    const client = await connectTo(server);
    for (let id = 0; id < 100; id += 1) expect(idOf(await client.ask(www(id)))).toBe(id);
    expect(idOf(await idle[0]!.ask(www(1)))).toBe(1);
    expect(idOf(await idle.at(-1)!.ask(www(2)))).toBe(2);
    expect(server.limits).toMatchObject({ open: many + 1, displaced: 0 });
  });

  test('by a flood on one connection', async () => {
    const server = await startHere();
    const flood = await connectTo(server);
    const other = await connectTo(server);
    const queries = 300_000;
    let flooded = 0;
    const bulk = framed(...Array.from({ length: 1_000 }, () => www()));
    for (let i = 0; i < queries; i += 1_000) flood.socket.write(bulk);
    const flooding = (async () => {
      for (; flooded < queries; flooded += 1) await flood.next();
    })();
    await vi.waitUntil(() => flooded > 0, { interval: 1, timeout: 40_000 });
    const before = flooded;
    for (let id = 0; id < 5; id += 1) await other.ask(www(id));
    // A turn of the event loop takes about 2,000 queries of it; each answer to the other takes one or two turns.
    expect(flooded - before).toBeLessThan(40_000);
    await flooding;
  });
});

test('the listener stops with connections open, and its port is free at once', async () => {
  const server = await startHere();
  const client = await connectTo(server);
  await client.ask(www());
  await listeners.pop()!.stop();
  await client.closed;
  const again = await startHere({ listen: { address: server.address, port: server.port } });
  expect(idOf(await (await connectTo(again)).ask(www(5)))).toBe(5);
});

test('an address that is taken is refused with its error', async () => {
  const { address, port } = await startHere();
  await expect(startTcp(streamOptions({ listen: { address, port } }))).rejects.toMatchObject({
    code: 'EADDRINUSE',
  });
});

test('the listener answers over IPv6', async () => {
  const server = await startHere({ listen: { address: '::1', port: 0 } });
  const client = await connectTo(server);
  expect(idOf(await client.ask(www(6)))).toBe(6);
  client.socket.end();
  await once(client.socket, 'close');
});
