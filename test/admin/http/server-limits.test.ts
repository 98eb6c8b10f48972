import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { BODY_OCTETS_MAX } from '../../../src/admin/http/answer-errors.ts';
import { HEADERS_TIMEOUT_MS } from '../../../src/admin/http/http-server.ts';
import { DESCRIPTION_MAX, ENDPOINTS_MAX, NAME_MAX } from '../../../src/admin/pools/schema.ts';
import { STOP_MS } from '../../../src/admin/server.ts';
import { openTestAdmin, POOLS, startTestAdmin, TOKEN } from '../server.ts';

const origins = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `n${i}`, address: `2001:db8::${i.toString(16)}:1` }));

test('a pool may have the maximum of endpoints, and one more is refused', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', POOLS, { name: 'web', origins: origins(ENDPOINTS_MAX) });
  expect(made.body.result.origins).toHaveLength(ENDPOINTS_MAX);
  const refused = await api.call('POST', POOLS, { name: 'web2', origins: origins(ENDPOINTS_MAX + 1) });
  expect(refused.body.errors).toEqual([
    {
      code: 1002,
      message: 'the origin list length must be in the range [1, 1000]: validation failed',
      source: { pointer: '/origins' },
    },
  ]);
});

test('texts may be as long as their limits', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', POOLS, {
    name: 'n'.repeat(63),
    description: '𝄞'.repeat(DESCRIPTION_MAX),
    origins: [{ name: 'n'.repeat(NAME_MAX), address: '192.0.2.1' }],
  });
  expect(made.status).toBe(200);
});

test('a body may have the maximum of octets, and one more is refused', async () => {
  const api = await startTestAdmin();
  const body = JSON.stringify({ name: 'web', origins: origins(1) }).padEnd(BODY_OCTETS_MAX, ' ');
  expect((await api.call('POST', POOLS, body)).status).toBe(200);
  const { status, body: answer } = await api.call('POST', POOLS, `${body} `);
  expect(status).toBe(413);
  expect(answer.errors[0].message).toBe(`The body is larger than ${BODY_OCTETS_MAX} octets`);
});

test('a connection that sends nothing, or an endless header, is closed', async () => {
  const api = await startTestAdmin();
  const silent = connect(api.port, '127.0.0.1');
  const slow = connect(api.port, '127.0.0.1');
  slow.write(`GET ${POOLS} HTTP/1.1\r\n`);
  const drip = setInterval(() => slow.writable && slow.write('X: y\r\n'), 200);
  const began = performance.now();
  await Promise.all([silent, slow].map((socket) => once(socket.on('error', () => {}).resume(), 'close')));
  clearInterval(drip);
  expect(performance.now() - began).toBeGreaterThan(HEADERS_TIMEOUT_MS - 1_000);
}, 20_000);

test('a client that continues to send after its connection was ended is cut off', async () => {
  const api = await startTestAdmin();
  const [head, body] = [
    `GET ${POOLS} HTTP/1.1\r\n`,
    `POST ${POOLS} HTTP/1.1\r\nHost: api\r\nContent-Length: 9999\r\n\r\n`,
  ];
  const cut = [head, body].map(async (begun) => {
    const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
    socket.write(begun);
    const drip = setInterval(() => socket.write('X: y\r\n'), 200);
    // Not by once(), which rejects: to be cut is an error here, and what is wanted.
    await new Promise((resolve) => socket.resume().once('close', resolve));
    clearInterval(drip);
  });
  await Promise.all(cut);
}, 30_000);

test('stop() lets requests in progress end, and accepts no new ones', async () => {
  let answer: (() => void) | undefined;
  const asked = new Promise<void>((resolve) => (answer = resolve));
  let proceed: (() => void) | undefined;
  const gate = new Promise<void>((resolve) => (proceed = resolve));
  const under = await startTestAdmin();
  let isGated = false;
  const store = Object.assign(Object.create(under.store) as typeof under.store, {
    read: async () => {
      if (isGated) {
        answer?.();
        await gate;
      }
      return under.store.read();
    },
    close: async () => {},
  });
  const api = await openTestAdmin({ store });
  // The first call also asks for the description of the API, which reads the store, too.
  await api.call('GET', POOLS);
  isGated = true;
  const listed = api.call('GET', POOLS);
  await asked;
  const stopped = api.stop();
  proceed?.();
  expect((await listed).status).toBe(200);
  await stopped;
  await expect(fetch(`${api.url}/livez`)).rejects.toThrow();
});

test('stop() ends in time with idle, silent and unfinished connections', async () => {
  const api = await openTestAdmin();
  await api.call('GET', POOLS);
  const silent = connect(api.port, '127.0.0.1').on('error', () => {});
  await once(silent, 'connect');
  const half = connect(api.port, '127.0.0.1').on('error', () => {});
  half.write(
    `POST ${POOLS} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 100\r\n` +
      'Expect: 100-continue\r\n\r\n',
  );
  await once(half, 'data');
  const began = performance.now();
  await api.stop();
  expect(performance.now() - began).toBeLessThan(STOP_MS);
});

test('a port in use is an error with its code', async () => {
  const api = await startTestAdmin();
  const taken = startTestAdmin({ listen: { address: '127.0.0.1', port: api.port } });
  await expect(taken).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
