import { expect, test } from 'vitest';
import { MonitorConfigError } from '../../src/probe/failure.ts';
import { firstHop, nextHop } from '../../src/probe/hop.ts';
import { makeCheck } from './checks.ts';

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

test('header fields of the monitor are sent, except those that are ours', () => {
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

test('a Host that no request can have is the configuration at fault', () => {
  const check = makeCheck({}, { header: { Host: ['exa mple.org'] } });
  expect(() => firstHop(check, '192.0.2.1')).toThrow(MonitorConfigError);
});

test('the path is sent as authored, query included', () => {
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
  { location: 'ftp://www.example.org/', to: undefined, rule: 'another scheme is not followed' },
  { location: 'http://a b/', to: undefined, rule: 'unreadable' },
  { location: undefined, to: undefined, rule: 'no Location' },
])('a redirect to $location goes to $to ($rule)', ({ location, to }) => {
  const hop = nextHop(from, 302, location);
  expect(
    hop && `${hop.url.protocol.slice(0, -1)} ${hop.address} ${hop.port} ${hop.authority} ${hop.path}`,
  ).toBe(to);
});

test('secrets stay with the host they were meant for', () => {
  expect(nextHop(from, 302, '/x')!.fields).toContain('secret');
  expect(nextHop(from, 302, 'http://b.example.org/')!.fields).not.toContain('secret');
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
