import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { PIPELINED_MAX } from '../../../src/admin/http/connections.ts';
import { type Certificate, createHttpServer } from '../../../src/admin/http/http-server.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { startTestAdmin, TOKEN } from '../server.ts';

const { good } = makeCertificates();
const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

function open(port: number): Socket {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** A server whose requests to `/held` are answered when `release` is called, and the paths it handled, in order. */
async function startHolding(certificate?: Certificate) {
  const { server, handle } = createHttpServer(certificate);
  const released = Promise.withResolvers<void>();
  const handled: string[] = [];
  handle(async (request, response) => {
    handled.push(request.url!);
    if (request.url!.startsWith('/held')) await released.promise;
    response.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { server, port, handled, release: () => released.resolve() };
}

const asking = (path: string) => `GET ${path} HTTP/1.1\r\nHost: api\r\n\r\n`;
const numbered = (name: string, count: number) =>
  Array.from({ length: count }, (_, i) => asking(`/${name}${i}`)).join('');

test('requests of one connection are handled one after the other, and those of others between them (once: /livez took up to 10 s)', async () => {
  const { port, handled, release } = await startHolding();
  const sockets = ['a', 'b'].map((name) => {
    const socket = open(port).resume();
    socket.write(asking(`/held-${name}`) + numbered(name, 50));
    return socket;
  });
  await vi.waitFor(() => expect(handled).toHaveLength(2));
  const other = open(port);
  other.write(asking('/other'));
  await once(other, 'data');
  expect(handled.toSorted()).toEqual(['/held-a', '/held-b', '/other']);
  release();
  await vi.waitFor(() => expect(handled).toHaveLength(103), { timeout: 40_000 });
  for (const name of ['a', 'b'])
    expect(handled.filter((path) => path.startsWith(`/${name}`))).toEqual(
      Array.from({ length: 50 }, (_, i) => `/${name}${i}`),
    );
  for (const [name, rest] of [
    ['/a1', '/b49'],
    ['/b1', '/a49'],
  ])
    expect(handled.indexOf(name!)).toBeLessThan(handled.indexOf(rest!));
  for (const socket of sockets) socket.destroy();
});

test('who comes after 100 connections with 100 requests each is not answered last (once: after most of them)', async () => {
  const { port, handled } = await startHolding();
  for (let i = 0; i < 100; i += 1) open(port).resume().write(numbered('n', 100));
  open(port).resume().write(asking('/other'));
  await vi.waitFor(() => expect(handled).toHaveLength(10_001), { timeout: 60_000 });
  expect(handled.indexOf('/other')).toBeLessThan(2_000);
}, 90_000);

describe('requests that wait on one connection', () => {
  test.each([PIPELINED_MAX, PIPELINED_MAX + 1, 5_000])('of %i, each is answered, in order', async (count) => {
    const { port, handled, release } = await startHolding();
    const socket = open(port);
    const answers = text(socket);
    socket.write(asking('/held') + numbered('n', count));
    socket.write('GET /last HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n');
    await vi.waitFor(() => expect(handled).toHaveLength(1));
    release();
    expect(statuses(await answers)).toEqual(Array(count + 2).fill(200));
    expect(handled).toEqual(['/held', ...Array.from({ length: count }, (_, i) => `/n${i}`), '/last']);
  });

  test('are read up to the bound, and no further until one is answered', async () => {
    const { server, port, handled, release } = await startHolding();
    let made = 0;
    server.on('request', () => void (made += 1));
    const socket = open(port);
    socket.write(asking('/held') + numbered('n', 5_000));
    await vi.waitFor(() => expect(made).toBeGreaterThan(PIPELINED_MAX));
    await sleep(100);
    // One piece of 512 octets may hold a few more.
    expect(made).toBeLessThan(PIPELINED_MAX + 1 + 512 / asking('/n0').length + 1);
    release();
    await vi.waitFor(() => expect(handled).toHaveLength(5_001), { timeout: 40_000 });
  });

  test.each([
    ['HTTP', undefined],
    ['HTTPS with TLS 1.2', 'TLSv1.2'],
    ['HTTPS with TLS 1.3', 'TLSv1.3'],
  ] as const)(
    'a client that ends its side while they wait is answered all the same, over %s (once: over HTTPS it had no answer)',
    async (_, maxVersion) => {
      const { port, handled, release } = await startHolding(maxVersion && good);
      const to = { port, host: '127.0.0.1', allowHalfOpen: true };
      const socket = maxVersion ? tlsConnect({ ...to, maxVersion, rejectUnauthorized: false }) : connect(to);
      onTestFinished(() => void socket.destroy());
      socket.end(asking('/held') + numbered('n', 100));
      await vi.waitFor(() => expect(handled).toHaveLength(1));
      await sleep(50);
      release();
      expect(statuses(await text(socket))).toEqual(Array(101).fill(200));
    },
  );

  test('a body behind them arrives whole, and in time though it waits for longer than it may take', async () => {
    const { server, handle } = createHttpServer(undefined, undefined, 500);
    const released = Promise.withResolvers<void>();
    const bodies: string[] = [];
    handle(async (request, response) => {
      if (request.url === '/held') await released.promise;
      bodies.push(await text(request));
      response.end();
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const socket = open((server.address() as AddressInfo).port);
    const answers = text(socket);
    const body = 'x'.repeat(300_000);
    const head = `POST /body HTTP/1.1\r\nHost: api\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`;
    socket.write(asking('/held') + numbered('n', PIPELINED_MAX + 3) + head + body);
    await sleep(3_000);
    released.resolve();
    expect(statuses(await answers)).toEqual(Array(PIPELINED_MAX + 5).fill(200));
    expect(bodies.at(-1)).toBe(body);
  });

  test('after an answer that ends the connection none is handled (RFC 9112 §9.6)', async () => {
    const { port, handled } = await startHolding();
    const socket = open(port);
    socket.write(`GET /a HTTP/1.1\r\nHost: api\r\nConnection: close\r\n\r\n${numbered('b', 5)}`);
    expect(statuses(await text(socket))).toEqual([200]);
    expect(handled).toEqual(['/a']);
  });
});

test('CONNECT is refused, after the answer to the request before it (once: both had none)', async () => {
  const { port, handled, release } = await startHolding();
  const socket = open(port);
  const answers = text(socket);
  socket.write(`${asking('/held')}${asking('/next')}CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n`);
  await vi.waitFor(() => expect(handled).toHaveLength(1));
  release();
  expect(statuses(await answers)).toEqual([200, 200, 501]);
  expect(handled).toEqual(['/held', '/next']);
});

test('a request that is handled for longer than a connection may be silent is answered (once: its connection was lost)', async () => {
  const { server, handle } = createHttpServer(undefined, undefined, undefined, 50);
  let silences = 0;
  handle((request, response) => {
    if (request.url === '/begun') return void response.writeHead(200).write('x');
    server.on('timeout', () => {
      silences += 1;
      if (silences === 3) response.setHeader('connection', 'close').end('done');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const socket = open(port);
  socket.write(asking('/long'));
  expect(statuses(await text(socket))).toEqual([200]);
  expect(silences).toBeGreaterThanOrEqual(3);
  // An answer that has begun and does not go on is no reason to keep a connection.
  const begun = open(port);
  begun.write(asking('/begun'));
  await new Promise((resolve) => begun.resume().once('close', resolve));
}, 20_000);

test('a client that resets its connection between two of its requests does not end the process (once: an uncaught TypeError did)', async () => {
  const { server, handle } = createHttpServer(undefined);
  const handled: string[] = [];
  handle((request, response) => {
    handled.push(request.url!);
    if (request.url === '/other') return void response.end();
    // The answer to the first request, and the end of the connection in the same turn of the event loop.
    setImmediate(() => {
      response.end();
      request.socket.resetAndDestroy();
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtExceptionMonitor', note);
  onTestFinished(() => void process.off('uncaughtExceptionMonitor', note));
  const { port } = server.address() as AddressInfo;
  const reset = open(port);
  reset.write(numbered('n', 12));
  await new Promise((resolve) => reset.once('close', resolve));
  const other = open(port);
  other.write(asking('/other'));
  await once(other, 'data');
  expect(uncaught).toEqual([]);
  expect(handled).toEqual(['/n0', '/other']);
});

test.each([
  ['/livez', 'GET /livez HTTP/1.1\r\nHost: api\r\n\r\n'],
  ['/metrics', `GET /metrics HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`],
  [
    'the live events',
    `GET /lifeguard/v1/events/live HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  ],
])(
  'the API serves others after clients that send 12 requests for %s and reset their connections',
  async (_, asked) => {
    const { port } = await startTestAdmin();
    for (let i = 0; i < 60; i += 1) {
      const socket = open(port);
      await once(socket, 'connect');
      socket.write(asked.repeat(12));
      if (i % 2 === 0) await once(socket.resume(), 'data');
      socket.resetAndDestroy();
    }
    const other = open(port);
    other.write(asking('/livez'));
    expect(String((await once(other, 'data'))[0])).toMatch(/^HTTP\/1\.1 200/);
  },
);
