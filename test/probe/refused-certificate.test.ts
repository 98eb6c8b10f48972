import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls';
import { expect, test } from 'vitest';
import type { Monitor } from '../../src/check/monitor.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { makeCertificates } from './certificates.ts';
import { makeCheck } from './checks.ts';
import { listen } from './listen.ts';

const { authority, good } = makeCertificates();
const options = {
  resolve: createResolve(),
  ping: createPing(),
  secureContext: createSecureContext({ ca: authority }),
};
const V1_3 = { ...good, minVersion: 'TLSv1.3' } as const;
const WANTS: TlsOptions = { ...V1_3, requestCert: true, rejectUnauthorized: true, ca: [authority] };
const REFUSED = 'The server asked for a client certificate and ended the connection without an answer.';

type End = (client: Socket) => void;
const reset: End = (client) => client.resetAndDestroy();
const close: End = (client) => client.end();

/** A path to a server that takes whatever the server says after the client's last words of the handshake, such as an alert. */
async function listenBefore(server: Parameters<typeof listen>[0], end: End): Promise<number> {
  const { port } = await listen(server);
  const path = createTcpServer((client) => {
    const onward = connect(port, '127.0.0.1');
    client.on('error', () => {}).on('close', () => onward.destroy());
    onward.on('error', () => {});
    onward.on('data', (octets) => void client.write(octets));
    client.once('data', (hello) => {
      onward.write(hello);
      client.once('data', () => end(client));
    });
  });
  return (await listen(path)).port;
}

const servers = {
  https: (tls: TlsOptions) => createServer(tls),
  grpcs: (tls: TlsOptions) => createSecureServer(tls),
} as const;

test.each([
  { type: 'https', what: 'a reset', end: reset },
  { type: 'https', what: 'a close', end: close },
  { type: 'grpcs', what: 'a reset', end: reset },
  { type: 'grpcs', what: 'a close', end: close },
] as const)(
  '$type: a client certificate is wanted and $what hides the alert: a TLS reason (RFC 8446 §4.4.2.4)',
  async ({ type, end }) => {
    const port = await listenBefore(servers[type](WANTS), end);
    for (let i = 0; i < 5; i++) {
      const outcome = await probe(makeCheck({ type, timeoutSeconds: 2 }, { port }), options);
      expect(outcome).toMatchObject({ reason: 'TLS Handshake Failure', detail: REFUSED, responseCode: 0 });
    }
  },
);

test.each([
  { type: 'https', what: 'a reset', end: reset, reason: 'Connection Reset by Peer' },
  { type: 'https', what: 'a close', end: close, reason: 'HTTP Invalid Response' },
  { type: 'grpcs', what: 'a reset', end: reset, reason: 'Connection Reset by Peer' },
  { type: 'grpcs', what: 'a close', end: close, reason: 'HTTP Invalid Response' },
] as const)('$type: no client certificate is wanted, and $what: $reason', async ({ type, end, reason }) => {
  const port = await listenBefore(servers[type](V1_3), end);
  const outcome = await probe(makeCheck({ type, timeoutSeconds: 2 }, { port }), options);
  expect(outcome.reason).toBe(reason);
});

const V1_2 = { ...good, maxVersion: 'TLSv1.2' } as const;
test.each([
  { type: 'https', what: 'a reset', end: reset },
  { type: 'https', what: 'a close', end: close },
  { type: 'grpcs', what: 'a reset', end: reset },
] as const)(
  '$type: TLS 1.2 refuses the client certificate in the handshake, and $what hides the alert: a TLS reason (RFC 5246 §7.4.6)',
  async ({ type, end }) => {
    const wants = { ...V1_2, requestCert: true, rejectUnauthorized: true, ca: [authority] };
    const port = await listenBefore(servers[type](wants), end);
    for (let i = 0; i < 5; i++) {
      const outcome = await probe(makeCheck({ type, timeoutSeconds: 2 }, { port }), options);
      expect(outcome).toMatchObject({ reason: 'TLS Handshake Failure', detail: REFUSED, responseCode: 0 });
    }
  },
);

test('https: TLS 1.2, no client certificate is wanted, and a reset within the handshake: Connection Reset by Peer', async () => {
  const port = await listenBefore(servers.https(V1_2), reset);
  const outcome = await probe(makeCheck({ type: 'https', timeoutSeconds: 2 }, { port }), options);
  expect(outcome).toMatchObject({ reason: 'Connection Reset by Peer' });
});

test('https: TLS 1.2, a server that asked for a certificate, continued without one and closed later has not refused one', async () => {
  const server = createTlsServer({ ...V1_2, requestCert: true, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.destroy());
  });
  const { port } = await listen(server);
  const outcome = await probe(makeCheck({ type: 'https', timeoutSeconds: 2 }, { port }), options);
  expect(outcome.reason).toMatch(/^(HTTP Invalid Response|Connection Reset by Peer)$/);
});

test('a server that asks for a certificate and closes during its answer has not refused one', async () => {
  const server = createTlsServer({ ...WANTS, rejectUnauthorized: false }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n'));
  });
  const { port } = await listen(server);
  const outcome = await probe(makeCheck({ type: 'https', timeoutSeconds: 2 }, { port }), options);
  expect(outcome).toMatchObject({
    reason: 'HTTP Invalid Response',
    detail: 'The connection ended within the header fields.',
  });
});

test.each([
  { what: 'a reset', end: reset },
  { what: 'a close', end: close },
])(
  'smtp: a client certificate is wanted after STARTTLS, and $what hides the alert: a TLS reason',
  async ({ end }) => {
    const server = createTcpServer(async (plain) => {
      plain.on('error', () => {});
      plain.write('220 hello\r\n');
      await once(plain, 'data');
      plain.write('250-hello\r\n250 STARTTLS\r\n');
      await once(plain, 'data');
      plain.write('220 go ahead\r\n');
      const secured = new TLSSocket(plain, { isServer: true, ...WANTS, rejectUnauthorized: false });
      secured.on('error', () => {});
      secured.on('secure', () => end(plain));
    });
    const { port } = await listen(server);
    const tls: Monitor['tls'] = { starttls: true };
    const outcome = await probe(makeCheck({ type: 'smtp', tls, timeoutSeconds: 2 }, { port }), options);
    expect(outcome).toMatchObject({ reason: 'TLS Handshake Failure', detail: REFUSED });
  },
);
