import { createServer as createWeb } from 'node:http';
import { createServer } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { createResolve } from '../../src/probe/dns/resolve.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { connectFirst } from '../../src/probe/first-address.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { makeCheck } from './checks.ts';
import { listenDeaf } from './deaf.ts';
import { listen } from './listen.ts';

const LIVE = '127.0.0.1';
const [DEAD, DEAD_TOO] = ['127.0.0.2', '127.0.0.3'];
const METADATA = '169.254.169.254';

test.each([
  { addresses: [LIVE], rule: 'the only address' },
  { addresses: [DEAD, LIVE], rule: 'the first address refuses' },
  { addresses: [DEAD, DEAD_TOO, LIVE], rule: 'all addresses but the last fail' },
  { addresses: [LIVE, DEAD], rule: 'the first address answers' },
])('of the addresses $addresses the probe connects to one that answers: $rule', async ({ addresses }) => {
  const { port, connections } = await listen(createServer());
  const { signal } = new AbortController();
  const socket = await connectFirst(addresses, port, signal);
  expect(socket.remoteAddress).toBe(LIVE);
  socket.destroy();
  await vi.waitFor(() => expect(connections).toEqual({ open: 0, ever: 1 }));
});

test('a silent address does not use up the time of the next one (RFC 8305 §5)', async () => {
  const port = await listenDeaf();
  const live = createServer((socket) => socket.on('error', () => {}));
  await new Promise<void>((resolve) => live.listen(port, DEAD, resolve));
  onTestFinished(() => void live.close());
  const giveUp = new AbortController();
  const socket = await connectFirst([LIVE, DEAD], port, giveUp.signal);
  expect(socket.remoteAddress).toBe(DEAD);
  giveUp.abort(new Error('given up'));
  expect(socket.destroyed).toBe(true);
});

test('if all addresses fail, the error is that of the first', async () => {
  const { port } = await listen(createServer());
  const made = connectFirst([DEAD, DEAD_TOO], port, new AbortController().signal);
  await expect(made).rejects.toThrow(`ECONNREFUSED ${DEAD}`);
});

test('an aborted probe has its own reason, whatever failed before', async () => {
  const port = await listenDeaf();
  const made = connectFirst([DEAD, LIVE], port, AbortSignal.timeout(100));
  await expect(made).rejects.toThrow('due to timeout');
});

test.each([
  { addresses: [DEAD, LIVE], end: 'No failures', rule: 'a client would try the next' },
  { addresses: [METADATA, LIVE], end: 'No failures', rule: 'nothing is sent to the denied one' },
  { addresses: [DEAD, DEAD_TOO], end: 'TCP connection failed', rule: 'none answers' },
  { addresses: [METADATA, DEAD], end: LocalFault, rule: 'the denied one might answer others' },
])('a redirect to a host name with the addresses $addresses: $rule', async ({ addresses, end }) => {
  const { port } = await listen(
    createWeb(({ headers }, response) => {
      const location = `http://other.example.org:${port}/`;
      if (headers.host?.startsWith('other')) response.end();
      else response.writeHead(302, { location }).end();
    }),
  );
  const options = { resolve: async () => ({ addresses }), ping: createPing() };
  const made = probe(makeCheck({ followRedirects: true, timeoutSeconds: 2 }, { port }), options);
  if (typeof end === 'string') expect((await made).reason).toBe(end);
  else await expect(made).rejects.toThrow(end);
});

test('a redirect to a name with a denied and a silent address is not a failure of the endpoint', async () => {
  const port = await listenDeaf();
  const web = createWeb((_request, response) =>
    response.writeHead(302, { location: `http://other.example.org:${port}/`, connection: 'close' }).end(),
  );
  await new Promise<void>((resolve) => web.listen(port, DEAD, resolve));
  onTestFinished(() => void web.close());
  const check = makeCheck({ followRedirects: true, timeoutSeconds: 0.5 }, { address: DEAD, port });
  const options = { resolve: async () => ({ addresses: [METADATA, LIVE] }), ping: createPing() };
  await expect(probe(check, options)).rejects.toThrow(LocalFault);
});

test('a redirect to a host name without an address: DNS Unknown Host', async () => {
  const location = 'http://nosuch.invalid/';
  const { port } = await listen(
    createWeb((_request, response) => response.writeHead(302, { location }).end()),
  );
  const resolve: ReturnType<typeof createResolve> = async () => ({ addresses: [] });
  const outcome = await probe(makeCheck({ followRedirects: true }, { port }), {
    resolve,
    ping: createPing(),
  });
  expect(outcome.reason).toBe('DNS Unknown Host');
});
