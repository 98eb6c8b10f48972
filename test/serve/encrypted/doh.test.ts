import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PADDED_BLOCK_OCTETS } from '../../../src/answer/edns/opt.ts';
import { type DohOptions, startDoh } from '../../../src/serve/doh/doh.ts';
import type { TlsListener } from '../../../src/serve/tls/dot.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { notingClients, responderHere, responderNowhere, streamOptions } from '../listen/listening.ts';
import {
  type Asked,
  type At,
  askHttp1,
  askHttp2,
  endSessions,
  openSession,
  type Responded,
} from './doh-client.ts';
import { KDIG, kdig } from './kdig.ts';

const certificates = makeCertificates();
const certificate = { cert: Buffer.from(certificates.good.cert), key: Buffer.from(certificates.good.key) };
const PATH = '/dns-query';

const listeners: TlsListener[] = [];
const startHere = async (fields: Partial<DohOptions> = {}): Promise<At> => {
  const listener = await startDoh({ ...streamOptions(), path: PATH, certificate, ...fields });
  listeners.push(listener);
  return { ...listener, ca: certificates.authority };
};
afterEach(async () => {
  endSessions();
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
});

const www = queryPacket({ name: 'www.example.org', id: 0 });
const text = (message: Uint8Array) => Buffer.from(message).toString('base64url');
const get = (message: Uint8Array): Asked => ({ path: `${PATH}?dns=${text(message)}` });
const post = (body: Uint8Array): Asked => ({
  method: 'POST',
  path: PATH,
  headers: { 'content-type': 'application/dns-message' },
  body,
});
const lines = ({ body }: Responded) => decode(body).answer.map(({ line }) => line);

describe.skipIf(KDIG.missing)(KDIG.title, () => {
  test.each(['+https', '+https-get'])('%s gets an answer', async (option) => {
    expect(await kdig(await startHere(), 'www.example.org', option, '+short')).toBe('192.0.2.1\n');
  });
  test('the answer is padded (RFC 8484 §5.1, RFC 8467)', async () => {
    const told = await kdig(await startHere(), 'www.example.org', '+https', '+padding');
    expect(told).toContain(`Received ${PADDED_BLOCK_OCTETS} B`);
  });
  test('another path works, at the server that the certificate names', async () => {
    const server = await startHere({ path: '/lifeguard/dns' });
    const directory = mkdtempSync(join(tmpdir(), 'lifeguard-doh-'));
    const authority = join(directory, 'ca.pem');
    writeFileSync(authority, certificates.authority);
    const https = ['+https=www.example.org/lifeguard/dns', `+tls-ca=${authority}`];
    expect(await kdig(server, ...https, 'www.example.org', '+short')).toBe('192.0.2.1\n');
    rmSync(directory, { recursive: true });
  });
});

/** Both versions of HTTP, and HTTP without TLS. */
const WAYS: readonly {
  way: string;
  fields: Partial<DohOptions>;
  ask(at: At, asked: Asked): Promise<Responded>;
}[] = [
  { way: 'HTTP/2', fields: {}, ask: (at, asked) => askHttp2(openSession(at), asked) },
  { way: 'HTTP/1.1', fields: {}, ask: askHttp1 },
  {
    way: 'HTTP/1.1 without TLS',
    fields: { certificate: undefined as never },
    ask: ({ address, port }, asked) => askHttp1({ address, port }, asked),
  },
];

describe.each(WAYS)('$way', ({ fields, ask }) => {
  const startThis = () => startHere(fields);

  test.each([
    { how: 'GET', asked: get(www) },
    { how: 'POST', asked: post(www) },
    { how: 'GET with other parameters', asked: { path: `${PATH}?ct&dns=${text(www)}&x=1` } },
    {
      how: 'POST with a media type in another case and a parameter',
      asked: { ...post(www), headers: { 'content-type': 'Application/DNS-Message; x=1' } },
    },
  ])('$how', async ({ asked }) => {
    const responded = await ask(await startThis(), asked);
    expect(responded).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/dns-message',
        'content-length': String(responded.body.length),
        'cache-control': 'max-age=30',
      },
    });
    expect(lines(responded)).toEqual(['www.example.org. 30 A 192.0.2.1']);
  });

  test('HEAD is GET without the body (RFC 9110 §9.3.2)', async () => {
    const server = await startThis();
    const got = await ask(server, get(www));
    const head = await ask(server, { ...get(www), method: 'HEAD' });
    const { date: _, ...headers } = got.headers;
    expect(head).toMatchObject({ status: 200, headers });
    expect(head.body.length).toBe(0);
  });

  test.each([
    { status: 404, of: 'another path', asked: { ...get(www), path: `/?dns=${text(www)}` } },
    { status: 404, of: 'a longer path', asked: { path: `${PATH}/?dns=${text(www)}` } },
    { status: 404, of: 'another path, with any method', asked: { path: '/admin', method: 'DELETE' } },
    { status: 405, of: 'PUT', asked: { ...post(www), method: 'PUT' } },
    { status: 405, of: 'OPTIONS', asked: { path: PATH, method: 'OPTIONS' } },
    { status: 400, of: 'no parameter', asked: { path: PATH } },
    { status: 400, of: 'an empty parameter', asked: { path: `${PATH}?dns=` } },
    { status: 400, of: 'the parameter twice', asked: { path: `${PATH}?dns=${text(www)}&dns=${text(www)}` } },
    { status: 400, of: 'padding', asked: { path: `${PATH}?dns=${text(www.subarray(0, 31))}%3D%3D` } },
    { status: 400, of: 'the alphabet of base64', asked: { path: `${PATH}?dns=AAAB%2B%2FAAAAAAAAAA` } },
    { status: 400, of: 'a single character left over', asked: { path: `${PATH}?dns=${'A'.repeat(17)}` } },
    { status: 400, of: 'bits left over', asked: { path: `${PATH}?dns=${'A'.repeat(17)}B` } },
    { status: 400, of: 'a message that is too short', asked: get(www.subarray(0, 11)) },
    { status: 400, of: 'a response', asked: post(queryPacket({ name: 'www.example.org', flags: 0x8000 })) },
    { status: 400, of: 'an empty body', asked: post(Buffer.alloc(0)) },
    { status: 415, of: 'no media type', asked: { ...post(www), headers: {} } },
    { status: 415, of: 'another', asked: { ...post(www), headers: { 'content-type': 'application/json' } } },
    {
      status: 415,
      of: 'an encoded body',
      asked: {
        ...post(www),
        headers: { 'content-type': 'application/dns-message', 'content-encoding': 'gzip' },
      },
    },
    { status: 413, of: 'a message that is too long', asked: post(Buffer.alloc(65_536)) },
    {
      status: 413,
      of: 'a message whose length in its header is too long',
      asked: {
        ...post(Buffer.alloc(65_536)),
        headers: { 'content-type': 'application/dns-message', 'content-length': 65_536 },
      },
    },
  ])('$status for $of', async ({ status, asked }) => {
    const responded = await ask(await startThis(), asked);
    expect(responded).toMatchObject({ status, headers: { 'content-type': 'text/plain; charset=utf-8' } });
    expect(responded.headers.allow).toBe(status === 405 ? 'GET, HEAD, POST' : undefined);
    expect(responded.headers).not.toHaveProperty('cache-control');
    expect(responded.body.toString()).toMatch(/^[^\n]+\n$/);
  });

  test('the longest possible body is answered like any other query', async () => {
    // A client cookie, then options of nobody's up to the end.
    const head = queryPacket({ name: 'www.example.org', opts: [{ options: [{ code: 65_001, data: '' }] }] });
    const query = Buffer.concat([head, Buffer.alloc(65_535 - head.length)]);
    const dataOctets = 4 + 65_535 - head.length;
    query.writeUInt16BE(dataOctets, head.length - 6);
    query.writeUInt16BE(dataOctets - 4, head.length - 2);
    const responded = await ask(await startThis(), post(query));
    expect(responded.status).toBe(200);
    expect(lines(responded)).toHaveLength(1);
  });
});

test.each([
  { fields: ['Host: a'], status: 200 },
  { fields: ['Host: a', 'Host: a'], status: 400 },
  { fields: ['Host: a', 'hOST: b'], status: 400 },
  { fields: [], status: 400 },
])('a request with the fields $fields: $status (RFC 9112 §3.2)', async ({ fields, status }) => {
  const { address, port } = await startHere({ certificate: undefined as never });
  const socket = connect({ host: address, port });
  const head = [`GET ${get(www).path} HTTP/1.1`, ...fields, 'Connection: close'];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  expect(Buffer.concat(chunks).toString('latin1')).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
});

describe('max-age (RFC 8484 §5.1)', () => {
  test.each([
    { rule: 'the TTL of the answer', spec: { name: 'www.example.org' }, maxAge: 30 },
    { rule: 'the smallest TTL', spec: { name: 'alias.example.org' }, maxAge: 20 },
    { rule: 'RFC 2308 §5: the SOA’s MINIMUM for NXDOMAIN', spec: { name: 'no.example.org' }, maxAge: 10 },
    { rule: 'the same for NODATA', spec: { name: 'www.example.org', type: 'MX' as const }, maxAge: 10 },
    {
      rule: 'an alias whose target has no records',
      spec: { name: 'alias.example.org', type: 'MX' as const },
      maxAge: 10,
    },
    { rule: '0 for an error', spec: { name: 'example.com' }, maxAge: 0 },
    { rule: '0 for a malformed query', spec: { name: 'www.example.org', questions: 2 }, maxAge: 0 },
    {
      rule: 'the TTL field of OPT does not count',
      spec: { name: 'www.example.org', opts: [{}] },
      maxAge: 30,
    },
  ])('$rule', async ({ spec, maxAge }) => {
    const { status, headers } = await askHttp1(await startHere(), get(queryPacket(spec)));
    expect([status, headers['cache-control']]).toEqual([200, `max-age=${maxAge}`]);
  });
  test('0 while no table is loaded', async () => {
    const server = await startHere({ responder: responderNowhere() });
    const { headers } = await askHttp1(server, get(www));
    expect(headers['cache-control']).toBe('max-age=0');
  });
});

test('the client is the peer of the socket', async () => {
  const responder = notingClients(responderHere());
  const server = await startHere({ responder });
  await askHttp2(openSession(server), get(www));
  await askHttp1(server, post(www));
  expect(responder.clients).toEqual(['127.0.0.1', '127.0.0.1']);
});

test('a new certificate is used from the next connection on', async () => {
  const server = await startHere();
  listeners[0]!.setCertificate({
    cert: Buffer.from(certificates.expired.cert),
    key: Buffer.from(certificates.expired.key),
  });
  await expect(askHttp1(server, get(www))).rejects.toMatchObject({ code: 'CERT_HAS_EXPIRED' });
});
