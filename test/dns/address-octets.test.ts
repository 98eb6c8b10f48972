/** Addresses in text against what Node makes of them. TEST_SEED repeats a run. */

import { isIPv4, isIPv6 } from 'node:net';
import { expect, test } from 'vitest';
import { ipv4Octets, ipv6Octets } from '../../src/dns/address-octets.ts';
import fc, { draws } from '../support/property.ts';
import { seed } from '../support/seed.ts';

const hex = (octets: Uint8Array | undefined) => octets && Buffer.from(octets).toString('hex');

test.each([
  { text: '192.0.2.1', octets: 'c0000201' },
  { text: '0.0.0.0', octets: '00000000' },
  { text: '255.255.255.255', octets: 'ffffffff' },
  { text: '10.200.30.4', octets: '0ac81e04' },
])('$text', ({ text, octets }) => expect(hex(ipv4Octets(text))).toBe(octets));

test.each([
  '',
  '1',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '256.1.1.1',
  '1.1.1.1000',
  '01.2.3.4',
  '1.2.3.4 ',
  '1.2.3.-4',
  '::1',
  'a.b.c.d',
])('"%s" is not an IPv4 address', (text) => expect(ipv4Octets(text)).toBeUndefined());

test.each([
  { text: '::', octets: '0'.repeat(32) },
  { text: '::1', octets: `${'0'.repeat(31)}1` },
  { text: '1::', octets: `0001${'0'.repeat(28)}` },
  { text: '2001:DB8::a:0b:00C', octets: '20010db8000000000000000a000b000c' },
  { text: '1:2:3:4:5:6:7:8', octets: '00010002000300040005000600070008' },
  { text: '1:2:3:4:5:6:7::', octets: '00010002000300040005000600070000' },
  { text: '::2:3:4:5:6:7:8', octets: '00000002000300040005000600070008' },
  { text: '::ffff:192.0.2.1', octets: '00000000000000000000ffffc0000201' },
  { text: '1:2:3:4:5:6:192.0.2.1', octets: '000100020003000400050006c0000201' },
  { text: '64:ff9b::192.0.2.33', octets: '0064ff9b0000000000000000c0000221' },
])('$text', ({ text, octets }) => expect(hex(ipv6Octets(text))).toBe(octets));

test.each([
  ...['', ':', ':::', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '::1:2:3:4:5:6:7:8'],
  ...['1::2::3', '1:', ':1', '1:2:3:4:5:6:7:', '12345::', '1::g', 'fe80::1%eth0', '1:2:3:4:5:6:7:192.0.2.1'],
  ...['192.0.2.1', '::192.0.2', '::192.0.2.256', '::a.0.2.1', '::192.0.2.1:1', ' ::1', '::1 ', '1:2:::3'],
])('"%s" is not an IPv6 address', (text) => expect(ipv6Octets(text)).toBeUndefined());

const pieces = fc.constantFrom(
  '0',
  '1',
  'f',
  'ffff',
  '0db8',
  '12345',
  ':',
  '::',
  '.',
  '192.0.2.1',
  '255',
  '256',
  '01',
  'g',
  '%',
  ' ',
);
test(`a text is an address exactly when Node says so (seed ${seed})`, () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 17 }).map((all) => all.join('')),
        fc.ipV4(),
        fc.ipV6(),
      ),
      (text) => {
        expect(ipv4Octets(text) !== undefined, text).toBe(isIPv4(text));
        // Node takes a scope, which a record cannot have.
        expect(ipv6Octets(text) !== undefined, text).toBe(isIPv6(text) && !text.includes('%'));
      },
    ),
    { numRuns: draws(1_000) },
  );
});

test(`any spelling of an IPv6 address gives its octets (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const groups = Array.from({ length: 8 }, (_, i) => hex(ipv6Octets(text))!.slice(4 * i, 4 * i + 4));
      const canonical = (any: string) => new URL(`http://[${any}]/`).hostname;
      expect(canonical(groups.join(':'))).toBe(canonical(text));
    }),
    { numRuns: draws(500) },
  );
});
