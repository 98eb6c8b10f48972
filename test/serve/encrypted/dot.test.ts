import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PADDED_BLOCK_OCTETS } from '../../../src/answer/edns/opt.ts';
import { startDot, type TlsListener } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { BIG_OCTETS, streamOptions } from '../listen/listening.ts';
import { KDIG, kdig } from './kdig.ts';
import { clientOver, connectTo, disconnectAll, framed, type StreamClient } from './stream-client.ts';

const certificates = makeCertificates();
const pairOf = ({ cert, key }: { cert: string; key: string }) => ({
  cert: Buffer.from(cert),
  key: Buffer.from(key),
});

const listeners: TlsListener[] = [];
const startHere = async (...options: Parameters<typeof streamOptions>) => {
  const all = streamOptions(...options);
  const listener = await startDot({ ...all, certificate: pairOf(certificates.good) });
  listeners.push(listener);
  return { ...listener, limits: all.limits };
};
afterEach(async () => {
  disconnectAll();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

const www = (id = 1) => queryPacket({ name: 'www.example.org', id });
const big = (id = 1) => queryPacket({ name: 'big.example.org', type: 'TXT', id });
const idOf = (message: Buffer) => message.readUInt16BE(0);

/** A client that trusts the test's authority and no other. */
async function connectTls(
  { address, port }: { readonly address: string; readonly port: number },
  options: ConnectionOptions = {},
): Promise<StreamClient & { readonly socket: TLSSocket }> {
  const socket = connect({ host: address, port, ca: certificates.authority, ...options });
  const client = { ...clientOver(socket), socket };
  await once(socket, 'secureConnect');
  return client;
}

describe.skipIf(KDIG.missing)(KDIG.title, () => {
  test('kdig gets an answer', async () => {
    expect(await kdig(await startHere(), 'www.example.org', '+tls', '+short')).toBe('192.0.2.1\n');
  });
  test('kdig gets a padded answer when it asks for padding', async () => {
    const text = await kdig(await startHere(), 'www.example.org', '+tls', '+padding');
    expect(text).toContain(`Received ${PADDED_BLOCK_OCTETS} B`);
  });
  test('kdig gets all answers on one connection, with +keepopen', async () => {
    const server = await startHere();
    const text = await kdig(server, '+tls', '+keepopen', '+short', ...Array(4).fill('www.example.org'));
    expect(text).toBe('192.0.2.1\n'.repeat(4));
  });
});

describe('TLS', () => {
  test('clients without ALPN and with the protocol "dot" are accepted', async () => {
    const server = await startHere();
    expect((await connectTls(server)).socket.alpnProtocol).toBe(false);
    const client = await connectTls(server, { ALPNProtocols: ['h2', 'dot'] });
    expect(client.socket.alpnProtocol).toBe('dot');
    expect(idOf(await client.ask(www(3)))).toBe(3);
  });
  test('a client that offers only another protocol is refused (RFC 7301 §3.2)', async () => {
    await expect(connectTls(await startHere(), { ALPNProtocols: ['h2'] })).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
  });
  test.each([
    { version: 'TLSv1.2', accepted: true },
    { version: 'TLSv1.3', accepted: true },
    { version: 'TLSv1.1', accepted: false },
  ] as const)('$version: accepted $accepted (RFC 9325 §3.1.1)', async ({ version, accepted }) => {
    // Old versions are in OpenSSL only at its lowest level.
    const ciphers = 'DEFAULT:@SECLEVEL=0';
    const options = { minVersion: version, maxVersion: version, ciphers };
    const connecting = connectTls(await startHere(), options).then(({ socket }) => socket.getProtocol());
    if (accepted) expect(await connecting).toBe(version);
    else await expect(connecting).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });
  test('TLS sessions are resumed', async () => {
    const server = await startHere();
    const first = connect({ ...server, host: server.address, ca: certificates.authority });
    const client = clientOver(first);
    const [session] = (await once(first, 'session')) as [Buffer];
    await client.ask(www());
    const second = await connectTls(server, { session });
    expect(second.socket.isSessionReused()).toBe(true);
    expect(idOf(await second.ask(www(4)))).toBe(4);
  });
  test('a new certificate is used from the next connection on', async () => {
    const server = await startHere();
    const before = await connectTls(server);
    server.setCertificate(pairOf(certificates.otherName));
    const options = { servername: 'other.example.com' };
    const after = await connectTls(server, options);
    expect(after.socket.getPeerCertificate().subjectaltname).toBe('DNS:other.example.com');
    for (const client of [before, after]) expect(idOf(await client.ask(www(5)))).toBe(5);
    await expect(
      connectTls(server, {
        ...options,
        minVersion: 'TLSv1.1',
        maxVersion: 'TLSv1.1',
        ciphers: 'ALL:@SECLEVEL=0',
      }),
    ).rejects.toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  });
});

describe('messages', () => {
  test('many queries sent together are answered in order', async () => {
    const client = await connectTls(await startHere());
    const ids = Array.from({ length: 3_000 }, (_, i) => i);
    client.send(...ids.map(www));
    for (const id of ids) expect(idOf(await client.next())).toBe(id);
  });
  test('a client that closes its side gets the answers to all its queries', async () => {
    const client = await connectTls(await startHere(), { allowHalfOpen: true } as ConnectionOptions);
    const ids = Array.from({ length: 100 }, (_, i) => i);
    client.socket.end(framed(...ids.map(big)));
    for (const id of ids) {
      const answer = await client.next();
      expect([idOf(answer), answer.length > BIG_OCTETS]).toEqual([id, true]);
    }
    expect(await client.closed).toBeUndefined();
  });
});

describe('timeouts and limits', () => {
  test('a handshake that stalls is closed', async () => {
    const server = await startHere({ transferTimeoutMs: 300 });
    const silent = await connectTo(server);
    const talking = await connectTo(server);
    // A record of a handshake that promises more than comes.
    talking.socket.write(Buffer.from([0x16, 3, 1, 1, 0, 1]));
    const started = performance.now();
    await Promise.all([silent.closed, talking.closed]);
    expect(performance.now() - started).toBeGreaterThan(250);
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
  });
  test.each([
    { how: 'says nothing', said: Buffer.alloc(0) },
    { how: 'has said the half of a record', said: Buffer.from([0x16, 3, 1, 1, 0, 1]) },
  ])(
    'a client that $how and closes its side in the handshake kept its place until the time for that was over',
    async ({ said }) => {
      const server = await startHere({ transferTimeoutMs: 3_600_000 });
      const client = await connectTo(server, { allowHalfOpen: true });
      client.socket.end(said);
      await client.closed;
      await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
    },
  );
  test('a connection without TLS is closed, and the listener stays', async () => {
    const server = await startHere();
    const plain = await connectTo(server);
    plain.send(www());
    await plain.closed;
    expect(idOf(await (await connectTls(server)).ask(www(2)))).toBe(2);
  });
  test('an idle connection is closed with a close_notify', async () => {
    const client = await connectTls(await startHere({ idleTimeoutMs: 300 }));
    await client.ask(www());
    await once(client.socket, 'end');
    expect(await client.closed).toBeUndefined();
  });
  test('a message that arrives too slowly closes the connection', async () => {
    const client = await connectTls(await startHere({ transferTimeoutMs: 400 }));
    const trickle = setInterval(() => client.socket.write(Buffer.of(1)), 20);
    await client.closed;
    clearInterval(trickle);
  });
  test('a client that does not read its answers is disconnected', async () => {
    const server = await startHere({ transferTimeoutMs: 500 });
    const client = await connectTls(server);
    client.socket.pause();
    const writing = setInterval(() => client.send(...Array.from({ length: 100 }, () => big())), 5);
    await vi.waitUntil(() => server.limits.open === 0, { timeout: 40_000 });
    clearInterval(writing);
    client.socket.resume();
    expect(await client.closed).toBe('ECONNRESET');
  });
  test('at the limit, a new connection closes the one that was idle longest', async () => {
    const server = await startHere({}, { connectionsPerClientMax: 2 });
    const clients = [await connectTls(server), await connectTls(server)];
    for (const client of clients) await client.ask(www());
    const third = await connectTls(server);
    expect(idOf(await third.ask(www(3)))).toBe(3);
    await clients[0]!.closed;
    expect(idOf(await clients[1]!.ask(www(4)))).toBe(4);
  });
});
