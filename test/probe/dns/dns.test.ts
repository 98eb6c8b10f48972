import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import { ANSWER_OCTETS_MAX } from '../../../src/probe/dns/dns.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import type { Resolver } from '../../support/server/resolver.ts';
import { startUnboundWith } from '../../support/server/unbound.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

const options = { resolve: createResolve(), ping: createPing() };
const PATH = '/www.example.org/A';

function check(port: number, monitor: Partial<Monitor> = {}, address = '127.0.0.1') {
  return makeCheck({ type: 'dns', path: PATH, port, ...monitor }, { address });
}

test('its port is 53 unless set', () => {
  expect(makeCheck({ type: 'dns', path: PATH }, {}).port).toBe(53);
  expect(check(5_353).port).toBe(5_353);
});

describe('unbound', () => {
  let unbound: Resolver;
  const long = Array.from(
    { length: 6 },
    (_, i) => `local-data: 'long.example.org. TXT "${i}${'x'.repeat(200)}"'`,
  );

  beforeAll(async () => {
    unbound = await startUnboundWith(`local-zone: "example.org." static
  local-data: "www.example.org. A 192.0.2.1"
  local-data: "www.example.org. A 192.0.2.2"
  local-data: 'text.example.org. TXT "State: Good"'
  local-zone: "refused.example." refuse
  ${long.join('\n  ')}`);
  });
  afterAll(() => unbound.stop());

  test.each<{ monitor: Partial<Monitor>; reason: string; code?: number }>([
    { monitor: {}, reason: 'No failures' },
    { monitor: { path: '/WWW.Example.ORG./a' }, reason: 'No failures' },
    { monitor: { expectedBody: '192.0.2.2' }, reason: 'No failures' },
    { monitor: { expectedBody: '192.0.2.3' }, reason: 'Response body mismatch error' },
    { monitor: { path: '/text.example.org/TXT', expectedBody: 'state: good' }, reason: 'No failures' },
    { monitor: { path: '/www.example.org/AAAA' }, reason: 'No failures' },
    {
      monitor: { path: '/www.example.org/AAAA', expectedBody: '192.0.2.1' },
      reason: 'Response body mismatch error',
    },
    { monitor: { path: '/none.example.org/A' }, reason: 'Response code mismatch error', code: 3 },
    { monitor: { path: '/refused.example/A' }, reason: 'Response code mismatch error', code: 5 },
    { monitor: { path: '/long.example.org/TXT', expectedBody: '5xxx' }, reason: 'No failures' },
    { monitor: { path: '/' }, reason: 'Monitor Config Error' },
    { monitor: { path: '/www.example.org/ANY' }, reason: 'Monitor Config Error' },
  ])('$monitor: $reason', async ({ monitor, reason, code = 0 }) => {
    expect(await probe(check(unbound.port, monitor), options)).toMatchObject({
      ok: reason === 'No failures',
      reason,
      responseCode: code,
      rttMs: expect.any(Number),
    });
  });
});

/** A UDP server that sends these for each query, with what it heard. */
async function serveUdp(replies: (query: Buffer) => readonly Buffer[], address = '127.0.0.1') {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4').bind(0, address);
  onTestFinished(() => {
    socket.close();
  });
  await once(socket, 'listening');
  let heard = 0;
  socket.on('message', (query, { address, port }) => {
    heard += 1;
    for (const reply of replies(query)) socket.send(reply, port, address);
  });
  return { port: socket.address().port, heard: () => heard };
}

/** The query made a response, with octets changed and added. */
function answer(
  query: Buffer,
  changed: Readonly<Record<number, number>> = {},
  added: Buffer = Buffer.alloc(0),
) {
  const octets = Buffer.concat([query, added]);
  octets[2]! |= 0x80;
  for (const [at, octet] of Object.entries(changed)) octets[Number(at)] = octet;
  return octets;
}
const A = Buffer.of(0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 192, 0, 2, 1);

test.each<{ what: string; replies: (query: Buffer) => readonly Buffer[]; reason: string }>([
  {
    what: 'a good answer',
    replies: (q) => [answer(q, { 7: 1 }, A)],
    reason: 'No failures',
  },
  {
    what: 'forged answers before it: id, question, a query, garbage',
    replies: (q) => [
      answer(q, { 0: q[0]! ^ 1, 3: 3 }),
      answer(q, { 13: 0x78, 3: 3 }),
      q,
      Buffer.from('garbage'),
      Buffer.alloc(0),
      answer(q, { 7: 1 }, A),
    ],
    reason: 'No failures',
  },
  { what: 'SERVFAIL', replies: (q) => [answer(q, { 3: 2 })], reason: 'Response code mismatch error' },
  {
    what: 'FORMERR without a question',
    replies: (q) => [answer(q, { 3: 1, 5: 0 }).subarray(0, 12)],
    reason: 'Response code mismatch error',
  },
  {
    what: 'fewer records than the count says',
    replies: (q) => [answer(q, { 7: 2 }, A)],
    reason: 'DNS Invalid Response',
  },
  {
    what: 'the longest answer',
    replies: (q) => [
      answer(q, { 7: 1 }, Buffer.concat([A, Buffer.alloc(ANSWER_OCTETS_MAX - q.length - A.length)])),
    ],
    reason: 'No failures',
  },
  {
    what: 'one octet more',
    replies: (q) => [
      answer(q, { 7: 1 }, Buffer.concat([A, Buffer.alloc(ANSWER_OCTETS_MAX - q.length - A.length + 1)])),
    ],
    reason: 'DNS Invalid Response',
  },
])('$what: $reason', async ({ replies, reason }) => {
  for (const address of ['127.0.0.1', '::1']) {
    const { port } = await serveUdp(replies, address);
    expect(await probe(check(port, { expectedBody: '' }, address), options)).toMatchObject({ reason });
  }
});

test.each([
  { what: 'silence', replies: () => [] },
  { what: 'only forged answers', replies: (q: Buffer) => [answer(q, { 1: q[1]! ^ 1 })] },
])('$what: DNS Timeout at the deadline, with a retry', async ({ replies }) => {
  const { port, heard } = await serveUdp(replies);
  const startedMs = performance.now();
  const outcome = await probe(check(port, { timeoutSeconds: 0.2, retries: 1 }), options);
  expect(outcome).toMatchObject({ ok: false, reason: 'DNS Timeout' });
  expect(performance.now() - startedMs).toBeGreaterThan(390);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(heard()).toBe(2);
});

test.each(['127.0.0.1', '::1'])('a closed port at %s: UDP Port Unreachable', async (address) => {
  const socket = createSocket(address === '::1' ? 'udp6' : 'udp4').bind(0, address);
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  const outcome = await probe(check(port, {}, address), options);
  expect(outcome).toMatchObject({ ok: false, reason: 'UDP Port Unreachable' });
});

describe('a truncated answer', () => {
  /** A server whose UDP answers are cut, and which does this with each connection. */
  async function ask(serve: (socket: Socket) => void, monitor: Partial<Monitor> = {}) {
    for (;;) {
      const { port, connections } = await listen(
        createServer((socket) => {
          serve(socket);
          socket.resume();
        }),
      );
      const udp = createSocket('udp4');
      const isBound = await new Promise<boolean>((resolve) => {
        udp.once('error', () => resolve(false));
        udp.bind(port, '127.0.0.1', () => resolve(true));
      });
      if (!isBound) continue;
      onTestFinished(() => {
        udp.close();
      });
      udp.on('message', (query, peer) => udp.send(answer(query, { 2: 0x83 }), peer.port, peer.address));
      const outcome = await probe(check(port, monitor), options);
      await vi.waitFor(() => expect(connections.open).toBe(0));
      return outcome;
    }
  }
  const framed = (octets: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    return Buffer.concat([length, octets]);
  };
  const onQuery = (reply: (socket: Socket, query: Buffer) => void) => (socket: Socket) =>
    void socket.once('data', (octets: Buffer) => reply(socket, octets.subarray(2)));

  test.each<{ what: string; serve: (socket: Socket) => void; reason: string }>([
    {
      what: 'comes complete over TCP',
      serve: onQuery((socket, query) => socket.write(framed(answer(query, { 7: 1 }, A)))),
      reason: 'No failures',
    },
    {
      what: 'comes in single octets',
      serve: onQuery((socket, query) => {
        for (const octet of framed(answer(query, { 7: 1 }, A))) socket.write(Buffer.of(octet));
      }),
      reason: 'No failures',
    },
    {
      what: 'is longer than the limit',
      serve: onQuery((socket) => socket.write(Buffer.of((ANSWER_OCTETS_MAX + 1) >> 8, 1))),
      reason: 'DNS Invalid Response',
    },
    {
      what: 'answers another query',
      serve: onQuery((socket, query) => socket.write(framed(answer(query, { 0: query[0]! ^ 1 })))),
      reason: 'DNS Invalid Response',
    },
    { what: 'ends too early', serve: onQuery((socket) => socket.end('\0')), reason: 'DNS Invalid Response' },
    { what: 'never comes', serve: () => {}, reason: 'DNS Timeout' },
    {
      what: 'is cut off by a reset',
      serve: onQuery((socket) => socket.resetAndDestroy()),
      reason: 'Connection Reset by Peer',
    },
  ])('$what: $reason', async ({ serve, reason }) => {
    expect(await ask(serve, { timeoutSeconds: 0.5 })).toMatchObject({ reason });
  });

  test('and a refused TCP connection: TCP connection failed', async () => {
    const { port } = await serveUdp((query) => [answer(query, { 2: 0x83 })]);
    expect(await probe(check(port), options)).toMatchObject({ reason: 'TCP connection failed' });
  });
});
