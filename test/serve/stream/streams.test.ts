import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Counter } from '../../../src/answer/counters.ts';
import { Transport } from '../../../src/answer/exchange.ts';
import type { ListenAddress } from '../../../src/config/config.ts';
import { type Streams, type StreamsOptions, startStreams } from '../../../src/serve/stream/streams.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
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
        { err: expect.any(TypeError) },
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
