import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { LocalFault } from '../../src/probe/failure.ts';
import { connectFirst } from '../../src/probe/first-address.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { missingRoute } from '../../src/probe/route.ts';
import { makeCheck } from './checks.ts';
import { listenDeaf } from './deaf.ts';
import { enterOwnNetwork } from './icmp/own-network.ts';
import { listen } from './listen.ts';

// A network with the loopback alone, so a worker without IPv6, and without IPv4 to anywhere else.
const isAlone = enterOwnNetwork();
const addresses = ['2001:db8::1', '192.0.2.1'];
const options = { resolve: async () => ({ addresses: ['127.0.0.1', '2001:db8::1'] }), ping: createPing() };

describe.runIf(isAlone)('a worker without a route to an endpoint', () => {
  test.each(
    addresses.flatMap((address) =>
      (['tcp', 'http', 'https', 'grpc', 'grpcs', 'smtp', 'dns', 'icmp_ping'] as const).map(
        (type) => [type, address] as const,
      ),
    ),
  )('%s to %s is a local fault, not a failure of the endpoint', async (type, address) => {
    const check = makeCheck({ type, port: 80, path: '/a.example/A' }, { address });
    const fault = await probe(check, options).catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(LocalFault);
    expect((fault as Error).message).toBe(`this machine has no route to ${address} (ENETUNREACH)`);
  });

  test('of a host name with both families, only the address without a route has no vote', async () => {
    const server = await listen(createServer());
    const check = makeCheck(
      { type: 'tcp', port: server.port },
      { address: 'dual.example', port: server.port },
    );
    expect(await probe(check, options)).toMatchObject({
      ok: true,
      byAddress: [
        { address: '127.0.0.1', ok: true },
        { address: '2001:db8::1', reason: 'Probe Not Possible', fault: expect.stringContaining('no route') },
      ],
    });
  });

  test('an address without a route is skipped, and is a local fault if the others fail', async () => {
    const server = await listen(createServer());
    const { signal } = new AbortController();
    const socket = await connectFirst(['2001:db8::1', '127.0.0.1'], server.port, signal);
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    const made = connectFirst(['127.0.0.2', '2001:db8::1'], server.port, signal);
    await expect(made).rejects.toThrow('this machine has no route to 2001:db8::1 (ENETUNREACH)');
  });

  test('an address without a route is a local fault even if the others time out', async () => {
    const port = await listenDeaf();
    const made = connectFirst(['2001:db8::1', '127.0.0.1'], port, AbortSignal.timeout(100));
    await expect(made).rejects.toThrow('this machine has no route to 2001:db8::1 (ENETUNREACH)');
  });

  test('a link-local address without an interface is a local fault', async () => {
    const check = makeCheck({ type: 'tcp', port: 80 }, { address: 'fe80::1' });
    await expect(probe(check, { ...options, refuse: () => undefined })).rejects.toThrow('(EINVAL)');
  });
});

test.each(['ENETUNREACH', 'EHOSTUNREACH'])(
  '%s although there is a route is a failure of the endpoint',
  async (code) => {
    const error = Object.assign(new Error(code), { code, syscall: 'connect', address: '127.0.0.1' });
    expect(await missingRoute(error, '127.0.0.1')).toBeUndefined();
  },
);
