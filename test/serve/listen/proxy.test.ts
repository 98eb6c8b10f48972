import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { parsePrefix } from '../../../src/config/prefix.ts';
import { startDoh } from '../../../src/serve/doh/doh.ts';
import type { StreamListener } from '../../../src/serve/stream/accept.ts';
import {
  logMisproxied,
  MISPROXIED_QUIET_MS,
  MISPROXIED_RULES_MAX,
} from '../../../src/serve/stream/misproxied.ts';
import { startTcp } from '../../../src/serve/stream/tcp.ts';
import { type DotOptions, startDot } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { askHttp2 } from '../encrypted/doh-client.ts';
import { clientOver, connectTo, disconnectAll, framed } from '../encrypted/stream-client.ts';
import { notingClients, responderHere, streamOptions } from './listening.ts';
import { IPV4, IPV6, proxyHeader } from './proxy-header.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };

const listeners: StreamListener[] = [];
afterEach(async () => {
  disconnectAll();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

/** A listener whose proxies are at 127.0.0.1. */
async function startHere(
  start: (options: DotOptions) => Promise<StreamListener> = startTcp,
  ...[fields, limits]: Parameters<typeof streamOptions>
) {
  const responder = notingClients(responderHere());
  const misproxied = vi.fn();
  const proxies = [parsePrefix('127.0.0.1'), parsePrefix('2001:db8::/32')];
  const options = streamOptions({ responder, misproxied, proxies, ...fields }, limits);
  const listener = await start({ ...options, certificate });
  listeners.push(listener);
  return { ...listener, limits: options.limits, clients: responder.clients, misproxied };
}

const www = (id = 1) => queryPacket({ name: 'www.example.org', id });
const idOf = (message: Buffer) => message.readUInt16BE(0);

async function startTlsOver(socket: Socket) {
  const secure = connect({ socket, ca: certificates.authority, servername: 'www.example.org' });
  const client = clientOver(secure);
  await once(secure, 'secureConnect');
  return client;
}

describe('TCP', () => {
  test.each([
    { of: 'IPv4', header: proxyHeader({ body: IPV4 }), client: '192.0.2.7' },
    {
      of: 'IPv6',
      header: proxyHeader({ family: 0x21, body: IPV6 }),
      client: '32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7',
    },
    { of: 'LOCAL', header: proxyHeader({ command: 0, family: 0, body: [] }), client: '127.0.0.1' },
    { of: 'no client', header: proxyHeader({ family: 0, body: [] }), client: '127.0.0.1' },
  ])('the client is the one in the header: $of', async ({ header, client }) => {
    const server = await startHere();
    const proxy = await connectTo(server);
    proxy.socket.write(Buffer.concat([header, framed(www(1), www(2))]));
    expect([idOf(await proxy.next()), idOf(await proxy.next())]).toEqual([1, 2]);
    expect(idOf(await proxy.ask(www(3)))).toBe(3);
    expect(server.clients).toEqual([client, client, client]);
  });

  test('a header in pieces is read, even if a query begins in its last piece', async () => {
    const server = await startHere();
    const proxy = await connectTo(server);
    proxy.socket.setNoDelay();
    const octets = Buffer.concat([proxyHeader(), framed(www(5))]);
    const headerOctets = proxyHeader().length;
    for (const [from, to] of [
      [0, 5],
      [5, 16],
      [16, headerOctets - 1],
      [headerOctets - 1, headerOctets + 3],
      [headerOctets + 3, octets.length],
    ] as const) {
      proxy.socket.write(octets.subarray(from, to));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(idOf(await proxy.next())).toBe(5);
    expect(server.clients).toEqual(['192.0.2.7']);
  });

  test('a header, a query and the end may come at once', async () => {
    const server = await startHere();
    const proxy = await connectTo(server, { allowHalfOpen: true });
    proxy.socket.end(Buffer.concat([proxyHeader(), framed(www(6))]));
    expect(idOf(await proxy.next())).toBe(6);
    expect(await proxy.closed).toBeUndefined();
  });

  test('a proxy that sends no header is closed without an answer', async () => {
    const server = await startHere();
    const proxy = await connectTo(server);
    proxy.send(www());
    await proxy.closed;
    expect(server.clients).toEqual([]);
    expect(server.misproxied).toHaveBeenCalledExactlyOnceWith('127.0.0.1', 'no signature');
  });

  test('a header that is not complete in time, or never, closes the connection', async () => {
    const server = await startHere(startTcp, { transferTimeoutMs: 300 });
    const slow = await connectTo(server);
    slow.socket.write(proxyHeader({ command: 0, body: Array(4_000).fill(0) }).subarray(0, 20));
    const trickle = setInterval(() => slow.socket.write(Buffer.of(0)), 20);
    await slow.closed;
    clearInterval(trickle);
    const ending = await connectTo(server);
    ending.socket.end(proxyHeader().subarray(0, 20));
    await ending.closed;
    expect(server.misproxied.mock.calls).toEqual([
      ['127.0.0.1', 'no whole header in time'],
      ['127.0.0.1', 'no whole header'],
    ]);
  });

  test('a header from another address is not read as a header', async () => {
    const server = await startHere(startTcp, { transferTimeoutMs: 300 });
    const other = await connectTo(server, { localAddress: '127.0.0.2' });
    expect(idOf(await other.ask(www(1)))).toBe(1);
    const liar = await connectTo(server, { localAddress: '127.0.0.2' });
    // Its first octets are the length of a message of 3,338 octets, which never comes.
    liar.socket.write(Buffer.concat([proxyHeader(), framed(www(2))]));
    await liar.closed;
    expect(server.clients).toEqual(['127.0.0.2']);
    expect(server.misproxied).not.toHaveBeenCalled();
  });

  test('the connection limit applies to the client in the header', async () => {
    const server = await startHere(startTcp, {}, { connectionsPerClientMax: 1 });
    const proxied = async (last: number) => {
      const proxy = await connectTo(server);
      proxy.socket.write(proxyHeader({ body: [192, 0, 2, last, ...IPV4.slice(4)] }));
      await proxy.ask(www());
      return proxy;
    };
    const [first, second] = [await proxied(1), await proxied(2)];
    const third = await proxied(1);
    await first!.closed;
    for (const client of [second, third]) expect(idOf(await client!.ask(www(8)))).toBe(8);
  });
});

describe('DNS over TLS', () => {
  test('the header comes before the handshake', async () => {
    const server = await startHere(startDot);
    const { socket } = await connectTo(server);
    socket.removeAllListeners('data');
    socket.write(proxyHeader({ family: 0x21, body: IPV6 }));
    const client = await startTlsOver(socket);
    expect(idOf(await client.ask(www(3)))).toBe(3);
    expect(server.clients).toEqual(['32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7']);
  });

  test('the header may come in one packet with the start of the handshake', async () => {
    const server = await startHere(startDot);
    const relay = createServer(async (from) => {
      const { socket: to } = await connectTo(server);
      to.removeAllListeners('data');
      const [hello] = (await once(from, 'data')) as [Buffer];
      to.write(Buffer.concat([proxyHeader(), hello]));
      from.on('error', () => undefined);
      from.pipe(to).pipe(from);
    });
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const { socket } = await connectTo(relay.address() as AddressInfo);
    socket.removeAllListeners('data');
    const client = await startTlsOver(socket);
    expect(idOf(await client.ask(www(4)))).toBe(4);
    expect(server.clients).toEqual(['192.0.2.7']);
    relay.close();
  });

  test('a proxy without a header is closed, and another client is served', async () => {
    const server = await startHere(startDot);
    const { socket } = await connectTo(server);
    socket.removeAllListeners('data');
    await expect(startTlsOver(socket)).rejects.toThrow();
    expect(server.misproxied).toHaveBeenCalledExactlyOnceWith('127.0.0.1', 'no signature');
    const other = await connectTo(server, { localAddress: '127.0.0.2' });
    other.socket.removeAllListeners('data');
    expect(idOf(await (await startTlsOver(other.socket)).ask(www(5)))).toBe(5);
    expect(server.clients).toEqual(['127.0.0.2']);
  });
});

test.each([
  { prefix: '127.0.0.0/8', from: '127.255.0.1', proxied: true },
  { prefix: '127.0.0.0/30', from: '127.0.0.3', proxied: true },
  { prefix: '127.0.0.0/30', from: '127.0.0.4', proxied: false },
  { prefix: '0.0.0.0/0', from: '127.0.0.9', proxied: true },
  { prefix: '127.0.0.5', from: '127.0.0.5', proxied: true },
  { prefix: '127.0.0.5', from: '127.0.0.6', proxied: false },
  { prefix: '::/0', from: '127.0.0.1', proxied: false },
])('$from is a proxy where $prefix is: $proxied', async ({ prefix, from, proxied }) => {
  const server = await startHere(startTcp, { proxies: [parsePrefix(prefix)] });
  const client = await connectTo(server, { localAddress: from });
  client.socket.write(Buffer.concat([proxied ? proxyHeader() : Buffer.alloc(0), framed(www(1))]));
  await client.next();
  expect(server.clients).toEqual([proxied ? '192.0.2.7' : from]);
});

test('a header of version 1 is logged, even just after another rule', () => {
  const warn = vi.fn();
  const misproxied = logMisproxied({ warn }, () => 1_000);
  for (const rule of ['no signature', 'a header of version 1; only version 2 is read', 'no signature'])
    misproxied('192.0.2.1', rule);
  expect(warn.mock.calls.map(([{ rule }]) => rule)).toEqual([
    'no signature',
    'a header of version 1; only version 2 is read',
  ]);
  // What a sender may choose does not fill the log.
  for (let version = 0; version < 100; version += 1) misproxied('192.0.2.1', `version ${version}`);
  expect(warn).toHaveBeenCalledTimes(MISPROXIED_RULES_MAX + 1);
});

test('misconfigured proxies are logged, in growing intervals', () => {
  const warn = vi.fn();
  let nowMs = 1_000;
  const misproxied = logMisproxied({ warn }, () => nowMs);
  for (let i = 0; i < 5; i += 1) misproxied('192.0.2.1', 'no signature');
  nowMs += MISPROXIED_QUIET_MS;
  misproxied('192.0.2.2', 'no signature');
  const text = 'Closed a connection of a proxy, because it did not begin with a PROXY protocol header.';
  expect(warn.mock.calls).toEqual([
    [{ from: '192.0.2.1', rule: 'no signature', unsaid: 0 }, text],
    [{ from: '192.0.2.2', rule: 'no signature', unsaid: 4 }, text],
  ]);
  // More and more seldom, and never silent for ever.
  nowMs += MISPROXIED_QUIET_MS;
  misproxied('192.0.2.2', 'no signature');
  expect(warn).toHaveBeenCalledTimes(2);
  nowMs += MISPROXIED_QUIET_MS;
  misproxied('192.0.2.2', 'no signature', 10);
  expect(warn).toHaveBeenLastCalledWith({ from: '192.0.2.2', rule: 'no signature', unsaid: 10 }, text);
  let logged = 0;
  warn.mockImplementation(() => {
    logged += 1;
  });
  for (let i = 0; i < 24 * 360; i += 1) {
    nowMs += MISPROXIED_QUIET_MS;
    misproxied('192.0.2.2', 'no signature');
  }
  // In a day, one every MISPROXIED_QUIET_MS_MAX and those before it.
  expect(logged).toBeGreaterThan(20);
  expect(logged).toBeLessThan(40);
});

describe('DNS over HTTPS', () => {
  const target = `/dns-query?dns=${Buffer.from(www(0)).toString('base64url')}`;
  const startDohHere = (fields: { withTls: boolean }, ...rest: Parameters<typeof streamOptions>) =>
    startHere(
      ({ certificate: pair, ...options }) =>
        startDoh({ ...options, path: '/dns-query', ...(fields.withTls && { certificate: pair }) }),
      ...rest,
    );
  const REQUEST = `GET ${target} HTTP/1.1\r\nHost: www.example.org\r\n\r\n`;
  const LIMIT = { connectionsPerClientMax: 1 };

  test.each(['http/1.1', 'h2'])('the header comes before the handshake, with %s', async (protocol) => {
    const server = await startDohHere({ withTls: true });
    const { socket } = await connectTo(server);
    socket.removeAllListeners('data');
    socket.write(proxyHeader({ family: 0x21, body: IPV6 }));
    const secure = connect({
      socket,
      ca: certificates.authority,
      servername: 'www.example.org',
      ALPNProtocols: [protocol],
    });
    await once(secure, 'secureConnect');
    if (protocol === 'h2') {
      const session = connectHttp2('https://www.example.org', { createConnection: () => secure });
      expect(await askHttp2(session, { path: target })).toMatchObject({ status: 200 });
      session.destroy();
    } else {
      secure.write(REQUEST);
      expect(String((await once(secure, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(server.clients).toEqual(['32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7']);
  });

  test('without TLS the header may come with a request, and the limit applies to the client in it', async () => {
    const server = await startDohHere({ withTls: false }, {}, LIMIT);
    const proxied = async (header: Buffer) => {
      const { socket } = await connectTo(server);
      socket.removeAllListeners('data');
      socket.write(Buffer.concat([header, Buffer.from(REQUEST)]));
      expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 200 /);
      return socket;
    };
    const first = await proxied(proxyHeader({ body: IPV4 }));
    const closed = once(first, 'close');
    await proxied(proxyHeader({ body: [198, 51, 100, 1, ...IPV4.slice(4)] }));
    await proxied(proxyHeader({ body: IPV4 }));
    await closed;
    expect(server.clients).toEqual(['192.0.2.7', '198.51.100.1', '192.0.2.7']);
    // The proxy's own: as many as it likes.
    const local = proxyHeader({ command: 0, family: 0, body: [] });
    const own = [await proxied(local), await proxied(local)];
    for (const socket of own) expect(socket.destroyed).toBe(false);
  });

  test('a connection without a header is closed, and a header of version 1 is logged', async () => {
    const server = await startDohHere({ withTls: false });
    for (const first of [REQUEST, `PROXY TCP4 192.0.2.7 192.0.2.1 1 53\r\n${REQUEST}`]) {
      const { socket } = await connectTo(server);
      const closed = once(socket, 'close');
      socket.write(first);
      await closed;
    }
    expect(server.misproxied.mock.calls).toEqual([
      ['127.0.0.1', 'no signature'],
      ['127.0.0.1', 'a header of version 1; only version 2 is read'],
    ]);
    expect(server.clients).toEqual([]);
  });
});
