import { once } from 'node:events';
import { createServer } from 'node:net';
import { createSecureContext } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  ANSWER_HEADER_OCTETS_MAX,
  ANSWER_OCTETS_MAX,
  postWebhook,
  WEBHOOK_DEADLINE_MS,
  type WebhookMeans,
} from '../../src/notify/webhook.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { makeCertificates } from '../probe/certificates.ts';
import { type Receiver, startReceiver, status } from './receiver.ts';

const means: WebhookMeans = { deadlineMs: WEBHOOK_DEADLINE_MS, resolve: createResolve() };
/** For receivers that never come to an end. */
const soon: WebhookMeans = { ...means, deadlineMs: 300 };
const post = ({ webhook }: Receiver, body = '{}', by = means) => postWebhook(webhook, body, by);

describe('the request', () => {
  test('a webhook posts JSON, with the secret in the header of the reference API', async () => {
    const receiver = await startReceiver(status(200));
    const body = '{"text":"ü"}';
    expect(await postWebhook({ ...receiver.webhook, secret: 's3cret' }, body, means)).toEqual({
      kind: 'delivered',
    });
    expect(receiver.posted).toMatchObject([
      {
        method: 'POST',
        path: '/hook',
        body,
        headers: { 'content-type': 'application/json', 'content-length': '13', 'cf-webhook-auth': 's3cret' },
      },
    ]);
  });

  test.each([1, 3])('a receiver may send 100 Continue %i times before its answer', async (times) => {
    const receiver = await startReceiver((response) => {
      for (let i = 0; i < times; i += 1) response.writeContinue();
      response.writeHead(200).end('well');
    });
    expect(await post(receiver)).toEqual({ kind: 'delivered' });
    expect(receiver.posted).toHaveLength(1);
  });

  test('a webhook without a secret sends no secret header', async () => {
    const receiver = await startReceiver(status(204));
    await post(receiver);
    expect(receiver.posted[0]?.headers).not.toHaveProperty('cf-webhook-auth');
  });

  test('the host name of a webhook is looked up', async () => {
    const receiver = await startReceiver(status(200));
    const url = receiver.url.replace('127.0.0.1', 'localhost');
    expect(await postWebhook({ ...receiver.webhook, url }, '{}', means)).toEqual({ kind: 'delivered' });
    expect(receiver.posted[0]?.headers.host).toMatch(/^localhost:/);
  });
});

describe('targets that get no request', () => {
  const denied = '169.254.169.254';

  test('a denied address in the URL gets no request', async () => {
    const receiver = await startReceiver(status(200));
    for (const host of [denied, `[::ffff:${denied}]`]) {
      const url = receiver.url.replace('127.0.0.1', host);
      const reason = expect.stringContaining('is denied: 169.254.0.0/16');
      expect(await postWebhook({ ...receiver.webhook, url }, '{}', soon)).toEqual({ kind: 'failed', reason });
    }
  });

  test('a host name gets a request only at its allowed addresses', async () => {
    const receiver = await startReceiver(status(200));
    const webhook = { ...receiver.webhook, url: receiver.url.replace('127.0.0.1', 'a.example.org') };
    const resolving = (...addresses: string[]) => ({ ...soon, resolve: async () => ({ addresses }) });
    expect(await postWebhook(webhook, '{}', resolving(denied))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining(`The target ${denied} is denied`),
    });
    expect(await postWebhook(webhook, '{}', resolving(denied, '127.0.0.1'))).toEqual({ kind: 'delivered' });
  });
});

describe('the outcome of an answer', () => {
  test.each([200, 201, 202, 204, 299])('%d: delivered', async (code) => {
    expect(await post(await startReceiver(status(code)))).toEqual({ kind: 'delivered' });
  });

  test.each([400, 413, 422])('%d: refused', async (code) => {
    expect(await post(await startReceiver(status(code)))).toEqual({
      kind: 'refused',
      reason: `it answered ${code}`,
    });
  });

  test.each([401, 403, 404, 408, 410, 429, 500, 502, 503])('%d: failed, and tried again', async (code) => {
    expect(await post(await startReceiver(status(code)))).toEqual({
      kind: 'failed',
      reason: `it answered ${code}`,
    });
  });

  test.each([301, 302, 307, 308])('%d: failed, and the redirect is not followed', async (code) => {
    const other = await startReceiver(status(200));
    const receiver = await startReceiver((response) =>
      response.writeHead(code, { location: other.url }).end(),
    );
    expect(await post(receiver)).toEqual({
      kind: 'failed',
      reason: `it answered ${code}, and redirects are not followed`,
    });
    expect(other.posted).toEqual([]);
  });
});

describe('a receiver that fails', () => {
  test('no server listens', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const webhook = { name: 'ops', url: `http://127.0.0.1:${port}/secret-path`, filter: {} };
    expect(await postWebhook(webhook, '{}', means)).toEqual({ kind: 'failed', reason: 'ECONNREFUSED' });
  });

  test('an answer 101 Switching Protocols fails', async () => {
    const server = createServer((socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
    ).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const webhook = { name: 'ops', url: `http://127.0.0.1:${port}/`, filter: {} };
    expect(await postWebhook(webhook, '{}', means)).toEqual({ kind: 'failed', reason: 'it answered 101' });
  });

  test('a server that closes the connection without an answer fails with ECONNRESET', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end())).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const webhook = { name: 'ops', url: `http://127.0.0.1:${port}/`, filter: {} };
    expect(await postWebhook(webhook, '{}', means)).toEqual({ kind: 'failed', reason: 'ECONNRESET' });
  });

  test('a host name that does not exist fails', async () => {
    const webhook = { name: 'ops', url: 'http://nosuch.invalid/secret-path', filter: {} };
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await postWebhook(webhook, '{}', { ...means, resolve })).toEqual({
      kind: 'failed',
      reason: 'ENOTFOUND',
    });
  });

  test('a host name without an address fails', async () => {
    const webhook = { name: 'ops', url: 'http://hooks.example.org/secret-path', filter: {} };
    const resolve = async () => ({ addresses: [] });
    expect(await postWebhook(webhook, '{}', { ...means, resolve })).toEqual({
      kind: 'failed',
      reason: 'ENOTFOUND',
    });
  });

  test('the receiver never answers', async () => {
    const receiver = await startReceiver(() => {});
    expect(await post(receiver, '{}', soon)).toEqual({ kind: 'failed', reason: 'no answer within 300 ms' });
  });

  test('the resolver never answers', async () => {
    const resolve = () => new Promise<never>(() => {});
    const webhook = { name: 'ops', url: 'http://hooks.example.org/', filter: {} };
    expect(await postWebhook(webhook, '{}', { ...soon, resolve })).toMatchObject({ kind: 'failed' });
  });

  test('the receiver sends its header one octet at a time, without end', async () => {
    const server = createServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      const timer = setInterval(() => socket.write('x'), 20);
      socket.on('error', () => {}).on('close', () => clearInterval(timer));
    }).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const webhook = { name: 'ops', url: `http://127.0.0.1:${port}/`, filter: {} };
    expect(await postWebhook(webhook, '{}', soon)).toMatchObject({ kind: 'failed' });
  });

  test('an answer with a header below the bound is taken, and one above it fails', async () => {
    // Beside the one field there are others, and what is between them.
    const withHeader = (length: number) =>
      startReceiver((response) => response.writeHead(200, { x: 'x'.repeat(length) }).end());
    expect(await post(await withHeader(ANSWER_HEADER_OCTETS_MAX - 512))).toEqual({ kind: 'delivered' });
    expect(await post(await withHeader(ANSWER_HEADER_OCTETS_MAX))).toEqual({
      kind: 'failed',
      reason: 'HPE_HEADER_OVERFLOW',
    });
  });

  test('an endless body is cut off, and the status code decides', async () => {
    const cut = Promise.withResolvers<number>();
    const receiver = await startReceiver((response) => {
      let sent = 0;
      response.writeHead(200);
      const piece = Buffer.alloc(16_384);
      const send = () => {
        while (!response.destroyed && response.write(piece)) sent += piece.length;
      };
      response.on('drain', send).on('close', () => cut.resolve(sent));
      send();
    });
    expect(await post(receiver)).toEqual({ kind: 'delivered' });
    expect(await cut.promise).toBeGreaterThanOrEqual(ANSWER_OCTETS_MAX);
  });

  test('a missing body is awaited until the deadline, and the status code decides', async () => {
    const receiver = await startReceiver((response) => void response.writeHead(200).flushHeaders());
    expect(await post(receiver, '{}', soon)).toEqual({ kind: 'delivered' });
  });

  test('the server does not answer in HTTP', async () => {
    const server = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n')).listen(
      0,
      '127.0.0.1',
    );
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const webhook = { name: 'ops', url: `http://127.0.0.1:${port}/`, filter: {} };
    expect(await postWebhook(webhook, '{}', means)).toMatchObject({ kind: 'failed' });
  });
});

test('aborting its signal ends an attempt', async () => {
  const receiver = await startReceiver(() => {});
  const stopping = new AbortController();
  const attempt = post(receiver, '{}', { ...means, signal: stopping.signal });
  await receiver.came(1);
  stopping.abort();
  expect(await attempt).toMatchObject({ kind: 'failed' });
});

describe('TLS', () => {
  const certificates = makeCertificates();
  const secureContext = createSecureContext({ ca: certificates.authority });

  test('a trusted certificate is accepted', async () => {
    const receiver = await startReceiver(status(200), { tls: certificates.good });
    expect(await post(receiver, '{}', { ...means, secureContext })).toEqual({ kind: 'delivered' });
  });

  test.each([
    { host: 'www.example.org', sni: 'www.example.org', where: 'the host' },
    { host: 'www.example.org.', sni: 'www.example.org', where: 'the host without its final dot' },
    { host: '127.0.0.1', sni: undefined, where: 'no address' },
  ])('SNI has $where (RFC 6066 §3), and the certificate must be for $host', async ({ host, sni }) => {
    const seen: unknown[] = [];
    const SNICallback = (name: string, done: (error: null) => void) => {
      seen.push(name);
      done(null);
    };
    const receiver = await startReceiver(status(200), { tls: { ...certificates.good, SNICallback } });
    const webhook = { ...receiver.webhook, url: receiver.url.replace('127.0.0.1', host) };
    const resolve = async () => ({ addresses: ['127.0.0.1'] });
    const by = { ...means, secureContext, resolve };
    expect(await postWebhook(webhook, '{}', by)).toEqual({ kind: 'delivered' });
    expect(seen).toEqual(sni === undefined ? [] : [sni]);
  });

  test.each([
    { which: 'selfSigned', reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    { which: 'expired', reason: 'CERT_HAS_EXPIRED' },
    { which: 'otherName', reason: 'ERR_TLS_CERT_ALTNAME_INVALID' },
  ] as const)('$which: failed, and no request is sent', async ({ which, reason }) => {
    const receiver = await startReceiver(status(200), { tls: certificates[which] });
    expect(await post(receiver, '{}', { ...means, secureContext })).toEqual({ kind: 'failed', reason });
    expect(receiver.posted).toEqual([]);
  });

  test('a certificate from an unknown authority fails', async () => {
    const receiver = await startReceiver(status(200), { tls: certificates.good });
    expect(await post(receiver)).toMatchObject({ kind: 'failed' });
    expect(receiver.posted).toEqual([]);
  });
});
