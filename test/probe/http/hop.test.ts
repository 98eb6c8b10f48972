import { expect, test } from 'vitest';
import { MonitorConfigError } from '../../../src/probe/failure.ts';
import { firstHop, nextHop } from '../../../src/probe/http/hop.ts';
import { makeCheck } from '../checks.ts';

test.each([
  { type: 'http', address: '192.0.2.1', authority: '192.0.2.1', sni: undefined },
  { type: 'http', address: '192.0.2.1', port: 8080, authority: '192.0.2.1:8080', sni: undefined },
  { type: 'https', address: '2001:db8::5', authority: '[2001:db8::5]', sni: undefined },
  { type: 'https', address: '2001:db8::5', port: 80, authority: '[2001:db8::5]:80', sni: undefined },
  {
    type: 'https',
    address: '192.0.2.1',
    host: 'www.example.org',
    authority: 'www.example.org',
    sni: 'www.example.org',
  },
  {
    type: 'https',
    address: '192.0.2.1',
    host: 'www.example.org:8443',
    authority: 'www.example.org:8443',
    sni: 'www.example.org',
  },
  { type: 'https', address: 'a.example.org', authority: 'a.example.org', sni: 'a.example.org' },
  { type: 'https', address: 'a.example.org.', authority: 'a.example.org', sni: 'a.example.org' },
  {
    type: 'https',
    address: '192.0.2.1',
    host: 'www.example.org.',
    authority: 'www.example.org.',
    sni: 'www.example.org',
  },
  {
    type: 'https',
    address: '192.0.2.1',
    host: 'www.example.org.:8443',
    authority: 'www.example.org.:8443',
    sni: 'www.example.org',
  },
  {
    type: 'https',
    address: 'a.example.org',
    host: 'www.example.org',
    authority: 'www.example.org',
    sni: 'www.example.org',
  },
  {
    type: 'https',
    address: 'a.example.org',
    host: '192.0.2.9',
    authority: '192.0.2.9',
    sni: 'a.example.org',
  },
] as const)(
  '$type to $address as $host: Host $authority, SNI $sni',
  ({ type, address, authority, sni, ...own }) => {
    const endpoint = {
      address,
      ...('port' in own ? { port: own.port } : {}),
      ...('host' in own ? { header: { Host: [own.host] } } : {}),
    };
    const hop = firstHop(makeCheck({ type }, endpoint), '192.0.2.1');
    expect([hop.authority, hop.serverName]).toEqual([authority, sni]);
  },
);

test('header fields of the monitor are sent, except those that Lifeguard sets', () => {
  const header = {
    Host: ['www.example.org'],
    'user-AGENT': ['curl'],
    Connection: ['keep-alive'],
    'X-Probe': ['one', 'two'],
    Accept: ['text/plain'],
  };
  const { fields } = firstHop(makeCheck({ header }, {}), '192.0.2.1');
  expect(fields).toEqual([
    'user-agent',
    'Mozilla/5.0 (compatible; Lifeguard/1.0; pool-id: 17b5962d775c646f)',
    'X-Probe',
    'one',
    'X-Probe',
    'two',
    'Accept',
    'text/plain',
    'accept-encoding',
    'identity',
  ]);
});

test('an invalid Host is an error of the configuration', () => {
  const check = makeCheck({}, { header: { Host: ['exa mple.org'] } });
  expect(() => firstHop(check, '192.0.2.1')).toThrow(MonitorConfigError);
});

test('the path is sent as it is configured, with its query', () => {
  expect(firstHop(makeCheck({ path: '/a/../b?x=%20' }, {}), '192.0.2.1').path).toBe('/a/../b?x=%20');
});

const from = firstHop(
  makeCheck(
    { header: { Host: ['www.example.org'], Authorization: ['secret'] } },
    { address: '192.0.2.1', port: 8080 },
  ),
  '192.0.2.1',
);

test.each([
  { location: '/x?y', to: 'http 192.0.2.1 8080 www.example.org /x?y', rule: 'same origin: the same port' },
  {
    location: 'http://www.example.org/x',
    to: 'http 192.0.2.1 8080 www.example.org /x',
    rule: 'same origin in full',
  },
  {
    location: 'https://www.example.org/',
    to: 'https 192.0.2.1 443 www.example.org /',
    rule: 'same host, other scheme',
  },
  {
    location: 'http://WWW.example.org:81/',
    to: 'http 192.0.2.1 81 www.example.org:81 /',
    rule: 'same host, other port',
  },
  {
    location: 'http://b.example.org/',
    to: 'http undefined 80 b.example.org /',
    rule: 'another host is resolved',
  },
  { location: 'http://[2001:db8::1]:81/', to: 'http 2001:db8::1 81 [2001:db8::1]:81 /', rule: 'an address' },
  {
    location: '/caf\xc3\xa9',
    to: 'http 192.0.2.1 8080 www.example.org /caf%C3%A9',
    rule: 'raw UTF-8, as curl and browsers',
  },
  {
    location: '/caf\xe9',
    to: 'http 192.0.2.1 8080 www.example.org /caf%E9',
    rule: 'raw Latin-1, as curl and browsers',
  },
  {
    location: '/?q=\xc3\xa9',
    to: 'http 192.0.2.1 8080 www.example.org /?q=%C3%A9',
    rule: 'raw UTF-8 in a query',
  },
  {
    location: '/caf%c3%a9/%2F',
    to: 'http 192.0.2.1 8080 www.example.org /caf%c3%a9/%2F',
    rule: 'percent codes stay as they are',
  },
  { location: '/a b/c', to: 'http 192.0.2.1 8080 www.example.org /a%20b/c', rule: 'blanks (WHATWG URL)' },
  { location: ' /x ', to: 'http 192.0.2.1 8080 www.example.org /x', rule: 'blanks around it' },
  {
    location: '/x#part',
    to: 'http 192.0.2.1 8080 www.example.org /x',
    rule: 'a fragment is never sent (RFC 9110 §10.2.2)',
  },
  { location: 'x', to: 'http 192.0.2.1 8080 www.example.org /x', rule: 'relative to the path' },
  {
    location: './../x/../y',
    to: 'http 192.0.2.1 8080 www.example.org /y',
    rule: 'dots are removed (RFC 3986 §5.2.4)',
  },
  { location: '?y', to: 'http 192.0.2.1 8080 www.example.org /?y', rule: 'a query alone' },
  { location: '//www.example.org/x', to: 'http 192.0.2.1 8080 www.example.org /x', rule: 'without a scheme' },
  {
    location: '//b.example.org/x',
    to: 'http undefined 80 b.example.org /x',
    rule: 'without a scheme, another host',
  },
  {
    location: 'http://b\xc3\xbccher.example/',
    to: 'http undefined 80 xn--bcher-kva.example /',
    rule: 'a raw name (RFC 5890)',
  },
  {
    location: 'http:\\\\www.example.org\\x',
    to: 'http 192.0.2.1 8080 www.example.org /x',
    rule: 'backslashes (WHATWG URL)',
  },
  {
    location: 'http://u:p@www.example.org/x',
    to: 'http 192.0.2.1 8080 www.example.org /x',
    rule: 'user and password are not sent',
  },
  {
    location: 'http://www.example.org./x',
    to: 'http 192.0.2.1 8080 www.example.org. /x',
    rule: 'the same host with its final dot',
  },
  { location: '', to: undefined, rule: 'empty, as curl' },
  { location: 'ftp://www.example.org/', to: undefined, rule: 'another scheme is not followed' },
  { location: 'http://a b/', to: undefined, rule: 'unreadable' },
  { location: undefined, to: undefined, rule: 'no Location' },
])('a redirect to $location goes to $to ($rule)', ({ location, to }) => {
  const hop = nextHop(from, 302, location);
  expect(
    hop && `${hop.url.protocol.slice(0, -1)} ${hop.address} ${hop.port} ${hop.authority} ${hop.path}`,
  ).toBe(to);
});

const SECRETS = { Authorization: ['secret'], Cookie: ['secret=1'], 'X-Api-Key': ['secret'] };

test.each([
  { from: 'http', port: 8080, location: '/x', kept: true, rule: 'the same' },
  {
    from: 'http',
    port: 8080,
    location: 'http://www.example.org/',
    kept: true,
    rule: 'the same, as Host says it',
  },
  {
    from: 'http',
    port: 8080,
    location: 'http://www.example.org:8080/',
    kept: true,
    rule: 'the port that is checked',
  },
  {
    from: 'https',
    port: 443,
    location: 'https://WWW.example.org:443/',
    kept: true,
    rule: 'the same, spelled otherwise',
  },
  { from: 'https', port: 443, location: 'https://www.example.org./', kept: true, rule: 'the same name' },
  { from: 'https', port: 443, location: 'http://www.example.org/', kept: false, rule: 'to plaintext' },
  {
    from: 'https',
    port: 443,
    location: 'http://www.example.org:443/',
    kept: false,
    rule: 'to plaintext at the same port',
  },
  { from: 'http', port: 80, location: 'https://www.example.org/', kept: false, rule: 'another scheme' },
  { from: 'https', port: 443, location: 'https://www.example.org:8443/', kept: false, rule: 'another port' },
  { from: 'http', port: 8080, location: 'http://www.example.org:81/', kept: false, rule: 'another port' },
  { from: 'http', port: 80, location: 'http://b.example.org/', kept: false, rule: 'another host' },
  { from: 'http', port: 80, location: 'http://192.0.2.1/', kept: false, rule: 'the address is another host' },
] as const)(
  'fields from $from at $port to $location: kept $kept ($rule)',
  ({ from: type, port, location, kept }) => {
    const check = makeCheck(
      { type, header: { Host: ['www.example.org'], ...SECRETS } },
      { address: '192.0.2.1', port },
    );
    const next = nextHop(firstHop(check, '192.0.2.1'), 302, location)!;
    expect(JSON.stringify(next.fields).includes('secret')).toBe(kept);
    expect(next.fields[0]).toBe('user-agent');
  },
);

test('fields that were dropped at one redirect are not sent after the next', () => {
  const away = nextHop(from, 302, 'https://www.example.org/')!;
  const back = nextHop(away, 302, 'http://www.example.org/')!;
  expect(JSON.stringify(back.fields)).not.toContain('secret');
});

test.each([
  { location: 'https://www.example.org./', sni: 'www.example.org', rule: 'the same host' },
  { location: 'https://b.example.org./', sni: 'b.example.org', rule: 'another host' },
  { location: 'https://192.0.2.9/', sni: undefined, rule: 'an address' },
  { location: 'https://[2001:db8::1]/', sni: undefined, rule: 'an address' },
])('SNI after a redirect to $location: $sni ($rule, RFC 6066 §3)', ({ location, sni }) => {
  const secure = makeCheck(
    { type: 'https', header: { Host: ['www.example.org'] } },
    { address: '192.0.2.1' },
  );
  expect(nextHop(firstHop(secure, '192.0.2.1'), 302, location)!.serverName).toBe(sni);
});

test.each([
  { method: 'GET', status: 303, next: 'GET' },
  { method: 'HEAD', status: 303, next: 'HEAD' },
  { method: 'POST', status: 302, next: 'GET' },
  { method: 'POST', status: 307, next: 'POST' },
])('$method after $status is $next', ({ method, status, next }) => {
  expect(nextHop({ ...from, method }, status, '/')!.method).toBe(next);
});

test.each([200, 300, 304, 305, 404])('%i does not redirect', (status) => {
  expect(nextHop(from, status, '/')).toBeUndefined();
});
