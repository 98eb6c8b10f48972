import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { createResolve } from '../../src/probe/resolve.ts';
import { connectTcp } from '../../src/probe/tcp.ts';
import { makeCheck } from './checks.ts';
import { listen } from './listen.ts';

const options = { resolve: createResolve(), ping: createPing() };

test.each(['127.0.0.1', '::1'] as const)('a handshake with %s is all it takes', async (address) => {
  const { port, connections } = await listen(createServer(), address);
  const outcome = await probe(makeCheck({ type: 'tcp', port }, { address }), options);
  expect(outcome).toEqual({ ok: true, reason: 'No failures', responseCode: 0, rttMs: expect.any(Number) });
  await vi.waitFor(() => expect(connections).toEqual({ open: 0, ever: 1 }));
});

test('nobody listens: TCP connection failed, and not tried again', async () => {
  const { port, connections } = await listen(createServer());
  const check = makeCheck({ type: 'tcp', port, retries: 5 }, { address: '127.0.0.2' });
  expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'TCP connection failed' });
  expect(connections.ever).toBe(0);
});

/** A listener that never accepts, its queue full, so that the kernel drops every further SYN. */
async function listenDeaf(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const server = require('node:net').createServer();
     server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
       parentPort.postMessage(server.address().port);
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30_000);
     });`,
    { eval: true },
  );
  const giveUp = new AbortController();
  onTestFinished(async () => {
    giveUp.abort(new Error('over'));
    await worker.terminate();
  });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  let waiting = 0;
  for (let i = 0; i < 8; i++) {
    waiting++;
    connectTcp('127.0.0.1', port, giveUp.signal).then(
      () => waiting--,
      () => {},
    );
  }
  await vi.waitFor(() => expect(waiting).toBeLessThan(8));
  return port;
}

test('SYNs into nothing: TCP Timeout, tried again as often as the monitor says', async () => {
  const port = await listenDeaf();
  for (const type of ['tcp', 'http', 'https'] as const) {
    const startedMs = performance.now();
    const check = makeCheck({ type, port, timeoutSeconds: 0.2, retries: 1 }, {});
    expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'TCP Timeout', responseCode: 0 });
    expect(performance.now() - startedMs).toBeGreaterThan(390);
    expect(performance.now() - startedMs).toBeLessThan(1_500);
  }
});

test.each([
  { type: 'tcp' },
  { type: 'udp_icmp' },
  { type: 'smtp' },
  { type: 'grpc' },
  { type: 'grpcs' },
] as const)('$type without a port: Monitor Config Error', async ({ type }) => {
  const outcome = await probe(makeCheck({ type, port: 0 }, {}), options);
  expect(outcome).toMatchObject({ ok: false, reason: 'Monitor Config Error' });
});

test('a host name is resolved once a check and its first address is probed', async () => {
  const { port, connections } = await listen(createServer());
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return { addresses: ['127.0.0.1', '::1'], ttlSeconds: 30 };
  };
  const check = makeCheck({ type: 'tcp', port }, { address: 'a.example.org' });
  expect(await probe(check, { ...options, resolve })).toMatchObject({
    ok: true,
    addresses: ['127.0.0.1', '::1'],
    addressTtlSeconds: 30,
  });
  expect([asked, connections.ever]).toEqual([['a.example.org'], 1]);
  const http = makeCheck({ port, timeoutSeconds: 0.2, retries: 2 }, { address: 'a.example.org' });
  expect(await probe(http, { ...options, resolve })).toMatchObject({ reason: 'HTTP timeout occurred' });
  expect([asked.length, connections.ever]).toEqual([2, 4]);
});

test('localhost through the system', async () => {
  const { port } = await listen(createServer());
  const outcome = await probe(makeCheck({ type: 'tcp', port }, { address: 'localhost' }), options);
  expect(outcome.addresses).toContain('127.0.0.1');
});

test.each([
  {
    what: 'unknown',
    resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    reason: 'DNS Unknown Host',
  },
  { what: 'without addresses', resolve: async () => ({ addresses: [] }), reason: 'DNS Unknown Host' },
  {
    what: 'unanswered',
    resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ETIMEOUT' })),
    reason: 'DNS Internal',
  },
])('a host name $what: $reason, without addresses', async ({ resolve, reason }) => {
  const check = makeCheck({ timeoutSeconds: 0.2, retries: 3 }, { address: 'a.example.org' });
  const startedMs = performance.now();
  const outcome = await probe(check, { ...options, resolve });
  expect(outcome).toEqual({ ok: false, reason, responseCode: 0, rttMs: expect.any(Number) });
  expect(performance.now() - startedMs).toBeLessThan(750);
});

test('a name that is stuck in the resolver: DNS Internal, and tried again like any timeout', async () => {
  const signals: AbortSignal[] = [];
  const resolve = (_name: string, signal: AbortSignal) => {
    signals.push(signal);
    return signals.length < 3 ? new Promise<never>(() => {}) : Promise.resolve({ addresses: ['127.0.0.1'] });
  };
  const { port } = await listen(createServer());
  const check = (retries: number) =>
    makeCheck({ type: 'tcp', port, timeoutSeconds: 0.2, retries }, { address: 'a.example.org' });
  expect(await probe(check(1), { ...options, resolve })).toMatchObject({ ok: false, reason: 'DNS Internal' });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  expect(await probe(check(0), { ...options, resolve })).toMatchObject({ ok: true });
});
