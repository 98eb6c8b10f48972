import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HTTPS_PATH_MAX } from '../../src/config/encrypted.ts';
import { SAMPLE_FILE } from '../../src/config/source/load.ts';
import { load, problemsOf } from './loading.ts';

const dnsOf = (yaml: string) => {
  const loaded = load(yaml);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.dns;
};
const tls = (lines: string) => `dns: { tls: { ${lines} } }`;
const https = (lines: string) => `dns: { https: { ${lines} } }`;
const FILES = 'cert: c.pem, key: k.pem';
const HERE = 'listen: [127.0.0.1:443]';

test('neither is set unless it is configured', () => {
  expect(dnsOf('')).not.toHaveProperty('tls');
  expect(dnsOf('')).not.toHaveProperty('https');
});

test('the path has a default', () => {
  expect(dnsOf(https(`${HERE}, ${FILES}`)).https?.path).toBe('/dns-query');
});

test('HTTPS without a certificate may listen on loopback with insecure: true', () => {
  expect(dnsOf(https('listen: [127.0.0.1:80, "[::1]:80"], insecure: true')).https).toEqual({
    listen: [
      { address: '127.0.0.1', port: 80 },
      { address: '::1', port: 80 },
    ],
    path: '/dns-query',
  });
});

test('the commented settings of the default file are valid', () => {
  const [dns, ...others] = readFileSync(SAMPLE_FILE, 'utf8').split('\napi:\n');
  const shown = [dns!.replaceAll(/^ {2}# ( *(?:tls:|https:| {2}[a-z]+: .*))$/gm, '  $1'), ...others].join(
    '\napi:\n',
  );
  expect(dnsOf(shown)).toMatchObject({
    tls: {
      listen: [{ port: 8853 }],
      cert: '/etc/lifeguard/fullchain.pem',
      key: '/etc/lifeguard/privkey.pem',
    },
    https: {
      listen: [{ port: 8443 }],
      path: '/dns-query',
      certificate: { key: '/etc/lifeguard/privkey.pem' },
    },
  });
});

describe('refused', () => {
  test.each([
    { file: tls(FILES), problems: ['dns.tls.listen: is missing'] },
    { file: tls(HERE), problems: ['dns.tls.cert: is missing', 'dns.tls.key: is missing'] },
    { file: tls(`listen: [], ${FILES}`), problems: ['dns.tls.listen: has 0 items; must have 1 to 64'] },
    { file: tls(`${HERE}, cert: "", key: k`), problems: ['dns.tls.cert: "" is not a file name'] },
    { file: tls(`${HERE}, ${FILES}, path: /`), problems: ['dns.tls.path: is not a key here'] },
    { file: 'dns: { tls: yes please }', problems: ['dns.tls: must be a mapping, not "yes please"'] },
    { file: 'dns: { https: }', problems: ['dns.https: is empty; leave the key out or give it a mapping'] },
    {
      file: https(HERE),
      problems: ['cert', 'key'].map(
        (key) => `dns.https.${key}: is missing; to serve HTTP without TLS on loopback, set insecure: true`,
      ),
    },
    {
      file: https(`${HERE}, cert: c.pem, key: 1`),
      problems: ['dns.https.key: must be a string, not 1; put it in quotes'],
    },
    {
      file: https(`${HERE}, ${FILES}, insecure: true`),
      problems: ['dns.https.insecure: is true although there is a certificate; remove one of them'],
    },
    {
      file: https('listen: [127.0.0.1:80, 192.0.2.1:80], insecure: true'),
      problems: [
        'dns.https.listen: 192.0.2.1:80 is reachable from other machines; with insecure: true it must be a loopback address, behind a TLS proxy',
      ],
    },
    {
      file: `dns: { listen: [127.0.0.1:53], tls: { listen: [127.0.0.1:53], ${FILES} } }`,
      problems: ['dns.tls.listen: 127.0.0.1:53 is already used by dns.listen'],
    },
    {
      file: `dns: { tls: { ${HERE}, ${FILES} }, https: { ${HERE}, ${FILES} } }`,
      problems: ['dns.https.listen: 127.0.0.1:443 is already used by dns.tls.listen'],
    },
    {
      file: https(`listen: [127.0.0.1:5380], ${FILES}`),
      problems: ['api.listen: 127.0.0.1:5380 is already used by dns.https.listen'],
    },
    {
      file: 'dns: { proxy_protocol_from: [192.0.2.0/33] }',
      problems: ['dns.proxy_protocol_from[0]: "192.0.2.0/33" has a length of 33; 32 at most'],
    },
    {
      file: 'api: { trusted_proxies: [0.0.0.0/0] }',
      problems: [
        'api.trusted_proxies[0]: "0.0.0.0/0" has every address, so any client could claim any address; list only your proxies',
      ],
    },
    {
      file: 'dns: { tcp: { connections_per_client_max: 0 } }',
      problems: ['dns.tcp.connections_per_client_max: is 0; must be a whole number from 1 to 100000'],
    },
    {
      file: 'dns: { tcp: { transfer_timeout_ms: 60001 } }',
      problems: ['dns.tcp.transfer_timeout_ms: is 60001; must be a whole number from 100 to 60000'],
    },
  ])('$file', ({ file, problems }) => {
    expect(problemsOf(file)).toEqual(problems);
  });
});

describe('paths', () => {
  const withPath = (path: string) => https(`${HERE}, ${FILES}, path: ${JSON.stringify(path)}`);
  const longest = `/${'x'.repeat(HTTPS_PATH_MAX - 1)}`;

  test.each(['/', '/dns-query', '/a/b.c/~d', '/dns/', longest])('%s', (path) => {
    expect(dnsOf(withPath(path)).https?.path).toBe(path);
    // As the server will see it.
    expect(new URL(path, 'https://dns.invalid').pathname).toBe(path);
  });
  test.each([
    '',
    'dns-query',
    '/dns?x',
    '/dns{?dns}',
    '/a b',
    '//a',
    '/a/../b',
    '/./a',
    '/%41',
    '/ü',
    '/a#b',
  ])('"%s" is refused', (path) => {
    expect(problemsOf(withPath(path))).toEqual([
      `dns.https.path: ${JSON.stringify(path)} must be a path such as /dns-query, without query`,
    ]);
  });
  test('a path that is too long', () => {
    expect(problemsOf(withPath(`${longest}x`))).toEqual([
      expect.stringContaining(`has ${HTTPS_PATH_MAX + 1} characters; ${HTTPS_PATH_MAX} at most`),
    ]);
  });
});
