import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer } from 'node:tls';
import { expect, test, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { Endpoint } from '../../../src/pool/pool.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { CONNECTION_OCTETS_MAX } from '../../../src/probe/grpc/grpc.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { makeCertificates } from '../certificates.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

const certificates = makeCertificates();
const options = {
  resolve: createResolve(),
  ping: createPing(),
  secureContext: createSecureContext({ ca: certificates.authority }),
};

type Serve = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, body: Buffer) => void;

/** Hands each request, once it is whole, to `serve`. */
function onRequest<S extends Http2Server | Http2SecureServer>(server: S, serve: Serve): S {
  server.on('sessionError', () => {});
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    const pieces: Buffer[] = [];
    stream.on('error', () => {});
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => serve(stream, headers, Buffer.concat(pieces)));
  });
  return server;
}

interface Ask {
  readonly serve: Serve;
  readonly monitor?: Partial<Monitor>;
  readonly endpoint?: Partial<Endpoint>;
  readonly server?: Http2SecureServer;
}

async function ask({ serve, monitor = {}, endpoint = {}, server }: Ask) {
  const { port, connections } = await listen(onRequest(server ?? createServer(), serve));
  const check = makeCheck({ type: server ? 'grpcs' : 'grpc', port, ...monitor }, endpoint);
  const outcome = await probe(check, options);
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return { outcome, connections, port };
}

const framed = (...message: number[]) => Buffer.of(0, 0, 0, 0, message.length, ...message);

/** An answer as a gRPC server gives it. */
function replying(body: Buffer | undefined, status: string | undefined, head: object = {}): Serve {
  return (stream) => {
    stream.on('wantTrailers', () =>
      stream.sendTrailers(status === undefined ? {} : { 'grpc-status': status }),
    );
    stream.respond(
      { ':status': 200, 'content-type': 'application/grpc', ...head },
      { waitForTrailers: true },
    );
    stream.end(body);
  };
}
const SERVING = framed(8, 1);

test('the call follows the gRPC specification', async () => {
  const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
  const monitor = {
    path: '/example.Service',
    header: { 'X-Token': ['a', 'b'], Host: ['grpc.example.org'], Accept: ['x'] },
  };
  const { outcome } = await ask({
    serve: (stream, headers, body) => {
      calls.push({ headers: Object.fromEntries(Object.entries(headers)), body: body.toString('hex') });
      replying(SERVING, '0')(stream, headers, body);
    },
    monitor,
  });
  expect(outcome).toEqual({ ok: true, reason: 'No failures', responseCode: 0, rttMs: expect.any(Number) });
  expect(calls).toEqual([
    {
      headers: {
        ':method': 'POST',
        ':scheme': 'http',
        ':authority': 'grpc.example.org',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        'grpc-timeout': '5000m',
        te: 'trailers',
        accept: 'x',
        'x-token': 'a, b',
        'user-agent': 'Mozilla/5.0 (compatible; Lifeguard/1.0; pool-id: 17b5962d775c646f)',
      },
      body: `00000000110a0f${Buffer.from('example.Service').toString('hex')}`,
    },
  ]);
});

test('an empty path asks for the whole server with an empty request', async () => {
  let asked = '';
  const { outcome, port } = await ask({
    serve: (stream, headers, body) => {
      asked = `${headers[':authority']} ${body.toString('hex')}`;
      replying(SERVING, '0')(stream, headers, body);
    },
  });
  expect(outcome.ok).toBe(true);
  expect(asked).toBe(`127.0.0.1:${port} 0000000000`);
});

test.each<{ what: string; serve: Serve; reason: string; code?: number }>([
  { what: 'NOT_SERVING', serve: replying(framed(8, 2), '0'), reason: 'Response body mismatch error' },
  { what: 'SERVICE_UNKNOWN', serve: replying(framed(8, 3), '0'), reason: 'Response body mismatch error' },
  { what: 'UNKNOWN', serve: replying(framed(), '0'), reason: 'Response body mismatch error' },
  {
    what: 'content type application/grpc+proto',
    serve: replying(SERVING, '0', { 'content-type': 'application/grpc+proto' }),
    reason: 'No failures',
  },
  {
    what: 'status NOT_FOUND after a message',
    serve: replying(SERVING, '5'),
    reason: 'Response code mismatch error',
    code: 5,
  },
  {
    what: 'status UNIMPLEMENTED in trailers only',
    serve: (stream) =>
      stream.respond(
        { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' },
        { endStream: true },
      ),
    reason: 'Response code mismatch error',
    code: 12,
  },
  {
    what: 'HTTP status 404',
    serve: (stream) => stream.respond({ ':status': 404 }, { endStream: true }),
    reason: 'Response code mismatch error',
    code: 404,
  },
  {
    what: 'a web page',
    serve: replying(SERVING, '0', { 'content-type': 'text/html' }),
    reason: 'HTTP Invalid Response',
  },
  { what: 'no status', serve: replying(SERVING, undefined), reason: 'HTTP Invalid Response' },
  { what: 'an invalid status', serve: replying(SERVING, 'OK'), reason: 'HTTP Invalid Response' },
  { what: 'no message', serve: replying(undefined, '0'), reason: 'HTTP Invalid Response' },
  { what: 'half a message', serve: replying(SERVING.subarray(0, 6), '0'), reason: 'HTTP Invalid Response' },
  {
    what: 'two messages',
    serve: replying(Buffer.concat([SERVING, SERVING]), '0'),
    reason: 'HTTP Invalid Response',
  },
  { what: 'a huge message', serve: replying(Buffer.alloc(100_000), '0'), reason: 'HTTP Invalid Response' },
  {
    what: 'an endless message',
    serve: (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      const more = () => {
        while (!stream.destroyed && stream.write(Buffer.alloc(16_384)));
      };
      stream.on('drain', more);
      more();
    },
    reason: 'HTTP Invalid Response',
  },
  { what: 'a closed stream', serve: (stream) => stream.close(2), reason: 'HTTP Invalid Response' },
  {
    what: 'a closed session',
    // Not from within a callback of nghttp2, as attemptGrpc says.
    serve: (stream) => setImmediate(() => stream.session?.destroy()),
    reason: 'HTTP Invalid Response',
  },
  { what: 'GOAWAY', serve: (stream) => stream.session!.goaway(11), reason: 'HTTP Invalid Response' },
  {
    what: 'too many header fields',
    serve: (stream) =>
      stream.respond({
        ':status': 200,
        ...Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`x-${i}`, '1'])),
      }),
    reason: 'HTTP Invalid Response',
  },
])('$what: $reason', async ({ serve, reason, code = 0 }) => {
  const { outcome } = await ask({ serve, monitor: { timeoutSeconds: 2 } });
  expect(outcome).toMatchObject({ ok: reason === 'No failures', reason, responseCode: code });
});

/** A frame of HTTP/2 (RFC 9113 §4.1). */
const frame = (type: number, flags: number, stream: number, ...payload: number[]) =>
  Buffer.of(0, payload.length >> 8, payload.length & 0xff, type, flags, 0, 0, 0, stream, ...payload);
const SETTINGS = frame(4, 0, 0);
/** `:status` 200 and a content type, by the static table of HPACK (RFC 7541 appendix A). */
const HEADERS = frame(1, 4, 1, 0x88, 0x0f, 0x10, 16, ...Buffer.from('application/grpc'));
const RST = frame(3, 0, 1, 0, 0, 0, 2);
const GOAWAY = frame(7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11);
const PING = frame(6, 1, 0, ...Array(8).fill(0));

test.each<{ what: string; serve: (socket: Socket) => void; reason: string }>([
  {
    what: 'HTTP/1.1',
    serve: (s) => s.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n'),
    reason: 'HTTP Invalid Response',
  },
  { what: 'a close', serve: (s) => s.end(), reason: 'HTTP Invalid Response' },
  { what: 'a reset', serve: (s) => s.resetAndDestroy(), reason: 'Connection Reset by Peer' },
  {
    what: 'a frame that is too large',
    serve: (s) => s.write(Buffer.concat([SETTINGS, Buffer.of(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1)])),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'endless frames of the connection',
    serve: (s) => {
      s.write(SETTINGS);
      const more = () => {
        while (!s.destroyed && s.write(Buffer.concat(Array(1_000).fill(PING))));
      };
      s.on('drain', more);
      more();
    },
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'a message that is too long, and hundreds of frames after it, at once',
    serve: (s) =>
      s.write(Buffer.concat([SETTINGS, HEADERS, ...Array(400).fill(frame(0, 0, 1, ...Array(100)))])),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'the end of the stream and of the session, and more frames after them, at once',
    serve: (s) =>
      s.write(Buffer.concat([SETTINGS, HEADERS, RST, GOAWAY, HEADERS, frame(0, 0, 1, 0), GOAWAY])),
    reason: 'HTTP Invalid Response',
  },
  { what: 'silence', serve: () => {}, reason: 'HTTP timeout occurred' },
  { what: 'SETTINGS and nothing else', serve: (s) => s.write(SETTINGS), reason: 'HTTP timeout occurred' },
  {
    what: 'an octet of a frame now and then',
    serve: (s) => {
      // A frame of a type that is not known, which is to be passed over (RFC 9113 §5.5).
      s.write(Buffer.concat([SETTINGS, frame(0x20, 0, 0, ...Array(600)).subarray(0, 9)]));
      const timer = setInterval(() => s.write('\0'), 100);
      s.on('close', () => clearInterval(timer));
    },
    reason: 'HTTP timeout occurred',
  },
])('a server that answers with $what: $reason', async ({ serve, reason }) => {
  let sent = 0;
  const { port, connections } = await listen(
    createTcpServer((socket) => {
      socket.once('data', () => serve(socket));
      socket.once('close', () => {
        sent = socket.bytesWritten;
      });
    }),
  );
  const outcome = await probe(makeCheck({ type: 'grpc', port, timeoutSeconds: 0.8 }, {}), options);
  expect(outcome).toMatchObject({ ok: false, reason, responseCode: 0 });
  await vi.waitFor(() => expect(connections.open).toBe(0));
  // What the kernel's buffers hold comes on top.
  expect(sent).toBeLessThan(CONNECTION_OCTETS_MAX + 64 * 1024 * 1024);
});

test('a timeout has as many retries as configured', async () => {
  const { outcome, connections } = await ask({
    serve: () => {},
    monitor: { timeoutSeconds: 0.2, retries: 1 },
  });
  expect(outcome.reason).toBe('HTTP timeout occurred');
  expect(connections.ever).toBe(2);
});

test('header fields that HTTP/2 cannot carry: Monitor Config Error', async () => {
  const { outcome } = await ask({
    serve: replying(SERVING, '0'),
    monitor: { header: { Authorization: ['a', 'b'] } },
  });
  expect(outcome.reason).toBe('Monitor Config Error');
});

test('a closed port: TCP connection failed', async () => {
  const { port } = await listen(createTcpServer());
  const outcome = await probe(makeCheck({ type: 'grpc', port }, { address: '127.0.0.2' }), options);
  expect(outcome).toMatchObject({ ok: false, reason: 'TCP connection failed' });
});

test('grpcs uses TLS, and the outcome has the end of the certificate', async () => {
  const { outcome } = await ask({
    serve: replying(SERVING, '0'),
    server: createSecureServer(certificates.good),
  });
  expect(outcome).toEqual({
    ok: true,
    reason: 'No failures',
    responseCode: 0,
    rttMs: expect.any(Number),
    certificateEndsAtMs: Date.UTC(2099, 0, 1),
  });
});

test.each([
  { pair: certificates.expired, reason: 'TLS untrusted certificate error' },
  { pair: certificates.otherName, reason: 'TLS name mismatch error' },
  { pair: certificates.selfSigned, reason: 'TLS untrusted certificate error' },
])('grpcs: $reason, unless allow_insecure', async ({ pair, reason }) => {
  const server = () => createSecureServer(pair);
  const strict = await ask({ serve: replying(SERVING, '0'), server: server() });
  expect(strict.outcome).toMatchObject({ ok: false, reason });
  const lax = await ask({
    serve: replying(SERVING, '0'),
    server: server(),
    monitor: { allowInsecure: true },
  });
  expect(lax.outcome).toMatchObject({ ok: true });
});

test('grpcs: a final dot is neither in SNI nor in the name of the certificate (RFC 6066 §3)', async () => {
  const server = createSecureServer(certificates.good);
  const names: unknown[] = [];
  server.on('secureConnection', ({ servername }) => names.push(servername));
  const header = { Host: ['www.example.org.'] };
  const { outcome } = await ask({ serve: replying(SERVING, '0'), server, monitor: { header } });
  expect([outcome.ok, names]).toEqual([true, ['www.example.org']]);
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'grpcs: a server that wants a certificate, over %s: a TLS reason',
  async (version) => {
    const tls = { requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version };
    const server = createSecureServer({ ...certificates.good, ...tls, ca: [certificates.authority] });
    const { outcome } = await ask({ serve: replying(SERVING, '0'), server });
    expect(outcome).toMatchObject({ ok: false, reason: 'TLS Handshake Failure' });
  },
);

test('grpcs to a server with TLS but without HTTP/2', async () => {
  const { port } = await listen(createTlsServer(certificates.good));
  const outcome = await probe(makeCheck({ type: 'grpcs', port }, {}), options);
  expect(outcome.reason).toBe('HTTP Invalid Response');
});

test.each([
  { type: 'grpc', server: () => createServer() },
  { type: 'grpcs', server: () => createSecureServer(certificates.good) },
] as const)('$type: aborted checks end, and leave nothing open', async (row) => {
  const { port, connections } = await listen(onRequest(row.server(), replying(SERVING, '0')));
  const check = makeCheck({ type: row.type, port }, {});
  const ends = await Promise.all(
    Array.from({ length: 150 }, (_, i) => {
      const giveUp = new AbortController();
      setTimeout(() => giveUp.abort(new Error('given up')), i);
      return probe(check, { ...options, signal: giveUp.signal }).then(
        ({ reason }) => reason,
        (error: Error) => error.message,
      );
    }),
  );
  expect(new Set([...ends, 'No failures'])).toEqual(new Set(['No failures', 'given up']));
  await vi.waitFor(() => expect(connections.open).toBe(0), { timeout: 40_000 });
});
