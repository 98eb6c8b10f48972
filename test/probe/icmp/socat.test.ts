/** udp_icmp against a UDP service that nobody here wrote: socat. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { makeCheck } from '../checks.ts';
import { enterOwnNetwork } from './own-network.ts';

const options = { resolve: createResolve(), ping: createPing() };
const FAMILIES = [
  { address: '127.0.0.1', udp: 'UDP4', bind: '127.0.0.1', table: 'udp' },
  { address: '::1', udp: 'UDP6', bind: '[::1]', table: 'udp6' },
];
const PORT = 7_007;
const GOOD = { ok: true, reason: 'No failures', responseCode: 0, rttMs: expect.any(Number) };
const CLOSED = { ...GOOD, ok: false, reason: 'UDP Port Unreachable' };

// In the network of the machine, others may have the port, and pings may be forbidden.
const isAlone = enterOwnNetwork();

/** Whether a socket of the network is at the port. */
function isBound(table: string): boolean {
  const port = PORT.toString(16).toUpperCase().padStart(4, '0');
  return new RegExp(`^ *\\d+: [0-9A-F]+:${port} `, 'm').test(
    readFileSync(`/proc/thread-self/net/${table}`, 'utf8'),
  );
}

async function startSocat(words: readonly string[], table: string): Promise<ChildProcess> {
  const child = spawn('socat', words, { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  await vi.waitFor(() => expect(isBound(table)).toBe(true), { timeout: 40_000, interval: 10 });
  return child;
}

describe.runIf(isAlone)('in its own network namespace', () => {
  test.each(FAMILIES)('an echo at $address is healthy, then not', async ({ address, udp, bind, table }) => {
    const check = makeCheck({ type: 'udp_icmp', port: PORT, timeoutSeconds: 10 }, { address });
    expect(await probe(check, options)).toEqual(CLOSED);
    const echo = await startSocat([`${udp}-RECVFROM:${PORT},bind=${bind},fork`, 'PIPE'], table);
    for (let i = 0; i < 3; i += 1) expect(await probe(check, options)).toEqual(GOOD);
    const ended = once(echo, 'exit');
    echo.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(isBound(table)).toBe(false), { timeout: 40_000, interval: 10 });
    expect(await probe(check, options)).toEqual(CLOSED);
  });

  test.each(FAMILIES)('a silent server at $address is healthy', async ({ address, ...at }) => {
    await startSocat(['-u', `${at.udp}-RECV:${PORT},bind=${at.bind}`, 'OPEN:/dev/null'], at.table);
    const check = makeCheck({ type: 'udp_icmp', port: PORT, timeoutSeconds: 10 }, { address });
    expect(await probe(check, options)).toEqual(GOOD);
  });
});
