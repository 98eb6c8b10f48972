import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer, type ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TLSSocket, type TlsOptions } from 'node:tls';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Monitor } from '../../src/check/monitor.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { createTlsMaterial } from '../../src/probe/tls-material.ts';
import { makeCertificates } from './certificates.ts';
import { makeCheck } from './checks.ts';
import { listen } from './listen.ts';

const certificates = makeCertificates();
const { authority, good, otherName, selfSigned } = certificates;
const dir = mkdtempSync(join(tmpdir(), 'lifeguard-monitor-tls-'));
afterAll(() => rmSync(dir, { recursive: true }));
const at = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};

const cert = at('good.pem', good.cert);
const key = at('good.key', good.key);
execFileSync('mkfifo', [join(dir, 'fifo')]);
const files = {
  authorities: [
    { name: 'internal', file: at('ca.pem', `# of the house\n${authority}`) },
    { name: 'bundle', file: at('bundle.pem', `${selfSigned.cert}\n${authority}`) },
    { name: 'other', file: at('other.pem', selfSigned.cert) },
    { name: 'missing', file: join(dir, 'missing.pem') },
    {
      name: 'garbage',
      file: at('garbage.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    },
    { name: 'empty', file: at('empty.pem', '') },
    { name: 'folder', file: dir },
    { name: 'fifo', file: join(dir, 'fifo') },
  ],
  clientCertificates: [
    { name: 'probe', cert, key },
    { name: 'mismatch', cert: at('self.pem', makeCertificates().good.cert), key },
    { name: 'keyless', cert, key: join(dir, 'none.key') },
  ],
};
const options = { resolve: createResolve(), ping: createPing(), material: createTlsMaterial(files) };

async function ask(tls: Monitor['tls'], server: TlsOptions = {}, monitor: Partial<Monitor> = {}) {
  const seen: { sni: unknown; client: string | undefined }[] = [];
  const web = createServer({ ...good, ...server }, (request, response) => {
    const socket = request.socket as TLSSocket;
    seen.push({ sni: socket.servername, client: socket.getPeerX509Certificate()?.subject });
    response.end();
  });
  const { port } = await listen(web);
  const outcome = await probe(
    makeCheck({ type: 'https', ...(tls && { tls }), ...monitor }, { port }),
    options,
  );
  return { outcome, seen };
}

const WANTS_CERTIFICATE = { requestCert: true, rejectUnauthorized: true, ca: [authority] };
const OLD: TlsOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' };

test.each<{ what: string; tls: Monitor['tls']; server?: TlsOptions; reason: string }>([
  { what: 'a private authority that is not named', tls: null, reason: 'TLS untrusted certificate error' },
  { what: 'a named private authority', tls: { authority: 'internal' }, reason: 'No failures' },
  { what: 'an authority of a bundle', tls: { authority: 'bundle' }, reason: 'No failures' },
  { what: 'another authority', tls: { authority: 'other' }, reason: 'TLS untrusted certificate error' },
  {
    what: 'a server wants a certificate, and none is named',
    tls: { authority: 'internal' },
    server: WANTS_CERTIFICATE,
    reason: 'TLS Handshake Failure',
  },
  {
    what: 'a server wants a certificate, and one is named',
    tls: { authority: 'internal', clientCertificate: 'probe' },
    server: WANTS_CERTIFICATE,
    reason: 'No failures',
  },
  {
    what: 'over 1.2',
    tls: { authority: 'internal', clientCertificate: 'probe' },
    server: { ...WANTS_CERTIFICATE, maxVersion: 'TLSv1.2' },
    reason: 'No failures',
  },
  {
    what: 'another name',
    tls: { authority: 'internal' },
    server: otherName,
    reason: 'TLS name mismatch error',
  },
  {
    what: 'another name is configured and matches',
    tls: { authority: 'internal', serverName: 'other.example.com.' },
    server: otherName,
    reason: 'No failures',
  },
  {
    what: 'the configured name does not match',
    tls: { authority: 'internal', serverName: 'x.example.com' },
    server: otherName,
    reason: 'TLS name mismatch error',
  },
  {
    what: '1.2 where 1.3 is the lowest',
    tls: { authority: 'internal', minVersion: '1.3' },
    server: { maxVersion: 'TLSv1.2' },
    reason: 'TLS protocol error',
  },
  {
    what: '1.3 where 1.3 is the lowest',
    tls: { authority: 'internal', minVersion: '1.3' },
    reason: 'No failures',
  },
  {
    what: '1.1 without a configured minimum',
    tls: { authority: 'internal' },
    server: OLD,
    reason: 'TLS protocol error',
  },
  {
    what: '1.1 where 1.0 is the lowest',
    tls: { authority: 'internal', minVersion: '1.0' },
    server: OLD,
    reason: 'No failures',
  },
  {
    what: '1.1 where 1.1 is the lowest',
    tls: { authority: 'internal', minVersion: '1.1' },
    server: OLD,
    reason: 'No failures',
  },
])('https: $what: $reason', async ({ tls, server, reason }) => {
  expect((await ask(tls, server)).outcome.reason).toBe(reason);
});

test('the server name is sent without its final dot, and Host is unchanged', async () => {
  const { seen, outcome } = await ask({ authority: 'internal', serverName: 'www.example.org.' });
  expect([outcome.ok, seen]).toEqual([true, [{ sni: 'www.example.org', client: undefined }]]);
});

test.each([
  { tls: { authority: 'nosuch' }, fault: 'The configuration here has no "nosuch" in monitor.authorities.' },
  {
    tls: { clientCertificate: 'nosuch' },
    fault: 'The configuration here has no "nosuch" in monitor.client_certificates.',
  },
  { tls: { authority: 'missing' }, fault: 'The authority "missing" cannot be read: ENOENT.' },
  {
    tls: { authority: 'garbage' },
    fault: 'The authority "garbage" cannot be used: its file is not certificates in PEM.',
  },
  {
    tls: { authority: 'empty' },
    fault: 'The authority "empty" cannot be used: its file is not certificates in PEM.',
  },
  { tls: { authority: 'folder' }, fault: 'The authority "folder" cannot be read: it is not a regular file.' },
  { tls: { authority: 'fifo' }, fault: 'The authority "fifo" cannot be read: it is not a regular file.' },
  {
    tls: { clientCertificate: 'keyless' },
    fault: 'The client certificate "keyless" cannot be read: ENOENT.',
  },
  {
    tls: { clientCertificate: 'mismatch' },
    fault: 'The client certificate "mismatch" cannot be used: ERR_OSSL_X509_KEY_VALUES_MISMATCH.',
  },
])('$fault: the check is not possible, and the endpoint is not blamed', async ({ tls, fault }) => {
  const made = ask(tls);
  await expect(made).rejects.toThrow(LocalFault);
  await expect(made).rejects.toThrow(fault);
  await expect(made).rejects.not.toThrow(dir);
});

test('files that change are read again', async () => {
  at('other.pem', authority);
  const again = async () => expect((await ask({ authority: 'other' })).outcome.ok).toBe(true);
  await vi.waitFor(again, { timeout: 40_000, interval: 200 });
});

test('a redirect to another port gets no client certificate, and has the same authority', async () => {
  const clients: (string | undefined)[] = [];
  const tls = { ...good, requestCert: true, rejectUnauthorized: false, ca: [authority] };
  const other = await listen(
    createServer(tls, (request, response) => {
      clients.push((request.socket as TLSSocket).getPeerX509Certificate()?.subject);
      response.end();
    }),
  );
  const own = await listen(
    createServer(tls, (request, response) => {
      clients.push((request.socket as TLSSocket).getPeerX509Certificate()?.subject);
      const location = request.url === '/' ? '/next' : `https://127.0.0.1:${other.port}/`;
      response.writeHead(302, { location }).end();
    }),
  );
  const names = { authority: 'internal', clientCertificate: 'probe' };
  const check = makeCheck({ type: 'https', followRedirects: true, tls: names }, { port: own.port });
  expect((await probe(check, options)).reason).toBe('No failures');
  expect(clients).toEqual(['CN=leaf', 'CN=leaf', undefined]);
});

test('grpcs: authority, client certificate and server name', async () => {
  const names: unknown[] = [];
  const server = createSecureServer({ ...good, ...WANTS_CERTIFICATE });
  server.on('secureConnection', ({ servername }) => names.push(servername));
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => {});
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.end(Buffer.of(0, 0, 0, 0, 2, 8, 1));
  });
  const { port } = await listen(server);
  const tls = { authority: 'internal', clientCertificate: 'probe', serverName: 'www.example.org' };
  expect((await probe(makeCheck({ type: 'grpcs', tls }, { port }), options)).reason).toBe('No failures');
  expect(names).toEqual(['www.example.org']);
});

describe('smtp with STARTTLS (RFC 3207)', () => {
  /** Answers each command of a line; after STARTTLS over TLS. */
  function serve(replies: Readonly<Record<string, string>>, heard: string[], tls: TlsOptions) {
    return createTcpServer((plain) => {
      plain.on('error', () => {});
      const talk = (socket: Socket) => {
        const lines = createInterface(socket);
        lines.on('error', () => {});
        lines.on('line', (line) => {
          const verb = line.split(' ')[0]!;
          heard.push(verb);
          socket.write(replies[verb] ?? '250-hello\r\n250 STARTTLS\r\n');
          if (verb !== 'STARTTLS' || !replies.STARTTLS?.startsWith('220')) return;
          lines.close();
          const secured = new TLSSocket(plain, { isServer: true, ...good, ...tls });
          secured.on('error', () => {});
          talk(secured);
        });
      };
      plain.write('220 hello\r\n');
      talk(plain);
    });
  }

  async function dialogue(
    monitorTls: Monitor['tls'],
    replies: Readonly<Record<string, string>>,
    tls: TlsOptions = {},
  ) {
    const heard: string[] = [];
    const { port, connections } = await listen(serve(replies, heard, tls));
    const monitor = { type: 'smtp', timeoutSeconds: 2, ...(monitorTls && { tls: monitorTls }) } as const;
    const outcome = await probe(makeCheck(monitor, { port }), options);
    await vi.waitFor(() => expect(connections.open).toBe(0));
    return { outcome, heard };
  }
  const GOOD = { STARTTLS: '220 go ahead\r\n', HELO: '250 hello again\r\n', QUIT: '221 bye\r\n' };
  const tls = { starttls: true, authority: 'internal' };

  test('greeting, EHLO and STARTTLS, and then HELO and QUIT over TLS', async () => {
    const { outcome, heard } = await dialogue(tls, GOOD);
    expect(outcome).toMatchObject({ ok: true, responseCode: 221, certificateEndsAtMs: Date.UTC(2099, 0, 1) });
    expect(heard).toEqual(['EHLO', 'STARTTLS', 'HELO', 'QUIT']);
  });

  test.each([
    { what: 'not wanted', tls: null, replies: GOOD, reason: 'No failures' },
    {
      what: 'refused',
      tls,
      replies: { ...GOOD, STARTTLS: '454 not now\r\n' },
      reason: 'Response code mismatch error',
    },
    {
      what: 'from an unknown authority',
      tls: { starttls: true },
      replies: GOOD,
      reason: 'TLS untrusted certificate error',
    },
    {
      what: 'for another name',
      tls: { ...tls, serverName: 'b.example.org.' },
      replies: GOOD,
      reason: 'TLS name mismatch error',
    },
    {
      what: 'for the configured name',
      tls: { ...tls, serverName: 'www.example.org.' },
      replies: GOOD,
      reason: 'No failures',
    },
    {
      what: 'and then a refused HELO',
      tls,
      replies: { ...GOOD, HELO: '550 no\r\n' },
      reason: 'Response code mismatch error',
    },
    { what: 'followed by silence', tls, replies: { ...GOOD, HELO: '' }, reason: 'SMTP Timeout' },
  ])('TLS $what: $reason', async ({ tls, replies, reason }) => {
    expect((await dialogue(tls, replies)).outcome.reason).toBe(reason);
  });

  test('a server that wants a certificate gets one', async () => {
    const wants = { requestCert: true, rejectUnauthorized: true, ca: [authority] };
    expect((await dialogue({ ...tls, clientCertificate: 'probe' }, GOOD, wants)).outcome.ok).toBe(true);
    expect((await dialogue(tls, GOOD, { ...wants, minVersion: 'TLSv1.3' })).outcome.ok).toBe(false);
  });
});
