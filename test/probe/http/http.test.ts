import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import { BODY_OCTETS_DEFAULT, HEADER_OCTETS_DEFAULT } from '../../../src/check/monitor.ts';
import type { Endpoint } from '../../../src/pool/pool.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { REDIRECTS_MAX } from '../../../src/probe/http/http.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { makeCheck } from '../checks.ts';
import { listen } from '../listen.ts';

const options = { resolve: createResolve(), ping: createPing() };

/** The outcome of a check against a server that answers so, once nothing of it is open any more. */
async function ask(
  answer: RequestListener,
  monitor: Partial<Monitor> = {},
  endpoint: Partial<Endpoint> = {},
  host: '127.0.0.1' | '::1' = '127.0.0.1',
) {
  const requests: IncomingMessage[] = [];
  const { port, connections } = await listen(
    createServer((request, response) => {
      requests.push(request);
      answer(request, response);
    }),
    host,
  );
  const outcome = await probe(makeCheck(monitor, { address: host, port, ...endpoint }), options);
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return { outcome, requests, connections, port };
}

/** The outcome against a server that does this to each connection once it was asked something. */
async function askRaw(serve: (socket: Socket) => void, monitor: Partial<Monitor> = {}) {
  const { port, connections } = await listen(
    createTcpServer((socket) => socket.once('data', () => serve(socket))),
  );
  const outcome = await probe(makeCheck(monitor, { port }), options);
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return { outcome, connections };
}

/** Sends the piece again and again while the connection lasts. */
function repeat(socket: Socket, piece: string, everyMs: number): void {
  const timer = setInterval(() => socket.write(piece), everyMs);
  socket.on('close', () => clearInterval(timer));
}

/** Sends as much as the connection takes. */
function flood(socket: Socket, piece: string): void {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
}

test.each([
  { expectedCodes: '200', status: 200, reason: 'No failures' },
  { expectedCodes: '2xx', status: 204, reason: 'No failures' },
  { expectedCodes: '401,403', status: 403, reason: 'No failures' },
  { expectedCodes: '200', status: 503, reason: 'Response code mismatch error' },
  { expectedCodes: '200', status: 302, reason: 'Response code mismatch error' },
  { expectedCodes: '3xx', status: 302, reason: 'No failures' },
  { expectedCodes: 'yes', status: 200, reason: 'Monitor Config Error' },
])('status $status, expected $expectedCodes: $reason', async ({ expectedCodes, status, reason }) => {
  const { outcome } = await ask((_request, response) => response.writeHead(status, { location: '/' }).end(), {
    expectedCodes,
  });
  const responseCode = reason === 'Monitor Config Error' ? 0 : status;
  expect(outcome).toMatchObject({ ok: reason === 'No failures', reason, responseCode });
});

test('a request has its method, path, query, Host and header fields, and does not reuse a connection', async () => {
  const monitor = {
    method: 'HEAD',
    path: '/health?deep=1',
    header: { 'X-Probe': ['yes'], Host: ['www.example.org'] },
  };
  const { outcome, requests } = await ask((_request, response) => response.end(), monitor);
  expect(outcome.ok).toBe(true);
  expect(requests.map(({ method, url, headers }) => ({ method, url, headers }))).toEqual([
    {
      method: 'HEAD',
      url: '/health?deep=1',
      headers: {
        host: 'www.example.org',
        connection: 'close',
        'user-agent': 'Mozilla/5.0 (compatible; Lifeguard/1.0; pool-id: 17b5962d775c646f)',
        'x-probe': 'yes',
        accept: '*/*',
        'accept-encoding': 'identity',
      },
    },
  ]);
});

test('over IPv6 the address is in brackets', async () => {
  const { outcome, requests, port } = await ask((_request, response) => response.end(), {}, {}, '::1');
  expect(outcome.ok).toBe(true);
  expect(requests[0]!.headers.host).toBe(`[::1]:${port}`);
});

test.each([
  {
    what: 'a good answer',
    cause: (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
    reason: 'No failures',
  },
  {
    what: 'a 103 first',
    cause: (socket: Socket) => socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n'),
    reason: 'No failures',
  },
  {
    what: 'garbage',
    cause: (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'a close without an answer',
    cause: (socket: Socket) => socket.end(),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'half a status line',
    cause: (socket: Socket) => socket.end('HTTP/1.1 20'),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'an unrequested upgrade',
    cause: (socket: Socket) => socket.end('HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    reason: 'HTTP Invalid Response',
  },
  {
    what: 'a reset',
    cause: (socket: Socket) => socket.resetAndDestroy(),
    reason: 'Connection Reset by Peer',
  },
])('$what: $reason', async ({ cause, reason }) => {
  const { outcome } = await askRaw(cause);
  expect(outcome.reason).toBe(reason);
});

test('a closed port: TCP connection failed', async () => {
  const { port, connections } = await listen(createTcpServer());
  expect(connections.ever).toBe(0);
  const { outcome } = await ask((_request, response) => response.end(), {}, { address: '127.0.0.2', port });
  expect(outcome).toMatchObject({ ok: false, reason: 'TCP connection failed', responseCode: 0 });
});

test.each([
  { body: ['I am al', 'ive'], expectedBody: 'ALIVE', reason: 'No failures' },
  { body: ['dead'], expectedBody: 'alive', reason: 'Response body mismatch error' },
  { body: [], expectedBody: 'alive', reason: 'Response body mismatch error' },
])('body $body, expected text $expectedBody: $reason', async ({ body, expectedBody, reason }) => {
  const { outcome } = await ask(
    (_request, response) => {
      for (const piece of body) response.write(piece);
      response.end();
    },
    { expectedBody },
  );
  expect(outcome).toMatchObject({ reason, responseCode: 200 });
});

test('the status code decides before the body', async () => {
  const { outcome } = await ask((_request, response) => response.writeHead(500).end('alive'), {
    expectedBody: 'alive',
  });
  expect(outcome).toMatchObject({ reason: 'Response code mismatch error', responseCode: 500 });
});

test.each([
  { before: BODY_OCTETS_DEFAULT - 5, reason: 'No failures' },
  { before: BODY_OCTETS_DEFAULT - 4, reason: 'Response body mismatch error' },
])('"alive" after $before octets of an endless body: $reason', async ({ before, reason }) => {
  const { outcome } = await askRaw(
    (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(before)}alive`);
      flood(socket, 'x'.repeat(65_536));
    },
    { expectedBody: 'alive' },
  );
  expect(outcome.reason).toBe(reason);
});

test('the setting for the searched octets applies, and a limit below the text is not a failure of the endpoint', async () => {
  const text = `${'x'.repeat(BODY_OCTETS_DEFAULT)}alive`;
  const { port } = await listen(createServer((_request, response) => response.end(text)));
  const check = makeCheck({ port, expectedBody: 'alive' }, {});
  const ask = (bodyOctetsMax: number) =>
    probe(check, { ...options, bodyOctetsMax }).then(({ reason }) => reason, String);
  expect(await Promise.all([text.length - 1, text.length, 4].map(ask))).toEqual([
    'Response body mismatch error',
    'No failures',
    'LocalFault: expected_body is longer than what is searched here: 4 octets of a body (monitor.body_octets_max).',
  ]);
});

test.each([
  { what: 'at the bound', over: 0, outcome: { reason: 'No failures' } },
  {
    what: 'one octet over it',
    over: 1,
    outcome: {
      reason: 'HTTP Invalid Response',
      detail: `The status line and header fields have more than ${HEADER_OCTETS_DEFAULT} octets (monitor.header_octets_max).`,
    },
  },
])('a head $what: $outcome.reason', async ({ over, outcome: expected }) => {
  const [before, after] = ['HTTP/1.1 200 OK\r\na: ', '\r\n\r\n'];
  const size = HEADER_OCTETS_DEFAULT + over - before.length - after.length;
  const { outcome } = await askRaw((socket) => socket.end(`${before}${'x'.repeat(size)}${after}`));
  expect(outcome).toMatchObject(expected);
});

test('the size limit of the head is a setting', async () => {
  const { port } = await listen(
    createServer((_request, response) => response.writeHead(200, { a: 'x'.repeat(8_000) }).end()),
  );
  const reasons = [4_096, 9_000].map(async (headerOctetsMax) => {
    const { reason } = await probe(makeCheck({ port }, {}), { ...options, headerOctetsMax });
    return reason;
  });
  expect(await Promise.all(reasons)).toEqual(['HTTP Invalid Response', 'No failures']);
});

test.each([
  { what: 'header fields', first: 'HTTP/1.1 200 OK\r\n', again: `x: ${'y'.repeat(1_000)}\r\n` },
  { what: 'a status line', first: 'HTTP/1.1 200 ', again: 'O'.repeat(10_000) },
  { what: 'informational responses', first: '', again: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(400) },
])('a flood of $what is cut off long before the deadline', async ({ first, again }) => {
  const { outcome } = await askRaw((socket) => {
    socket.write(first);
    flood(socket, again);
  });
  expect(outcome.reason).toBe('HTTP Invalid Response');
  expect(outcome.rttMs).toBeLessThan(4_000);
});

test.each([
  { what: 'says nothing', first: '', piece: '' },
  { what: 'sends its status line slowly', first: 'HTTP/1.1 200 ', piece: 'O' },
  { what: 'sends its header fields slowly', first: 'HTTP/1.1 200 OK\r\n', piece: 'x: y\r\n' },
  { what: 'sends informational responses slowly', first: '', piece: 'HTTP/1.1 103 Early Hints\r\n\r\n' },
  { what: 'sends its body slowly', first: 'HTTP/1.1 200 OK\r\n\r\n', piece: 'x' },
])('a server that $what fails at the deadline', async ({ first, piece }) => {
  const { outcome, connections } = await askRaw(
    (socket) => {
      socket.write(first);
      repeat(socket, piece, 10);
    },
    { timeoutSeconds: 0.3, retries: 2, expectedBody: 'alive' },
  );
  expect(outcome).toMatchObject({ ok: false, reason: 'HTTP timeout occurred', responseCode: 0 });
  expect(connections.ever).toBe(3);
  expect(outcome.rttMs).toBeGreaterThan(290);
  expect(outcome.rttMs).toBeLessThan(20_000);
});

test('only a timeout is retried', async () => {
  const { outcome, requests } = await ask((_request, response) => response.writeHead(500).end(), {
    retries: 5,
  });
  expect(outcome.reason).toBe('Response code mismatch error');
  expect(requests).toHaveLength(1);
});

test('a retry with an answer decides', async () => {
  let asked = 0;
  const { outcome, requests } = await ask(
    (_request, response) => {
      if (++asked === 2) response.end();
    },
    { retries: 2, timeoutSeconds: 1 },
  );
  expect(outcome).toMatchObject({ ok: true, responseCode: 200 });
  expect(requests).toHaveLength(2);
});

test('redirects are followed if the monitor asks for it, each over a new connection', async () => {
  const { outcome, requests, connections } = await ask(
    (request, response) =>
      request.url === '/end'
        ? response.end('the end')
        : response.writeHead(302, { location: request.url === '/' ? '/middle' : '/end' }).end('not this'),
    { followRedirects: true, expectedBody: 'the end', header: { Host: ['www.example.org'] } },
  );
  expect(outcome).toMatchObject({ ok: true, responseCode: 200 });
  expect(requests.map(({ url, headers }) => `${headers.host}${url}`)).toEqual([
    'www.example.org/',
    'www.example.org/middle',
    'www.example.org/end',
  ]);
  expect(connections.ever).toBe(3);
});

test('a Location in raw UTF-8 leads to the same path as in curl and browsers', async () => {
  const { outcome, requests } = await ask(
    (request, response) =>
      request.url === '/caf%C3%A9?%C3%BC'
        ? response.end()
        : response.writeHead(302, { location: Buffer.from('/café?ü').toString('latin1') }).end(),
    { followRedirects: true },
  );
  expect([outcome.ok, requests.length]).toEqual([true, 2]);
});

test.each([
  { to: '127.0.0.1', secrets: 'secret', rule: 'the same port' },
  { to: '127.0.0.1 elsewhere', secrets: undefined, rule: 'another port of the same host' },
])('header fields of the monitor go to $rule: $secrets', async ({ to, secrets }) => {
  const seen: (string | undefined)[] = [];
  const server = () =>
    createServer((request, response) => {
      seen.push([request.headers.authorization, request.headers.cookie].join());
      if (request.url === '/') response.writeHead(302, { location: next }).end();
      else response.end();
    });
  const [own, other] = [await listen(server()), await listen(server())];
  const next = `http://127.0.0.1:${to === '127.0.0.1' ? own.port : other.port}/next`;
  const header = { Authorization: ['secret'], Cookie: ['a=b'] };
  const check = makeCheck({ followRedirects: true, header }, { port: own.port });
  expect((await probe(check, options)).ok).toBe(true);
  expect(seen).toEqual(['secret,a=b', secrets && 'secret,a=b'].map((each) => each ?? ','));
});

test.each([
  { hops: REDIRECTS_MAX, reason: 'No failures', responseCode: 200 },
  { hops: REDIRECTS_MAX + 1, reason: 'Response code mismatch error', responseCode: 302 },
  { hops: Number.POSITIVE_INFINITY, reason: 'Response code mismatch error', responseCode: 302 },
])('$hops redirects in a row: $reason', async ({ hops, reason, responseCode }) => {
  let asked = 0;
  const { outcome, requests } = await ask(
    (_request, response) =>
      asked++ < hops ? response.writeHead(302, { location: '/again' }).end() : response.end(),
    { followRedirects: true, expectedCodes: '200,302' },
  );
  expect(outcome).toMatchObject({ reason, responseCode });
  expect(requests).toHaveLength(REDIRECTS_MAX + 1);
});

test('the deadline applies to all redirects together', async () => {
  const { outcome } = await ask(
    (_request, response) => setTimeout(() => response.writeHead(302, { location: '/again' }).end(), 150),
    { followRedirects: true, timeoutSeconds: 0.4 },
  );
  expect(outcome.reason).toBe('HTTP timeout occurred');
  expect(outcome.rttMs).toBeLessThan(20_000);
});

test('a redirect that cannot be followed is judged by its own status and body', async () => {
  const answer: RequestListener = (_request, response) =>
    response.writeHead(302, { location: 'mailto:a@example.org' }).end('moved');
  const monitor = { followRedirects: true, expectedCodes: '302', expectedBody: 'moved' };
  expect((await ask(answer, monitor)).outcome.ok).toBe(true);
  expect((await ask(answer, { ...monitor, expectedBody: 'x' })).outcome.reason).toBe(
    'Response body mismatch error',
  );
});

test('an aborted check ends at once and leaves nothing open', async () => {
  const giveUp = new AbortController();
  const { port, connections } = await listen(createServer(() => giveUp.abort(new Error('given up'))));
  const check = makeCheck({ retries: 5 }, { port });
  await expect(probe(check, { ...options, signal: giveUp.signal })).rejects.toThrow('given up');
  await vi.waitFor(() => expect(connections.open).toBe(0));
  expect(connections.ever).toBe(1);
  await expect(probe(check, { ...options, signal: giveUp.signal })).rejects.toThrow('given up');
  expect(connections.ever).toBe(1);
});
