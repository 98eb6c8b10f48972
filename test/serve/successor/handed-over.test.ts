/** Connections of a server that was replaced: the successor answers what comes on them. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import type { Responder } from '../../../src/answer/respond.ts';
import { startDoh } from '../../../src/serve/doh/doh.ts';
import type { Handover, StreamListener } from '../../../src/serve/stream/accept.ts';
import { UNSENT_OCTETS_MAX } from '../../../src/serve/stream/message-stream.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { answerPredecessors, type Predecessors } from '../../../src/serve/successor/predecessors.ts';
import { askSuccessor } from '../../../src/serve/successor/successor.ts';
import { startDot } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { askHttp2, endSessions, openSession } from '../encrypted/doh-client.ts';
import { clientOver, connectTo, disconnectAll, framed } from '../encrypted/stream-client.ts';
import { BIG_OCTETS, responderHere, streamOptions } from '../listen/listening.ts';

const { good, authority: ca } = makeCertificates();
const certificate = { cert: Buffer.from(good.cert), key: Buffer.from(good.key) };
const stops: (() => Promise<void> | void)[] = [];
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-successor-'));
});
afterEach(async () => {
  disconnectAll();
  endSessions();
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true });
});

/** What a successor was asked: the transport and the client of each query. */
interface Noted extends Predecessors {
  readonly asked: { transport: number; client: string }[];
}

const place = () => join(directory, 'answers');

async function succeed(responder: Responder = responderHere()): Promise<Noted> {
  const asked: Noted['asked'] = [];
  const noting: Responder = {
    respond(exchange) {
      asked.push({ transport: exchange.transport, client: exchange.peer.join('.') });
      return responder.respond(exchange);
    },
  };
  const predecessors = await answerPredecessors(place(), noting);
  stops.push(() => predecessors.stop());
  return { ...predecessors, asked };
}

function handover(): Handover {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const successor = askSuccessor(place(), resolve);
  stops.push(() => successor.close());
  return { successor, gone };
}

function kept<T extends StreamListener>(listener: T): T {
  stops.push(() => listener.stop());
  return listener;
}

const www = (id: number) => queryPacket({ name: 'www.example.org', id });
const big = (id: number) => queryPacket({ name: 'big.example.org', type: 'TXT', id });
const idOf = (message: Buffer) => message.readUInt16BE(0);
const HTTP = { method: 'POST', path: '/dns-query', headers: { 'content-type': 'application/dns-message' } };

/** A way to ask on one connection; the answer's ID tells that it is the right one. */
interface Way {
  readonly listener: StreamListener;
  ask(id: number): Promise<number>;
  close(): void;
}

const WAYS: Readonly<Record<'TCP' | 'DOT' | 'DOH', () => Promise<Way>>> = {
  async TCP() {
    const listener = kept(await startTcp(streamOptions()));
    const client = await connectTo(listener);
    return {
      listener,
      ask: async (id) => idOf(await client.ask(www(id))),
      close: () => client.socket.end(),
    };
  },
  async DOT() {
    const listener = kept(await startDot({ ...streamOptions(), certificate }));
    const socket = connect({ host: listener.address, port: listener.port, ca });
    const client = clientOver(socket);
    await once(socket, 'secureConnect');
    return { listener, ask: async (id) => idOf(await client.ask(www(id))), close: () => socket.end() };
  },
  async DOH() {
    const listener = kept(await startDoh({ ...streamOptions(), certificate, path: '/dns-query' }));
    const session = openSession({ ...listener, ca });
    return {
      listener,
      ask: async (id) => idOf((await askHttp2(session, { ...HTTP, body: www(id) })).body),
      close: () => session.close(),
    };
  },
};

describe.each(Object.entries(WAYS))('%s', (name, open) => {
  test('goes on, and ends with its client', async () => {
    const way = await open();
    expect(await way.ask(1)).toBe(1);
    const successor = await succeed();
    const drained = way.listener.drain(handover());
    for (let id = 2; id < 9; id += 1) expect(await way.ask(id)).toBe(id);
    const transport = Transport[name as keyof typeof WAYS];
    expect(successor.asked).toEqual(Array(7).fill({ transport, client: '127.0.0.1' }));
    way.close();
    await drained;
  });

  test('goes on with the successor of the successor', async () => {
    const way = await open();
    expect(await way.ask(0)).toBe(0);
    const first = await succeed();
    void way.listener.drain(handover());
    expect(await way.ask(1)).toBe(1);
    const second = await succeed();
    // The newest has the path, and the first answers until it is replaced itself.
    expect(await way.ask(2)).toBe(2);
    const stopped = first.stop();
    for (let id = 3; id < 9; id += 1) expect(await way.ask(id)).toBe(id);
    await stopped;
    expect([first.asked.length, second.asked.length]).toEqual([2, 6]);
  });

  test('is closed gently where the successor is gone', async () => {
    const way = await open();
    expect(await way.ask(0)).toBe(0);
    const successor = await succeed();
    const drained = way.listener.drain(handover());
    expect(await way.ask(1)).toBe(1);
    await successor.stop();
    await drained;
    await expect(way.ask(2)).rejects.toThrow();
  });
});

test('queries of which the first came before and the others come after the handover are answered in order', async () => {
  const listener = kept(await startTcp(streamOptions()));
  const client = await connectTo(listener);
  expect(idOf(await client.ask(www(0)))).toBe(0);
  const half = framed(www(1));
  client.socket.write(half.subarray(0, 9));
  const successor = await succeed();
  void listener.drain(handover());
  // More than waits for a client at a time, and more than the successor is asked at a time.
  const ids = Array.from({ length: 300 }, (_, i) => i + 2);
  expect(ids.length * BIG_OCTETS).toBeGreaterThan(20 * UNSENT_OCTETS_MAX);
  client.socket.write(half.subarray(9));
  client.send(...ids.map(big));
  expect(idOf(await client.next())).toBe(1);
  for (const id of ids) expect(idOf(await client.next())).toBe(id);
  expect(successor.asked).toHaveLength(ids.length + 1);
});

test('what must not be answered stays so', async () => {
  const tcp = kept(await startTcp(streamOptions()));
  const https = kept(await startDoh({ ...streamOptions(), certificate, path: '/dns-query' }));
  const session = openSession({ ...https, ca });
  expect((await askHttp2(session, { ...HTTP, body: www(1) })).status).toBe(200);
  const client = await connectTo(tcp);
  await succeed();
  const over = handover();
  void tcp.drain(over);
  const response = queryPacket({ name: 'www.example.org', flags: 0x8000 });
  client.send(response, Buffer.alloc(0), Buffer.alloc(65_535, 0xff), www(7));
  expect(idOf(await client.next())).toBe(7);
  void https.drain(over);
  expect((await askHttp2(session, { ...HTTP, body: response })).status).toBe(400);
});

test('a client that closes its side gets the answers to all its queries', async () => {
  const listener = kept(await startTcp(streamOptions()));
  const client = await connectTo(listener, { allowHalfOpen: true });
  await client.ask(www(0));
  await succeed();
  const drained = listener.drain(handover());
  const ids = Array.from({ length: 200 }, (_, i) => i);
  client.socket.end(framed(...ids.map(big)));
  for (const id of ids) expect(idOf(await client.next())).toBe(id);
  expect(await client.closed).toBeUndefined();
  await drained;
});

test('a connection that names no client is closed', async () => {
  await succeed();
  const client = await connectTo({ address: '', port: 0 }, { path: place() } as never);
  client.send(Uint8Array.of(Transport.TCP, 192, 0, 2), www(1));
  await client.closed;
});
