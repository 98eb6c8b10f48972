import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as tlsConnect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  CLIENT_CONNECTIONS_MAX,
  CLIENT_RESERVED_MAX,
  CONNECTIONS_MAX,
} from '../../../src/admin/http/connections.ts';
import { createHttpServer } from '../../../src/admin/http/http-server.ts';
import { startMetricsListener } from '../../../src/admin/metrics/metrics-listener.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { runProgram } from '../../support/run-program.ts';
import { POOLS, startTestAdmin, TOKEN } from '../server.ts';

const PROGRAM = fileURLToPath(new URL('../../../src/lifeguard.js', import.meta.url));
const LIVE = 'GET /livez HTTP/1.1\r\nHost: api\r\n\r\n';
const pool = (name: string) => JSON.stringify({ name, origins: [{ name: 'a', address: '192.0.2.1' }] });
const posting = (body: string, length = Buffer.byteLength(body)) =>
  `POST ${POOLS} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;
const statuses = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

function open(port: number, localAddress = '127.0.0.1'): Socket {
  const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Whether the process says that it lives, on a connection of its own. */
async function lives(port: number): Promise<boolean> {
  const socket = open(port);
  socket.write(LIVE);
  const [octets] = (await Promise.race([
    once(socket, 'data'),
    once(socket, 'close'),
    sleep(2_500, ['']),
  ])) as [Buffer | string];
  return String(octets).startsWith('HTTP/1.1 200');
}

/** The exit code of `lifeguard check-live`, and what it says. */
async function checkLive(checked: 'serve' | 'monitor', config: string): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-flood-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'lifeguard.yaml');
  writeFileSync(file, config);
  const words = [PROGRAM, 'check-live', checked, '-c', file];
  const { code, stdout, stderr } = await runProgram(process.execPath, words);
  return `${code} ${stdout}${stderr}`;
}

async function startMonitorListener(): Promise<{ port: number }> {
  const metrics = { contentType: 'text/plain', text: async () => '' };
  const listener = await startMetricsListener({ listen: { address: '127.0.0.1', port: 0 }, metrics });
  onTestFinished(() => listener.stop());
  return { port: Number(new URL(listener.url).port) };
}

describe.each([
  ['the API', startTestAdmin, (port: number) => checkLive('serve', `api: { listen: "127.0.0.1:${port}" }`)],
  [
    'the metrics of a monitor',
    startMonitorListener,
    (port: number) => checkLive('monitor', `monitor: { metrics_listen: "127.0.0.1:${port}" }`),
  ],
])('%s', (_, start, checkedLive) => {
  test.each([
    ['one address', 2, 1],
    ['their own address', 1, 1],
    ['many addresses', 2, 25],
  ])(
    'serves others while %s keep connections and ask something now and then',
    async (__, first, addresses) => {
      const { port } = await start();
      const kept: Socket[] = [];
      for (let i = 0; i < 1.2 * CONNECTIONS_MAX; i += 1) {
        const socket = open(port, `127.0.0.${first + (i % addresses)}`);
        socket.write(LIVE);
        kept.push(socket);
      }
      await Promise.all(kept.map((socket) => Promise.race([once(socket, 'data'), once(socket, 'close')])));
      for (let i = 0; i < 10; i += 1) expect(await lives(port)).toBe(true);
      if (first === 1) expect(await checkedLive(port)).toMatch(/^0 .*answered with status 200/);
      const alive = kept.filter((socket) => !socket.destroyed);
      expect(alive.length).toBeLessThanOrEqual(addresses === 1 ? CLIENT_CONNECTIONS_MAX : CONNECTIONS_MAX);
      expect(alive.length).toBeGreaterThan(100);
    },
  );

  test('serves others while connections send nothing, or half a header', async () => {
    const { port } = await start();
    for (let i = 0; i < 1.2 * CONNECTIONS_MAX; i += 1) {
      const socket = open(port, `127.0.0.${2 + (i % 25)}`);
      if (i % 2 === 0) socket.write('GET /livez HTTP/1.1\r\nX-Slow: ');
    }
    expect(await lives(port)).toBe(true);
  });
});

test('serves others while connections never finish their TLS handshake', async () => {
  const { port } = await startTestAdmin({ tls: makeCertificates().good });
  for (let i = 0; i < 1.2 * CONNECTIONS_MAX; i += 1) open(port, `127.0.0.${2 + (i % 25)}`);
  const socket = tlsConnect({ port, host: '127.0.0.1', rejectUnauthorized: false }).on('error', () => {});
  socket.write(LIVE);
  const [octets] = await once(socket, 'data');
  expect(String(octets)).toMatch(/^HTTP\/1\.1 200/);
  socket.destroy();
});

test('serves others while clients do not read their answers', async () => {
  const { server, handle } = createHttpServer(undefined, { connectionsMax: 4, perClientMax: 4 });
  handle((_, response) => response.end('x'.repeat(8_000_000)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const taking = Array.from({ length: 4 }, () => open(port).pause());
  for (const socket of taking) socket.write(LIVE);
  await vi.waitFor(async () => expect(await lives(port)).toBe(true), { timeout: 40_000 });
});

test('a client whose requests take all of its places gets an answer about health, and no other (check-live was refused behind 250 requests of this machine)', async () => {
  const { server, handle } = createHttpServer(undefined, { connectionsMax: 20, perClientMax: 4 });
  let waiting = 0;
  handle((request, response) => {
    if (request.url === '/slow') waiting += 1;
    else response.end('here');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const asked = (path: string) => {
    const socket = open(port);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: api\r\n\r\n`);
    return socket;
  };
  const slow = Array.from({ length: 4 }, () => asked('/slow'));
  await vi.waitFor(() => expect(waiting).toBe(4));
  expect(await lives(port)).toBe(true);
  expect(statuses(await text(asked('/other')))).toEqual([503]);
  for (let i = 0; i < 2 * CLIENT_RESERVED_MAX; i += 1) slow.push(asked('/slow'));
  expect(slow.slice(0, 4).some((socket) => socket.destroyed)).toBe(false);
});

test('a request in progress is not cut off to make room', async () => {
  const { port } = await startTestAdmin();
  const listening = open(port);
  listening.write(
    `GET /lifeguard/v1/events/live HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  await once(listening, 'data');
  for (let i = 0; i < 1.2 * CONNECTIONS_MAX; i += 1) open(port, `127.0.0.${2 + (i % 25)}`);
  expect(await lives(port)).toBe(true);
  expect(listening.destroyed).toBe(false);
});

test('garbage after a complete request is refused after the answer to the request', async () => {
  const api = await startTestAdmin();
  const socket = open(api.port);
  socket.write(`${posting(pool('web'))}GARBAGE\r\n\r\n`);
  expect(statuses(await text(socket))).toEqual([200, 400]);
  expect((await api.call('GET', POOLS)).body.result.map(({ name }: { name: string }) => name)).toEqual([
    'web',
  ]);
});

test('the rest of a body that arrives after its refusal creates nothing', async () => {
  const api = await startTestAdmin({ requestTimeoutMs: 500 });
  const body = pool('web');
  const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(posting(body.slice(0, -1), body.length));
  const [octets] = await once(socket, 'data');
  expect(statuses(String(octets))).toEqual([408]);
  const drip = setInterval(() => socket.write('}'), 100);
  await new Promise((resolve) => socket.resume().once('close', resolve));
  clearInterval(drip);
  expect((await api.call('GET', POOLS)).body.result).toEqual([]);
});

test('a client that ended its side after its request got no answer when the store was slow', async () => {
  const under = await startTestAdmin();
  let isSlow = false;
  const store = Object.assign(Object.create(under.store) as typeof under.store, {
    commit: async (...args: Parameters<typeof under.store.commit>) => {
      if (isSlow) await sleep(100);
      return under.store.commit(...args);
    },
    close: async () => {},
  });
  const api = await startTestAdmin({ store });
  isSlow = true;
  const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.end(posting(pool('web')));
  expect(statuses(await text(socket))).toEqual([200]);
});

test('a client that ends its side of a live stream is disconnected', async () => {
  const api = await startTestAdmin();
  const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(
    `GET /lifeguard/v1/events/live HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`,
  );
  const [octets] = await once(socket, 'data');
  expect(statuses(String(octets))).toEqual([200]);
  socket.end();
  await new Promise((resolve) => socket.resume().once('close', resolve));
});
