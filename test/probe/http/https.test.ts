import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { expect, test, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { type KeyPair, makeCertificates } from '../certificates.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

const certificates = makeCertificates();
const options = {
  resolve: createResolve(),
  ping: createPing(),
  secureContext: createSecureContext({ ca: [certificates.authority] }),
};

interface Ask {
  readonly pair?: KeyPair;
  readonly tls?: TlsOptions;
  readonly monitor?: Partial<Monitor>;
  readonly host?: string;
  readonly address?: string;
}

/** The outcome of a check against a server with these credentials, and the SNI it saw. */
async function ask({ pair = certificates.good, tls = {}, monitor = {}, host, address = '127.0.0.1' }: Ask) {
  const server = createServer({ ...pair, ...tls }, (_request, response) => response.end('secret'));
  const names: (string | false | null)[] = [];
  server.on('secureConnection', (socket) => names.push(socket.servername));
  const { port, connections } = await listen(server);
  const header = host === undefined ? null : { Host: [host] };
  const check = makeCheck({ type: 'https', ...monitor }, { address, port, header });
  const outcome = await probe(check, { ...options, resolve: async () => ({ addresses: ['127.0.0.1'] }) });
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return { outcome, names };
}

test.each<{ rule: string; sni: string | false; reason: string } & Ask>([
  { rule: 'for its IP address', sni: false, reason: 'No failures' },
  { rule: 'for the Host', host: 'www.example.org', sni: 'www.example.org', reason: 'No failures' },
  {
    rule: 'for the Host, without its port',
    host: 'www.example.org:1',
    sni: 'www.example.org',
    reason: 'No failures',
  },
  {
    rule: 'for the Host with its final dot',
    host: 'www.example.org.',
    sni: 'www.example.org',
    reason: 'No failures',
  },
  {
    rule: 'for the host name with its final dot',
    address: 'www.example.org.',
    sni: 'www.example.org',
    reason: 'No failures',
  },
  { rule: 'for the host name', address: 'www.example.org', sni: 'www.example.org', reason: 'No failures' },
  {
    rule: 'for another Host',
    host: 'a.example.org',
    sni: 'a.example.org',
    reason: 'TLS name mismatch error',
  },
  {
    rule: 'for another host name',
    address: 'a.example.org',
    sni: 'a.example.org',
    reason: 'TLS name mismatch error',
  },
  {
    rule: 'for a name, not the IP address',
    pair: certificates.otherName,
    sni: false,
    reason: 'TLS name mismatch error',
  },
  { rule: 'expired', pair: certificates.expired, sni: false, reason: 'TLS untrusted certificate error' },
  {
    rule: 'self-signed',
    pair: certificates.selfSigned,
    sni: false,
    reason: 'TLS untrusted certificate error',
  },
])('a certificate $rule: $reason, SNI $sni', async ({ sni, reason, ...how }) => {
  const { outcome, names } = await ask(how);
  expect(outcome.reason).toBe(reason);
  expect(names.every((name) => name === sni)).toBe(true);
  if (outcome.ok) expect([outcome.responseCode, names.length]).toEqual([200, 1]);
});

test.each([
  { pair: certificates.expired, what: 'expired' },
  { pair: certificates.selfSigned, what: 'self-signed' },
  { pair: certificates.otherName, what: 'of another name' },
])('allow_insecure accepts a certificate $what', async ({ pair }) => {
  const { outcome } = await ask({ pair, monitor: { allowInsecure: true, expectedBody: 'SECRET' } });
  expect(outcome).toMatchObject({ ok: true, responseCode: 200 });
});

test('a private authority is not trusted unless it is configured', async () => {
  const { port } = await listen(createServer(certificates.good, (_request, response) => response.end()));
  const outcome = await probe(makeCheck({ type: 'https' }, { port }), {
    resolve: createResolve(),
    ping: createPing(),
  });
  expect(outcome.reason).toBe('TLS untrusted certificate error');
});

test.each<{ what: string; tls: TlsOptions; reason: string }>([
  {
    what: 'only TLS 1.1',
    tls: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' },
    reason: 'TLS protocol error',
  },
  {
    what: 'no common cipher',
    tls: { maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' },
    reason: 'TLS Handshake Failure',
  },
])('$what: $reason', async ({ tls, reason }) => expect((await ask({ tls })).outcome.reason).toBe(reason));

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a server that wants a certificate, over %s: a TLS reason',
  async (version) => {
    const tls = { requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version };
    expect((await ask({ tls: { ...tls, ca: [certificates.authority] } })).outcome).toMatchObject({
      reason: 'TLS Handshake Failure',
      detail: expect.stringMatching(/^TLS: .*(certificate required|handshake failure)$/),
    });
  },
);

const alert = (description: number) => Buffer.of(21, 3, 3, 0, 2, 2, description);

test.each<{ what: string; serve: (socket: Socket) => void; reason: string }>([
  {
    what: 'unrecognized_name (RFC 6066 §3)',
    serve: (socket) => socket.end(alert(112)),
    reason: 'TLS unrecognized name error',
  },
  { what: 'handshake_failure', serve: (socket) => socket.end(alert(40)), reason: 'TLS Handshake Failure' },
  { what: 'protocol_version', serve: (socket) => socket.end(alert(70)), reason: 'TLS protocol error' },
  {
    what: 'plain HTTP',
    serve: (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    reason: 'TLS protocol error',
  },
  { what: 'a close', serve: (socket) => socket.end(), reason: 'TLS Handshake Failure' },
  { what: 'a reset', serve: (socket) => socket.resetAndDestroy(), reason: 'Connection Reset by Peer' },
  { what: 'silence', serve: () => {}, reason: 'HTTP timeout occurred' },
])('a handshake answered by $what: $reason', async ({ serve, reason }) => {
  const { port, connections } = await listen(
    createTcpServer((socket) => socket.once('data', () => serve(socket))),
  );
  const outcome = await probe(makeCheck({ type: 'https', timeoutSeconds: 0.5 }, { port }), options);
  expect(outcome).toMatchObject({ ok: false, reason, responseCode: 0 });
  await vi.waitFor(() => expect(connections.open).toBe(0));
});

test('a silent server after the handshake is a timeout', async () => {
  const { port } = await listen(createServer(certificates.good, () => {}));
  const check = makeCheck({ type: 'https', timeoutSeconds: 0.5 }, { port });
  expect((await probe(check, options)).reason).toBe('HTTP timeout occurred');
});

test('the outcome has the end of the certificate after a successful handshake, whatever the result', async () => {
  const endsAtMs = Date.UTC(2099, 0, 1);
  expect((await ask({})).outcome.certificateEndsAtMs).toBe(endsAtMs);
  const mismatch = await ask({ monitor: { expectedCodes: '404' } });
  expect(mismatch.outcome).toMatchObject({ ok: false, certificateEndsAtMs: endsAtMs });
  const expired = { pair: certificates.expired };
  expect((await ask(expired)).outcome).not.toHaveProperty('certificateEndsAtMs');
  const { outcome } = await ask({ ...expired, monitor: { allowInsecure: true } });
  expect(outcome).toMatchObject({ ok: true, certificateEndsAtMs: Date.UTC(2021, 0, 1) });
});

test('a redirect to another server says nothing about the certificate of the endpoint', async () => {
  const elsewhere = await listen(createServer(certificates.good, (_request, response) => response.end()));
  const plain = await listen(
    createHttpServer((_request, response) =>
      response.writeHead(302, { location: `https://127.0.0.1:${elsewhere.port}/` }).end(),
    ),
  );
  const outcome = await probe(makeCheck({ followRedirects: true }, { port: plain.port }), options);
  expect(outcome.ok).toBe(true);
  expect(outcome).not.toHaveProperty('certificateEndsAtMs');
});

test.each([
  { to: 'http, the same host', other: 'http' },
  { to: 'https, another port', other: 'https' },
] as const)(
  'a redirect from https to $to drops all fields of the monitor (RFC 9110 §15.4)',
  async ({ other }) => {
    const seen: (string | undefined)[] = [];
    const second = await listen(
      other === 'http'
        ? createHttpServer((request, response) => {
            seen.push(request.headers.authorization);
            response.end();
          })
        : createServer(certificates.good, (request, response) => {
            seen.push(request.headers.authorization);
            response.end();
          }),
    );
    const first = await listen(
      createServer(certificates.good, (request, response) => {
        seen.push(request.headers.authorization);
        const location = request.url === '/' ? '/again' : `${other}://127.0.0.1:${second.port}/`;
        response.writeHead(302, { location }).end();
      }),
    );
    const header = { Authorization: ['Bearer s3cret'] };
    const monitor = { type: 'https', followRedirects: true, header } as const;
    const outcome = await probe(makeCheck(monitor, { port: first.port }), options);
    expect([outcome.reason, seen]).toEqual(['No failures', ['Bearer s3cret', 'Bearer s3cret', undefined]]);
  },
);
