import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Counter } from '../../../src/answer/counters.ts';
import { Transport } from '../../../src/answer/exchange.ts';
import type { UdpEngine } from '../../../src/serve/udp/engine.ts';
import { startPortableThread } from '../../../src/serve/udp/portable-thread.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { queryWith, tableAnswering } from './answers.ts';
import { addressIn, openClient } from './contract.ts';

const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

let engine: UdpEngine;
beforeEach(async () => {
  engine = await startPortableThread({
    listen: [{ address: '127.0.0.1', port: 0 }],
    table: tableAnswering(1).buffers,
    settings: PLAIN,
    log,
  });
});
afterEach(() => engine.stop());

test('answers while the main thread is blocked', () => {
  const { address, port } = engine.addresses[0]!;
  // It holds up this thread until dig has ended.
  const words = ['-p', String(port), '+notcp', '+short', '+tries=1', 'www.example.org', 'A'];
  expect(execFileSync('dig', [`@${address}`, ...words]).toString()).toBe('192.0.2.1\n');
  expect(engine.counters[0]![Counter.QUERIES + Transport.UDP]).toBe(1);
});

test('uses new buffers of the table from the next query on, and confirms them', async () => {
  const client = await openClient();
  for (let last = 2; last < 100; last += 1) {
    engine.adopt(tableAnswering(last).buffers);
    client.send(queryWith(last), engine.addresses[0]!);
    expect(addressIn((await client.next()).packet)).toBe(last);
  }
  await vi.waitUntil(() => engine.hasAdopted(), { timeout: 40_000 });
});

test('a thread that dies is logged, counted and restarted at the same port with the newest table', async () => {
  const client = await openClient();
  engine.adopt(null as never);
  engine.adopt(tableAnswering(9).buffers);
  await vi.waitUntil(() => engine.deaths === 1, { timeout: 40_000 });
  expect(log.error.mock.calls).toEqual([
    [
      { err: expect.any(TypeError), unsaid: 0 },
      'A data-plane thread ended unexpectedly. Lifeguard starts it again.',
    ],
  ]);
  // What comes before the thread is there again is lost.
  const asking = setInterval(() => client.send(queryWith(2), engine.addresses[0]!), 20);
  const { packet } = await client.next().finally(() => clearInterval(asking));
  expect(addressIn(packet)).toBe(9);
});
