import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { json, text } from 'node:stream/consumers';
import { connect as tlsConnect } from 'node:tls';
import { expect, test } from 'vitest';
import { HEADERS_TIMEOUT_MS } from '../../../src/admin/http/http-server.ts';
import { STOP_MS } from '../../../src/admin/server.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { openTestAdmin, POOLS, startTestAdmin, TOKEN } from '../server.ts';

const { authority, good, otherName } = makeCertificates();
const headers = { authorization: `Bearer ${TOKEN}` };

interface Reply {
  readonly status: number | undefined;
  readonly hsts: string | undefined;
  readonly body: unknown;
}

/** A GET with the token by HTTPS, for a name that the certificate must have. */
function get(port: number, servername: string, agent?: Agent): Promise<Reply> {
  const { promise, resolve, reject } = Promise.withResolvers<Reply>();
  const target = { host: '127.0.0.1', port, path: POOLS, headers, ca: authority, servername };
  httpsRequest({ ...target, agent: agent ?? false }, async (response) =>
    resolve({
      status: response.statusCode,
      hsts: response.headers['strict-transport-security'],
      body: await json(response),
    }),
  )
    .on('error', reject)
    .end();
  return promise;
}

test('with a certificate the API answers over HTTPS with HSTS, and not over HTTP', async () => {
  const api = await startTestAdmin({ tls: good });
  expect(api.logged()).toContain(`The API listens at https://127.0.0.1:${api.port}`);
  const { status, hsts, body } = await get(api.port, 'www.example.org');
  expect([status, hsts]).toEqual([200, 'max-age=31536000']);
  expect(body).toMatchObject({ success: true, result: [] });
  const socket = tlsConnect({
    host: '127.0.0.1',
    port: api.port,
    ca: authority,
    servername: 'www.example.org',
  });
  socket.write('NOT HTTP AT ALL\r\n\r\n');
  expect(await text(socket)).toMatch(
    /^HTTP\/1\.1 400 .*\r\nstrict-transport-security: max-age=31536000\r\n/s,
  );
  await expect(fetch(`http://127.0.0.1:${api.port}${POOLS}`, { headers })).rejects.toThrow();
});

test('without a certificate the API answers over HTTP, without HSTS', async () => {
  const api = await startTestAdmin();
  const { status, headers: told } = await api.call('GET', POOLS);
  expect([status, told.get('strict-transport-security')]).toEqual([200, null]);
  expect(api.logged()).toContain(`The API listens at http://127.0.0.1:${api.port}`);
  expect(() => api.useCertificate(good)).toThrow('no certificate to change');
});

test('TLS older than 1.2 is refused', async () => {
  const api = await startTestAdmin({ tls: good });
  const old = { host: '127.0.0.1', port: api.port, ca: authority, servername: 'www.example.org' };
  const socket = tlsConnect({
    ...old,
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'ALL:@SECLEVEL=0',
  });
  const [error] = await once(socket, 'error');
  expect(String(error)).toMatch(/alert protocol version|unsupported protocol/);
});

test('an invalid certificate is an error at the start', async () => {
  await expect(startTestAdmin({ tls: { ...good, cert: 'x' } })).rejects.toThrow();
});

test('a new certificate is used from the next connection on, and no request is lost', async () => {
  const api = await startTestAdmin({ tls: good });
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  expect((await get(api.port, 'www.example.org', kept)).status).toBe(200);
  const under = Array.from({ length: 50 }, () => get(api.port, 'www.example.org'));
  const [first] = await Promise.all([get(api.port, 'www.example.org'), ...under]);
  expect(first.status).toBe(200);
  const during = Array.from({ length: 50 }, () => get(api.port, 'www.example.org', kept));
  api.useCertificate(otherName);
  expect((await Promise.all(during)).map(({ status }) => status)).toEqual(Array(50).fill(200));
  // The connection that was there goes on with what it was made with.
  expect((await get(api.port, 'www.example.org', kept)).status).toBe(200);
  expect((await get(api.port, 'other.example.com')).status).toBe(200);
  await expect(get(api.port, 'www.example.org')).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  kept.destroy();
});

test('an invalid new certificate changes nothing', async () => {
  const api = await startTestAdmin({ tls: good });
  expect(() => api.useCertificate({ ...good, cert: 'x' })).toThrow();
  expect((await get(api.port, 'www.example.org')).status).toBe(200);
});

const silent = (port: number): Socket =>
  connect(port, '127.0.0.1')
    .on('error', () => {})
    .resume();

test('a handshake that does not end in time is closed', async () => {
  const api = await startTestAdmin({ tls: good });
  const began = performance.now();
  const [nothing, half] = [silent(api.port), silent(api.port)];
  // The beginning of a ClientHello of 512 octets.
  half.write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]));
  await Promise.all([nothing, half].map((socket) => once(socket, 'close')));
  expect(performance.now() - began).toBeGreaterThan(HEADERS_TIMEOUT_MS - 1_000);
}, 20_000);

test('a client that ends its side within a handshake, or after it, does not keep its connection', async () => {
  const api = await startTestAdmin({ tls: good });
  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
  const early = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true }).resume();
  const earlyClosed = closed(early);
  early.end();
  const idle = tlsConnect({
    port: api.port,
    host: '127.0.0.1',
    ca: authority,
    servername: 'www.example.org',
  });
  await once(idle.resume(), 'secureConnect');
  idle.end();
  await Promise.all([earlyClosed, closed(idle)]);
});

test('stop() does not wait for a handshake', async () => {
  const api = await openTestAdmin({ tls: good });
  const socket = silent(api.port);
  await once(socket, 'connect');
  expect((await get(api.port, 'www.example.org')).status).toBe(200);
  const began = performance.now();
  await api.stop();
  expect(performance.now() - began).toBeLessThan(STOP_MS);
});
