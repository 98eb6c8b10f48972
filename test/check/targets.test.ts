import { expect, test } from 'vitest';
import { createTargets } from '../../src/check/targets.ts';
import { parsePrefix } from '../../src/config/prefix.ts';

const byDefault = createTargets();

test.each([
  { address: '169.254.169.254', rule: 'metadata of AWS, Azure, Google and others (RFC 3927)' },
  { address: '169.254.170.2', rule: 'credentials of tasks of AWS ECS' },
  { address: '100.100.100.200', rule: 'metadata of Alibaba Cloud' },
  { address: '168.63.129.16', rule: 'WireServer of Azure' },
  { address: '192.0.0.192', rule: 'metadata of Oracle Cloud Classic' },
  { address: 'fd00:ec2::254', rule: 'metadata of AWS over IPv6' },
  { address: 'fd20:ce::254', rule: 'metadata of Google Cloud over IPv6' },
  { address: 'fd00:c1::a9fe:a9fe', rule: 'metadata of Oracle Cloud over IPv6' },
  { address: 'fd00:a9fe:a9fe::1', rule: 'metadata of Linode over IPv6' },
  { address: 'fe80::1', rule: 'link-local (RFC 4291 §2.5.6)' },
  { address: 'fe80::1%eth0', rule: 'link-local with a zone (RFC 4007 §11)' },
  { address: 'febf:ffff::1', rule: 'the end of fe80::/10' },
  { address: '0.0.0.0', rule: 'unspecified, which Linux takes for loopback' },
  { address: '0.1.2.3', rule: 'this network (RFC 6890)' },
  { address: '::', rule: 'unspecified (RFC 4291 §2.5.2)' },
  { address: '224.0.0.1', rule: 'multicast (RFC 5771)' },
  { address: '239.255.255.255', rule: 'multicast (RFC 5771)' },
  { address: 'ff02::1', rule: 'multicast (RFC 4291 §2.7)' },
  { address: '255.255.255.255', rule: 'broadcast (RFC 919)' },
  { address: '::ffff:169.254.169.254', rule: 'IPv4-mapped (RFC 4291 §2.5.5.2)' },
  { address: '::ffff:a9fe:a9fe', rule: 'IPv4-mapped, in hexadecimal' },
  { address: '::169.254.169.254', rule: 'IPv4-compatible (RFC 4291 §2.5.5.1)' },
  { address: '64:ff9b::169.254.169.254', rule: 'NAT64 (RFC 6052)' },
  { address: '64:ff9b:1::169.254.169.254', rule: 'NAT64 of local use, as a /96 (RFC 8215)' },
  { address: '64:ff9b:1:a9fe:a9:fe00::', rule: 'NAT64 of local use, as a /48 (RFC 6052 §2.2)' },
  { address: '64:ff9b:1:a9:fe:a9fe::', rule: 'NAT64 of local use, as a /56 (RFC 6052 §2.2)' },
  { address: '64:ff9b:1:0:a9:fea9:fe00:0', rule: 'NAT64 of local use, as a /64 (RFC 6052 §2.2)' },
  { address: '::ffff:0:169.254.169.254', rule: 'IPv4-translated (RFC 2765 §2.1)' },
  { address: '2002:a9fe:a9fe::1', rule: '6to4 (RFC 3056)' },
  { address: '2001:0:a9fe:a9fe::1', rule: 'Teredo, the server (RFC 4380 §4)' },
  { address: '2001::5601:5601', rule: 'Teredo, the client' },
  { address: '2001:db8::5efe:a9fe:a9fe', rule: 'ISATAP (RFC 5214)' },
  { address: 'not an address', rule: 'none' },
])('$address is denied by default: $rule', ({ address }) => expect(byDefault(address)).toContain(address));

test.each([
  '127.0.0.1',
  '127.255.255.255',
  '::1',
  '::ffff:127.0.0.1',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '192.0.2.1',
  '169.253.255.255',
  '169.255.0.0',
  '223.255.255.255',
  '255.255.255.254',
  '2001:db8::1',
  'fd12:3456::1',
  'fec0::1',
  'fe7f::1',
  '2002:c000:201::1',
  '64:ff9b::192.0.2.1',
  '64:ff9b:1::192.0.2.1',
  '64:ff9b:1:c000:2:100::',
  '::ffff:0:192.0.2.1',
])('%s is allowed by default', (address) => expect(byDefault(address)).toBeUndefined());

test.each([
  {
    allow: ['169.254.10.0/24'],
    deny: [],
    address: '169.254.10.9',
    allowed: true,
    rule: 'the allowed prefix is longer than the default',
  },
  { allow: ['169.254.10.0/24'], deny: [], address: '169.254.11.9', allowed: false, rule: 'another address' },
  {
    allow: ['169.254.0.0/16'],
    deny: [],
    address: '169.254.169.254',
    allowed: true,
    rule: 'the allowed prefix is as long as the default',
  },
  {
    allow: ['0.0.0.0/0'],
    deny: [],
    address: '169.254.169.254',
    allowed: false,
    rule: 'the allowed prefix is shorter than the default',
  },
  { allow: [], deny: ['127.0.0.0/8'], address: '127.0.0.1', allowed: false, rule: 'the prefix is denied' },
  {
    allow: [],
    deny: ['127.0.0.0/8'],
    address: '::ffff:127.0.0.1',
    allowed: false,
    rule: 'a denied IPv4 address written as IPv6',
  },
  { allow: [], deny: ['127.0.0.0/8'], address: '::1', allowed: true, rule: 'IPv6 is not IPv4' },
  {
    allow: ['10.1.0.0/16'],
    deny: ['10.0.0.0/8'],
    address: '10.1.2.3',
    allowed: true,
    rule: 'the longest prefix decides',
  },
  {
    allow: ['10.0.0.0/8'],
    deny: ['10.1.0.0/16'],
    address: '10.1.2.3',
    allowed: false,
    rule: 'the longest prefix decides',
  },
  {
    allow: ['192.0.2.8'],
    deny: ['0.0.0.0/0', '::/0'],
    address: '192.0.2.8',
    allowed: true,
    rule: 'all addresses but one are denied',
  },
  {
    allow: ['192.0.2.8'],
    deny: ['0.0.0.0/0', '::/0'],
    address: '192.0.2.9',
    allowed: false,
    rule: 'all addresses but one are denied',
  },
  {
    allow: ['192.0.2.8'],
    deny: ['0.0.0.0/0', '::/0'],
    address: '2001:db8::1',
    allowed: false,
    rule: 'all addresses but one are denied',
  },
  { allow: [], deny: ['192.0.2.10/31'], address: '192.0.2.11', allowed: false, rule: 'within an octet' },
  { allow: [], deny: ['192.0.2.10/31'], address: '192.0.2.12', allowed: true, rule: 'within an octet' },
])('$address with allow $allow and deny $deny: $allowed ($rule)', ({ allow, deny, address, allowed }) => {
  const refuse = createTargets({ allow: allow.map(parsePrefix), deny: deny.map(parsePrefix) });
  expect(refuse(address) === undefined).toBe(allowed);
});

test('a refusal names the address, the rule, and the setting that can allow it', () => {
  expect(byDefault('169.254.169.254')).toBe(
    'The target 169.254.169.254 is denied: 169.254.0.0/16, link-local, as metadata services of clouds are (RFC 3927); targets.allow can allow it.',
  );
  expect(createTargets({ allow: [], deny: [parsePrefix('10.0.0.0/8')] })('10.0.0.1')).toBe(
    'The target 10.0.0.1 is denied: targets.deny of the configuration.',
  );
});
