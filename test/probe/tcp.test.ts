import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { makeCheck } from './checks.ts';
import { listenDeaf } from './deaf.ts';
import { listen } from './listen.ts';

const options = { resolve: createResolve(), ping: createPing() };

test.each(['127.0.0.1', '::1'] as const)('a completed handshake with %s is a success', async (address) => {
  const { port, connections } = await listen(createServer(), address);
  const outcome = await probe(makeCheck({ type: 'tcp', port }, { address }), options);
  expect(outcome).toEqual({ ok: true, reason: 'No failures', responseCode: 0, rttMs: expect.any(Number) });
  await vi.waitFor(() => expect(connections).toEqual({ open: 0, ever: 1 }));
});

test('a closed port: TCP connection failed, and no retry', async () => {
  const { port, connections } = await listen(createServer());
  const check = makeCheck({ type: 'tcp', port, retries: 5 }, { address: '127.0.0.2' });
  expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'TCP connection failed' });
  expect(connections.ever).toBe(0);
});

test('no answer to a SYN: TCP Timeout, with as many retries as configured', async () => {
  const port = await listenDeaf();
  for (const type of ['tcp', 'http', 'https'] as const) {
    const startedMs = performance.now();
    const check = makeCheck({ type, port, timeoutSeconds: 0.2, retries: 1 }, {});
    expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'TCP Timeout', responseCode: 0 });
    expect(performance.now() - startedMs).toBeGreaterThan(390);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
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

test('a host name is resolved once for a check, and each of its addresses is probed', async () => {
  const { port, connections } = await listen(createServer());
  const asked: string[] = [];
  const resolve = async (name: string) => {
    asked.push(name);
    return { addresses: ['127.0.0.9', '127.0.0.1', '::1', '0.0.0.0', '127.0.0.1'], ttlSeconds: 30 };
  };
  const check = makeCheck({ type: 'tcp', port }, { address: 'a.example.org' });
  const dead = { ok: false, reason: 'TCP connection failed' };
  const outcome = await probe(check, { ...options, resolve });
  expect(outcome).toMatchObject({ ok: true, reason: 'No failures', addressTtlSeconds: 30 });
  expect(outcome.byAddress).toMatchObject([
    { address: '127.0.0.9', ...dead },
    { address: '::1', ...dead },
    { address: '127.0.0.1', ok: true, reason: 'No failures' },
  ]);
  expect([asked, connections.ever]).toEqual([['a.example.org'], 1]);
  // Each address has attempts of its own.
  const http = makeCheck({ port, timeoutSeconds: 0.2, retries: 2 }, { address: 'a.example.org' });
  expect((await probe(http, { ...options, resolve })).byAddress).toMatchObject([
    { reason: 'TCP connection failed' },
    { reason: 'TCP connection failed' },
    { reason: 'HTTP timeout occurred' },
  ]);
  expect([asked.length, connections.ever]).toEqual([2, 4]);
});

test('addresses that a resolver counts and does not give are unprobed, too (before: 48 of 85)', async () => {
  const { port } = await listen(createServer());
  const resolve = async () => ({ addresses: ['127.0.0.1', '127.0.0.2'], further: 36 });
  const outcome = await probe(makeCheck({ type: 'tcp', port }, { address: 'a.test' }), {
    ...options,
    resolve,
  });
  expect([outcome.byAddress?.length, outcome.unprobed]).toEqual([2, 36]);
});

test('a slow resolver takes no time from the attempt (before: "DNS Internal")', async () => {
  const { port } = await listen(createServer());
  const resolve = () => sleep(400, { addresses: ['127.0.0.1'] });
  const check = makeCheck({ type: 'tcp', port, timeoutSeconds: 0.2 }, { address: 'a.example.org' });
  expect(await probe(check, { ...options, resolve })).toMatchObject({ ok: true, reason: 'No failures' });
});

test('an address that this machine cannot probe has no result, and the others have theirs', async () => {
  const { port } = await listen(createServer());
  const resolve = async () => ({ addresses: ['127.0.0.1', '127.0.0.2'] });
  const ping = (address: string) =>
    address === '127.0.0.1'
      ? Promise.resolve()
      : Promise.reject(Object.assign(new Error('x'), { code: 'EMFILE' }));
  const check = makeCheck({ type: 'icmp_ping', port }, { address: 'a.example.org' });
  const outcome = await probe(check, { resolve, ping });
  expect(outcome.byAddress).toMatchObject([
    { address: '127.0.0.1', ok: true },
    {
      address: '127.0.0.2',
      ok: false,
      reason: 'Probe Not Possible',
      fault: expect.stringMatching(/^this process has as many files .* \(EMFILE\)$/),
    },
  ]);
  const none = probe(check, { resolve: async () => ({ addresses: ['127.0.0.2'] }), ping });
  await expect(none).rejects.toBeInstanceOf(LocalFault);
});

test('localhost through the system', async () => {
  const { port } = await listen(createServer());
  const outcome = await probe(makeCheck({ type: 'tcp', port }, { address: 'localhost' }), options);
  expect(outcome.byAddress?.map(({ address }) => address)).toContain('127.0.0.1');
});

test.each([
  {
    what: 'unknown',
    resolve: () => Promise.reject(Object.assign(new Error('x'), { code: 'ENOTFOUND' })),
    reason: 'DNS Unknown Host',
  },
  { what: 'without addresses', resolve: async () => ({ addresses: [] }), reason: 'DNS Unknown Host' },
])('a host name $what: $reason, without addresses', async ({ resolve, reason }) => {
  const check = makeCheck({ timeoutSeconds: 10, retries: 3 }, { address: 'a.example.org' });
  const startedMs = performance.now();
  const outcome = await probe(check, { ...options, resolve });
  expect(outcome).toEqual({ ok: false, reason, responseCode: 0, rttMs: expect.any(Number) });
  expect(performance.now() - startedMs).toBeLessThan(9_000);
});

test.each(['ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'ECONNREFUSED'])(
  'no DNS server answers (%s): the check is not possible, and the endpoint is not blamed',
  async (code) => {
    const resolve = () => Promise.reject(Object.assign(new Error('x'), { code }));
    const check = makeCheck({ retries: 3 }, { address: 'a.example.org' });
    await expect(probe(check, { ...options, resolve })).rejects.toBeInstanceOf(LocalFault);
  },
);

test('a lookup that hangs ends with its check', async () => {
  const givingUp = new AbortController();
  const resolve = () => new Promise<never>(() => {});
  const check = makeCheck({ type: 'tcp', port: 1 }, { address: 'a.example.org' });
  const stuck = probe(check, { ...options, resolve, signal: givingUp.signal });
  givingUp.abort(new Error('given up'));
  await expect(stuck).rejects.toThrow('given up');
});
