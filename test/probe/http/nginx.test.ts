/** Checks against an nginx, which nobody here wrote. */
import { createSecureContext } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { type Nginx, startNginx } from '../../support/server/nginx.ts';
import { isInstalled } from '../../support/server/resolver.ts';
import { makeCertificates } from '../certificates.ts';
import { makeCheck } from '../checks.ts';

const isHere = isInstalled('nginx');
if (!isHere) process.stderr.write('not tried: nginx; it is not installed (Debian: nginx-light)\n');

const certificates = makeCertificates();
const options = {
  resolve: createResolve(),
  ping: createPing(),
  secureContext: createSecureContext({ ca: [certificates.authority] }),
};
/** More than is ever looked into, and what is wanted only behind it. */
const HUGE = `${'x'.repeat(4 * 1024 * 1024)}needle`;

const PLAIN = `server {
  listen 127.0.0.1:{port}; listen [::1]:{port};
  location = /well { return 200 "all is Well\\n"; }
  location = /gone { return 503; }
  location = /moved { return 302 http://$host:{port}/well; }
  location = /loop { return 302 http://$host:{port}/loop; }
  location = /huge { root {directory}; }
  location = /slow { root {directory}; limit_rate 10; }
  location = /host { if ($host = www.example.org) { return 204; } return 404; }
}`;
const tls = (name: string) => `server {
  listen 127.0.0.1:{port} ssl; listen [::1]:{port} ssl;
  ssl_certificate {directory}/${name}.pem; ssl_certificate_key {directory}/${name}.key;
  location / { return 200 "well"; }
}`;

describe.runIf(isHere)('nginx', () => {
  let nginx: Nginx;
  beforeAll(async () => {
    const pairs = { good: certificates.good, expired: certificates.expired, other: certificates.otherName };
    const files = Object.entries(pairs).flatMap(([name, { cert, key }]) => [
      [`${name}.pem`, cert],
      [`${name}.key`, key],
    ]);
    nginx = await startNginx([PLAIN, tls('good'), tls('expired'), tls('other')], {
      huge: HUGE,
      slow: 'x'.repeat(1_000),
      ...Object.fromEntries(files),
    });
  });
  afterAll(() => nginx.stop());

  const ask = (server: number, monitor: Partial<Monitor>, address = '127.0.0.1', host?: string) =>
    probe(
      makeCheck(
        { type: server === 0 ? 'http' : 'https', timeoutSeconds: 2, ...monitor },
        { address, port: nginx.ports[server]!, header: host === undefined ? null : { Host: [host] } },
      ),
      options,
    );

  test.each<{ what: string; monitor: Partial<Monitor>; reason: string; code: number; host?: string }>([
    { what: 'an answer', monitor: { path: '/well' }, reason: 'No failures', code: 200 },
    { what: 'a body', monitor: { path: '/well', expectedBody: 'IS WELL' }, reason: 'No failures', code: 200 },
    {
      what: 'another body',
      monitor: { path: '/well', expectedBody: 'ill' },
      reason: 'Response body mismatch error',
      code: 200,
    },
    { what: 'HEAD', monitor: { path: '/well', method: 'HEAD' }, reason: 'No failures', code: 200 },
    { what: 'another code', monitor: { path: '/gone' }, reason: 'Response code mismatch error', code: 503 },
    {
      what: 'a code in a range',
      monitor: { path: '/gone', expectedCodes: '2xx,5xx' },
      reason: 'No failures',
      code: 503,
    },
    {
      what: 'the Host',
      monitor: { path: '/host', expectedCodes: '204' },
      host: 'www.example.org',
      reason: 'No failures',
      code: 204,
    },
    {
      what: 'a redirect, not followed',
      monitor: { path: '/moved' },
      reason: 'Response code mismatch error',
      code: 302,
    },
    {
      what: 'a redirect, followed',
      monitor: { path: '/moved', followRedirects: true },
      reason: 'No failures',
      code: 200,
    },
    { what: 'a huge body', monitor: { path: '/huge' }, reason: 'No failures', code: 200 },
    {
      what: 'a huge body with the expected text at its end',
      monitor: { path: '/huge', expectedBody: 'needle' },
      reason: 'Response body mismatch error',
      code: 200,
    },
    {
      what: 'a slow body with the expected text',
      monitor: { path: '/slow', expectedBody: 'needle' },
      reason: 'HTTP timeout occurred',
      code: 0,
    },
  ])('$what: $reason', async ({ monitor, reason, code, host }) => {
    for (const address of ['127.0.0.1', '::1']) {
      const found = await ask(0, monitor, address, host);
      expect({ reason: found.reason, code: found.responseCode }).toEqual({ reason, code });
    }
  });

  test('an endless redirect is followed only to the limit', async () => {
    const found = await ask(0, { path: '/loop', followRedirects: true });
    expect(found).toMatchObject({ ok: false });
    expect(found.reason).not.toBe('HTTP timeout occurred');
  });

  test.each([
    { what: 'a certificate for its address', server: 1, host: undefined, reason: 'No failures' },
    { what: 'a certificate for the Host', server: 1, host: 'www.example.org', reason: 'No failures' },
    { what: 'one that has expired', server: 2, host: undefined, reason: 'TLS untrusted certificate error' },
    { what: 'one for another name', server: 3, host: undefined, reason: 'TLS name mismatch error' },
  ])('TLS, $what: $reason', async ({ server, host, reason }) => {
    for (const address of ['127.0.0.1', '::1'])
      expect((await ask(server, {}, address, host)).reason).toBe(reason);
    expect((await ask(server, { allowInsecure: true })).reason).toBe('No failures');
  });
});
