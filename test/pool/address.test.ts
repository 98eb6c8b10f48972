import { expect, test } from 'vitest';
import { parseAddress, serverNameOf } from '../../src/pool/address.ts';
import fc from '../support/property.ts';

test.each([
  ['192.0.2.1', 'ipv4', '192.0.2.1', 'dotted decimal'],
  ['127.0.0.1', 'ipv4', '127.0.0.1', 'loopback is somebody’s address'],
  ['255.255.255.254', 'ipv4', '255.255.255.254', 'one below broadcast'],
  ['223.255.255.255', 'ipv4', '223.255.255.255', 'last before multicast (RFC 5771)'],
  ['240.0.0.0', 'ipv4', '240.0.0.0', 'first after multicast'],
  ['2001:db8::1', 'ipv6', '2001:db8::1', 'RFC 5952'],
  ['2001:DB8:0:0:0:0:0:1', 'ipv6', '2001:db8::1', 'RFC 5952 §4.2, §4.3: zeros and case'],
  ['2001:0db8::0001', 'ipv6', '2001:db8::1', 'RFC 5952 §4.1: leading zeros'],
  ['64:ff9b::192.0.2.1', 'ipv6', '64:ff9b::c000:201', 'RFC 4291 §2.2 3: dotted tail'],
  ['::1', 'ipv6', '::1', 'loopback'],
  ['Web.Example.ORG', 'name', 'web.example.org', 'RFC 4343: case'],
  ['web.example.org.', 'name', 'web.example.org', 'final dot'],
  ['localhost', 'name', 'localhost', 'one label'],
  ['_web.example.org', 'name', '_web.example.org', 'underscores'],
  ['3com.example.org', 'name', '3com.example.org', 'RFC 1123 §2.1: a digit first'],
  [`${'a'.repeat(63)}.example.org`, 'name', `${'a'.repeat(63)}.example.org`, 'RFC 1035 §2.3.4: 63 octets'],
])('%s is %s %s (%s)', (text, kind, canonical) => {
  expect(parseAddress(text)).toEqual({ kind, canonical });
});

test.each([
  ['', 'is neither an IP address nor a host name'],
  ['0.0.0.0', 'is unspecified'],
  ['0.1.2.3', 'is unspecified'],
  ['::', 'is unspecified'],
  ['0:0:0:0:0:0:0:0', 'is unspecified'],
  ['224.0.0.1', 'is multicast'],
  ['239.255.255.255', 'is multicast'],
  ['ff02::1', 'is multicast'],
  ['255.255.255.255', 'is the broadcast address'],
  ['::ffff:192.0.2.1', 'is IPv4 written as IPv6'],
  ['::ffff:c000:201', 'is IPv4 written as IPv6'],
  ['192.0.2.256', 'ends in a number, as no host name does'],
  ['192.0.2', 'ends in a number, as no host name does'],
  ['192.0.2.01', 'ends in a number, as no host name does'],
  ['2001:db8::1%eth0', 'is not an IPv6 address'],
  ['2001:db8:::1', 'is not an IPv6 address'],
  ['[2001:db8::1]', 'is not an IPv6 address'],
  ['::]@x:', 'is not an IPv6 address'],
  ['1:2:3:4:5:6:7:8:9', 'is not an IPv6 address'],
  ['web..example.org', 'is neither an IP address nor a host name'],
  ['.', 'is neither an IP address nor a host name'],
  ['-web.example.org', 'is neither an IP address nor a host name'],
  ['web-.example.org', 'is neither an IP address nor a host name'],
  ['web example.org', 'is neither an IP address nor a host name'],
  ['wéb.example.org', 'is neither an IP address nor a host name'],
  ['web.example.org/', 'is neither an IP address nor a host name'],
  ['web.example.org\n', 'is neither an IP address nor a host name'],
  [`${'a'.repeat(64)}.example.org`, 'is neither an IP address nor a host name'],
  [`${'abcdefg.'.repeat(32)}org`, 'has 261 octets; 255 at most'],
])('%j is refused: it %s', (text, why) => {
  expect(parseAddress(text)).toEqual({ kind: 'refused', why });
});

test('for any text, the canonical form is an address of the same kind and its own canonical form', () => {
  const texts = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.domain(),
    fc.string(),
    fc.stringMatching(/^[0-9a-f:.]{0,20}$/),
  );
  fc.assert(
    fc.property(texts, (text) => {
      const address = parseAddress(text);
      if (address.kind !== 'refused') expect(parseAddress(address.canonical)).toEqual(address);
    }),
  );
});

test.each([
  ['redis.example.org', 'redis.example.org'],
  ['redis.example.org.', 'redis.example.org'],
  ['192.0.2.1', undefined],
  ['2001:db8::1', undefined],
  ['fe80::1%eth0', undefined],
  ['my_redis', 'my_redis'],
])('TLS names %s as %s (RFC 6066 §3)', (host, name) => expect(serverNameOf(host)).toBe(name));
