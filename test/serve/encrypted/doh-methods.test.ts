import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { type DohOptions, startDoh } from '../../../src/serve/doh/doh.ts';
import type { TlsListener } from '../../../src/serve/tls/dot.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { streamOptions } from '../listen/listening.ts';
import { endSessions, openSession } from './doh-client.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };
const PATH = '/dns-query';
const listeners: TlsListener[] = [];
async function startHere(fields: Partial<DohOptions> = {}) {
  const listener = await startDoh({ ...streamOptions(), path: PATH, certificate, ...fields });
  listeners.push(listener);
  return { ...listener, ca: certificates.authority };
}
afterEach(async () => {
  endSessions();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

const GET = {
  ':path': `${PATH}?dns=${Buffer.from(queryPacket({ name: 'www.example.org', id: 0 })).toString('base64url')}`,
};

/** The status of a request, or how its stream ended. */
async function statusOf(
  session: ClientHttp2Session,
  head: OutgoingHttpHeaders,
  endStream = true,
): Promise<unknown> {
  const stream = session.request(head, { endStream });
  let status: unknown;
  stream.on('response', (headers) => {
    status = headers[':status'];
  });
  stream.on('error', () => {});
  stream.resume();
  await new Promise((resolve) => stream.once('close', resolve));
  return status ?? `reset ${stream.rstCode}`;
}

test.each([
  { of: 'CONNECT', head: { ':method': 'CONNECT', ':authority': 'dns.example:443' }, status: 405 },
  { of: 'TRACE', head: { ':method': 'TRACE', ':path': PATH }, status: 405 },
  { of: 'an unknown method', head: { ':method': 'BREW', ':path': PATH }, status: 405 },
])('$of over HTTP/2 gets $status, and the connection stays', async ({ head, status }) => {
  const session = openSession(await startHere());
  for (const endStream of [true, false]) expect(await statusOf(session, head, endStream)).toBe(status);
  expect(await statusOf(session, GET)).toBe(200);
});

test('extended CONNECT (RFC 8441), which the server does not offer, ends its stream alone', async () => {
  const session = openSession(await startHere());
  const head = {
    ':method': 'CONNECT',
    ':protocol': 'connect-udp',
    ':path': PATH,
    ':scheme': 'https',
    ':authority': 'a',
  };
  await expect(statusOf(session, head)).resolves.toMatch(/^reset/);
  expect(await statusOf(session, GET)).toBe(200);
});

/** What a server answers on a connection of HTTP/1.1 before it closes it. */
async function answerTo(text: string, hasTls: boolean): Promise<string> {
  const { port } = await startHere(hasTls ? {} : { certificate: undefined as never });
  const socket = hasTls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
    : connectTcp(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(text);
  let answer = '';
  for await (const part of socket) answer += String(part);
  return answer;
}

test.each(
  [true, false].flatMap((hasTls) => [
    { hasTls, of: 'CONNECT dns.example:443', status: '405 Method Not Allowed' },
    { hasTls, of: `BREW ${PATH}`, status: '501 Not Implemented' },
    { hasTls, of: `GET ${PATH} and more`, status: '400 Bad Request' },
  ]),
)('$of over HTTP/1.1 gets $status (TLS: $hasTls)', async ({ hasTls, of, status }) => {
  const answer = await answerTo(`${of} HTTP/1.1\r\nHost: dns.example\r\n\r\n`, hasTls);
  expect(answer.split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`);
});
