import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { Counter } from '../../../src/answer/counters.ts';
import { Transport } from '../../../src/answer/exchange.ts';
import type { ListenAddress } from '../../../src/config/config.ts';
import { type Streams, type StreamsOptions, startStreams } from '../../../src/serve/stream/streams.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { connectTo, disconnectAll, type StreamClient } from '../encrypted/stream-client.ts';
import { queryWith, tableAnswering } from '../udp/answers.ts';

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
const started: Streams[] = [];
afterEach(async () => {
  disconnectAll();
  await Promise.all(started.splice(0).map((each) => each.thread.stop()));
  for (const level of Object.values(log)) level.mockReset();
});

async function startHere(fields: Partial<StreamsOptions> = {}): Promise<Streams> {
  const streams = await startStreams({
    listen: [{ address: '127.0.0.1', port: 0 }],
    tcp: { connectionsMax: 4, connectionsPerClientMax: 4, idleTimeoutMs: 60_000, transferTimeoutMs: 60_000 },
    proxyProtocolFrom: [],
    table: tableAnswering(1).buffers,
    settings: PLAIN,
    log,
    ...fields,
  });
  started.push(streams);
  return streams;
}

/** The last octet of the address that the client is answered. */
const lastOctet = async (client: StreamClient) => (await client.ask(queryWith(1))).at(-1);

/** Connects as soon as somebody listens. */
async function connectWhenBack(at: ListenAddress): Promise<StreamClient> {
  let client: StreamClient | undefined;
  await vi.waitUntil(
    async () => {
      client = await connectTo(at).catch(() => undefined);
      return client !== undefined;
    },
    { timeout: 40_000 },
  );
  return client!;
}

test('the thread answers while the main thread is blocked', async () => {
  const streams = await startHere();
  const { address, port } = streams.thread.listening.tcp[0]!;
  // It holds up this thread until dig has ended.
  const said = execFileSync('dig', [
    `@${address}`,
    ...['-p', String(port), '+tcp', '+short', '+tries=1', 'www.example.org', 'A'],
  ]);
  expect(said.toString()).toBe('192.0.2.1\n');
  expect(streams.counters[Counter.QUERIES + Transport.TCP]).toBe(1);
});

test('the thread uses new buffers of the table from the next query on, and confirms them', async () => {
  const { thread } = await startHere();
  const client = await connectTo(thread.listening.tcp[0]!);
  for (let last = 1; last < 100; last += 1) {
    thread.adopt(tableAnswering(last).buffers);
    expect(await lastOctet(client)).toBe(last);
  }
  await vi.waitUntil(() => thread.hasAdopted(), { timeout: 40_000 });
});

test('the main thread sees the number of connections', async () => {
  const { thread, connections } = await startHere({
    tcp: { connectionsMax: 2, connectionsPerClientMax: 2, idleTimeoutMs: 60_000, transferTimeoutMs: 60_000 },
  });
  const clients = [await connectTo(thread.listening.tcp[0]!), await connectTo(thread.listening.tcp[0]!)];
  for (const client of clients) await lastOctet(client);
  expect(connections).toMatchObject({ open: 2, refused: 0, displaced: 0 });
  await lastOctet(await connectTo(thread.listening.tcp[0]!));
  expect(connections).toMatchObject({ open: 2, refused: 0, displaced: 1 });
  disconnectAll();
  await vi.waitUntil(() => connections.open === 0, { timeout: 40_000 });
});

describe('a thread that dies', () => {
  test('is logged, counted and restarted at the same port with the newest table', async () => {
    const streams = await startHere();
    const client = await connectTo(streams.thread.listening.tcp[0]!);
    await lastOctet(client);
    expect(streams.connections.open).toBe(1);

    streams.thread.adopt(null as never);
    streams.thread.adopt(tableAnswering(9).buffers);
    await client.closed;
    expect(await lastOctet(await connectWhenBack(streams.thread.listening.tcp[0]!))).toBe(9);
    expect(streams.thread.deaths).toBe(1);
    expect(streams.connections.open).toBe(1);
    expect(log.error.mock.calls).toEqual([
      [
        { err: expect.any(TypeError), unsaid: 0 },
        'The thread that answers TCP, TLS and HTTPS ended unexpectedly. Lifeguard starts it again.',
      ],
    ]);
  });

  test('is not restarted after it was stopped', async () => {
    const streams = await startHere();
    streams.thread.adopt(null as never);
    await vi.waitUntil(() => streams.thread.deaths === 1, { timeout: 40_000 });
    await streams.thread.stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(connectTo(streams.thread.listening.tcp[0]!)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

test('an address that is taken is refused with its error, and the thread ends', async () => {
  const { tcp } = (await startHere()).thread.listening;
  await expect(startHere({ listen: tcp })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    syscall: 'listen',
    ...tcp[0],
  });
  expect(log.error).not.toHaveBeenCalled();
});

test('plain TCP stayed down after a restart while certificate files could not be used; it comes back, and TLS with the files', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-streams-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const { good, authority } = makeCertificates();
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  const write = () => {
    writeFileSync(files.cert, good.cert);
    writeFileSync(files.key, good.key, { mode: 0o600 });
  };
  write();
  const here = [{ address: '127.0.0.1', port: 0 }];
  const streams = await startHere({
    tls: { listen: here, ...files },
    https: { listen: here, path: '/dns-query', certificate: files },
  });
  const { tcp, tls, https } = streams.thread.listening;
  const overTls = async (port: number) => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority, servername: 'www.example.org' });
    try {
      await once(socket, 'secureConnect');
      return true;
    } catch {
      return false;
    } finally {
      socket.destroy();
    }
  };
  for (const { port } of [...tls, ...https]) expect(await overTls(port)).toBe(true);
  rmSync(files.cert);
  streams.thread.adopt(null as never);
  streams.thread.adopt(tableAnswering(9).buffers);
  await vi.waitUntil(() => streams.thread.deaths === 1, { timeout: 40_000 });
  expect(await lastOctet(await connectWhenBack(tcp[0]!))).toBe(9);
  const again = (what: string) =>
    `${what} cannot start again. Lifeguard tries each second, and answers TCP meanwhile.`;
  await vi.waitFor(
    () =>
      expect(log.error.mock.calls.map(([, message]) => message)).toEqual(
        expect.arrayContaining([again('DNS over TLS'), again('DNS over HTTPS')]),
      ),
    { timeout: 40_000 },
  );
  expect(await overTls(tls[0]!.port)).toBe(false);
  write();
  for (const { port } of [...tls, ...https])
    await vi.waitUntil(() => overTls(port), { timeout: 40_000, interval: 50 });
  expect(await lastOctet(await connectTo(tcp[0]!))).toBe(9);
  expect(streams.thread.deaths).toBe(1);
});
