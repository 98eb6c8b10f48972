import { once } from 'node:events';
import { type ClientHttp2Stream, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { UNFINISHED_OCTETS_MAX } from '../../../src/serve/doh/body.ts';
import { type DohOptions, HEAD_OCTETS_MAX, STREAMS_MAX, startDoh } from '../../../src/serve/doh/doh.ts';
import type { TlsListener } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { streamOptions } from '../listen/listening.ts';
import { type Asked, type At, askHttp1, askHttp2, endSessions, openSession } from './doh-client.ts';
import { clientOver, disconnectAll } from './stream-client.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };
const PATH = '/dns-query';

const listeners: TlsListener[] = [];
const startHere = async (
  fields: Partial<DohOptions> = {},
  limits: Parameters<typeof streamOptions>[1] = {},
) => {
  const options = { ...streamOptions({}, limits), path: PATH, certificate, ...fields };
  const listener = await startDoh(options);
  listeners.push(listener);
  return { ...listener, ca: certificates.authority, limits: options.limits };
};
afterEach(async () => {
  endSessions();
  disconnectAll();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

const www = queryPacket({ name: 'www.example.org', id: 0 });
const big = queryPacket({ name: 'big.example.org', type: 'TXT', id: 0 });
const target = (query: Uint8Array) => `${PATH}?dns=${Buffer.from(query).toString('base64url')}`;
const get = (query: Uint8Array): Asked => ({ path: target(query) });
const POST = { ':method': 'POST', ':path': PATH, 'content-type': 'application/dns-message' };

/** A TLS connection that speaks whatever the test writes. */
async function connectRaw({ address, port, ca }: At) {
  const socket = connect({ host: address, port, ca: ca!, ALPNProtocols: ['http/1.1'] });
  const client = clientOver(socket);
  await once(socket, 'secureConnect');
  return client;
}

/** A POST whose body has begun, and how its stream ends: the code of its reset. */
function unfinished(session: ReturnType<typeof openSession>, octets = 10) {
  const stream = session.request(POST, { endStream: false });
  stream.on('error', () => undefined);
  stream.write(Buffer.alloc(octets));
  return stream;
}
const ended = async (stream: ClientHttp2Stream) => {
  if (!stream.closed) await once(stream, 'close');
  return stream.rstCode;
};

describe('a request must arrive in time', () => {
  test.each([
    { of: 'the head, which trickles in', begin: `GET ${target(www)} HTTP/1.1\r\n`, trickle: 'x' },
    {
      of: 'the body, which trickles in',
      begin: `POST ${PATH} HTTP/1.1\r\nHost: a\r\nContent-Type: application/dns-message\r\nContent-Length: 9000\r\n\r\n`,
      trickle: 'x',
    },
    { of: 'the first octet', begin: '', trickle: '' },
  ])('over HTTP/1.1: $of', async ({ begin, trickle }) => {
    const server = await startHere({ transferTimeoutMs: 300 });
    const client = await connectRaw(server);
    client.socket.write(begin);
    const writing = setInterval(() => client.socket.write(trickle), 20);
    await client.closed;
    clearInterval(writing);
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
  });

  test('over HTTP/2: the stream is reset, and the others continue', async () => {
    const session = openSession(await startHere({ transferTimeoutMs: 300 }));
    const stream = unfinished(session);
    const writing = setInterval(() => stream.write('x'), 20);
    expect(await ended(stream)).toBe(constants.NGHTTP2_CANCEL);
    clearInterval(writing);
    expect(await askHttp2(session, get(www))).toMatchObject({ status: 200 });
  });

  test('a client that closes its side in the handshake does not keep its place', async () => {
    const server = await startHere({ transferTimeoutMs: 3_600_000 });
    const socket = connectTcp({ host: server.address, port: server.port, allowHalfOpen: true });
    const client = clientOver(socket);
    socket.end(Buffer.from([0x16, 3, 1, 1, 0, 1]));
    await client.closed;
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
  });

  test('a handshake that stalls is closed', async () => {
    const server = await startHere({ transferTimeoutMs: 300 });
    const socket = connectTcp({ host: server.address, port: server.port });
    await clientOver(socket).closed;
  });
});

describe('an answer must be taken in time', () => {
  test('over HTTP/1.1', async () => {
    const server = await startHere({ transferTimeoutMs: 500 });
    const client = await connectRaw(server);
    client.socket.pause();
    const request = `GET ${target(big)} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const writing = setInterval(() => client.socket.write(request.repeat(100)), 5);
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
    clearInterval(writing);
  });

  test('over HTTP/2', async () => {
    const session = openSession(await startHere({ transferTimeoutMs: 500 }));
    await once(session, 'remoteSettings');
    session.settings({ initialWindowSize: 0 });
    await once(session, 'localSettings');
    const stream = session.request({ ':path': target(big) });
    stream.on('error', () => undefined);
    stream.resume();
    expect(await ended(stream)).toBe(constants.NGHTTP2_CANCEL);
  });
});

describe('an idle connection is closed', () => {
  test('over HTTP/1.1', async () => {
    const client = await connectRaw(await startHere({ idleTimeoutMs: 300 }));
    const started = performance.now();
    client.socket.write(`GET ${target(www)} HTTP/1.1\r\nHost: a\r\n\r\n`);
    await client.closed;
    expect(performance.now() - started).toBeGreaterThan(250);
  });
  test('over HTTP/2', async () => {
    const session = openSession(await startHere({ idleTimeoutMs: 300 }));
    // Before the request, since the answer may be seen late.
    const started = performance.now();
    await askHttp2(session, get(www));
    await once(session, 'close');
    expect(performance.now() - started).toBeGreaterThan(250);
  });
});

describe('limits', () => {
  test('the number of streams is limited, and the server announces the limit', async () => {
    const session = openSession(await startHere());
    await once(session, 'remoteSettings');
    expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: STREAMS_MAX });
    const streams = Array.from({ length: STREAMS_MAX - 1 }, () => unfinished(session));
    expect(await askHttp2(session, get(www))).toMatchObject({ status: 200 });
    expect(streams.some((stream) => stream.closed)).toBe(false);
  });

  test('the octets of all unfinished bodies are limited: above the limit the answer is 503, until some end', async () => {
    const server = await startHere({ transferTimeoutMs: 120_000 });
    const octets = 65_000;
    const count = Math.floor(UNFINISHED_OCTETS_MAX / octets);
    const sessions = [openSession(server), openSession(server)];
    const held = Array.from({ length: count }, (_, i) => unfinished(sessions[i % 2]!, octets));
    const post: Asked = {
      method: 'POST',
      path: PATH,
      headers: { 'content-type': 'application/dns-message' },
      body: Buffer.concat([www, Buffer.alloc(60_000)]),
    };
    // The held ones arrive in their own time.
    await vi.waitUntil(async () => (await askHttp1(server, post)).status === 503, { timeout: 40_000 });
    expect(held.some((stream) => stream.closed)).toBe(false);
    for (const stream of held) stream.close(constants.NGHTTP2_CANCEL);
    await Promise.all(held.map(ended));
    // The server notices that in its own time.
    await vi.waitUntil(async () => (await askHttp1(server, post)).status !== 503, { timeout: 40_000 });
    // FORMERR, but a body that was read.
    expect(await askHttp1(server, post)).toMatchObject({ status: 200 });
  });

  test('the size of the head of a request is limited', async () => {
    const server = await startHere();
    const headers = { 'x-filler': 'x'.repeat(HEAD_OCTETS_MAX - 1_000) };
    expect(await askHttp1(server, { ...get(www), headers })).toMatchObject({ status: 200 });
    const more = { 'x-filler': 'x'.repeat(HEAD_OCTETS_MAX) };
    expect(await askHttp1(server, { ...get(www), headers: more })).toMatchObject({ status: 431 });
    const session = openSession(server);
    expect(await askHttp2(session, { ...get(www), headers })).toMatchObject({ status: 200 });
    await expect(askHttp2(session, { ...get(www), headers: more })).rejects.toThrow();
  });

  test('the connections of a client are limited: a new one closes an idle one, but not one with a request', async () => {
    const server = await startHere({}, { connectionsPerClientMax: 2, nowMs: () => 0 });
    const [idle, busy] = [openSession(server), openSession(server)];
    await askHttp2(idle, get(www));
    const stream = unfinished(busy);
    await askHttp2(busy, get(www));
    const third = openSession(server);
    const [, answered] = await Promise.all([once(idle, 'close'), askHttp2(third, get(www))]);
    expect(answered).toMatchObject({ status: 200 });
    unfinished(third);
    await askHttp2(third, get(www));
    await expect(askHttp1(server, get(www))).rejects.toThrow();
    expect(stream.closed).toBe(false);
    expect(server.limits).toMatchObject({ open: 2, displaced: 1, refused: 1 });
  });

  test('behind a proxy only the total of connections is limited, since all have one address', async () => {
    const server = await startHere(
      { certificate: undefined as never },
      { connectionsMax: 4, connectionsPerClientMax: 1 },
    );
    const proxy = Array.from({ length: 5 }, () =>
      clientOver(connectTcp({ host: server.address, port: server.port })),
    );
    await proxy[0]!.closed;
    expect(server.limits).toMatchObject({ open: 4, displaced: 1 });
  });
});

test('clients that disconnect at any moment do no harm', async () => {
  const server = await startHere();
  const host = { host: server.address, port: server.port };
  for (let i = 0; i < 60; i += 1) {
    const socket = connectTcp(host);
    clientOver(socket);
    const secure = connect({ socket, ca: server.ca, ALPNProtocols: ['h2'], servername: 'www.example.org' });
    secure.on('error', () => undefined);
    const session = openSession(server, { createConnection: () => secure });
    const streams = Array.from({ length: 20 }, (_, j) =>
      j % 2 === 0 ? unfinished(session) : session.request({ ':path': target(big) }),
    );
    for (const [j, stream] of streams.entries()) {
      stream.on('error', () => undefined);
      if (j % 4 === 0) stream.end(www);
    }
    // Some in the middle of the handshake, some of the requests, some of the answers.
    if (i % 3 === 0) setTimeout(() => socket.resetAndDestroy(), i);
    else
      once(streams[(i % 20) | 1]!, i % 3 === 1 ? 'ready' : 'response').then(
        () => socket.resetAndDestroy(),
        () => socket.destroy(),
      );
  }
  await vi.waitUntil(() => server.limits.open > 0, { timeout: 40_000 });
  await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
  expect(await askHttp1(server, get(www))).toMatchObject({ status: 200 });
});

test('input that is not HTTP gets an error or no answer, and the listener stays', async () => {
  const server = await startHere();
  const client = await connectRaw(server);
  client.socket.write(Buffer.alloc(1_000, 0xff));
  await client.closed;
  const plain = clientOver(connectTcp({ host: server.address, port: server.port }));
  plain.socket.write('GET / HTTP/1.1\r\n\r\n');
  await plain.closed;
  expect(await askHttp1(server, get(www))).toMatchObject({ status: 200 });
});
