import { describe, expect, test } from 'vitest';
import { formatName, NameError, parseWrittenName } from '../../src/dns/name.ts';
import { namesIn } from '../../src/rdata/rdata.ts';
import { RDATA_OCTETS_MAX, RdataError } from '../../src/rdata/rdata-error.ts';
import { AUTHORED_TYPES, recordTypeNumber } from '../../src/rdata/record-type.ts';
import fc, { anyText } from '../support/property.ts';
import { rdataOf } from './of-type.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
/** Hexadecimal of ASCII text after its length. */
const counted = (text: string) => hex(Uint8Array.of(text.length)) + hex(Buffer.from(text, 'latin1'));

const HOST = '046d61696c076578616d706c65036f726700'; // mail.example.org.

describe('rdata, octet by octet', () => {
  test.each<{ type: string; text: string; rdata: string; rule: string }>([
    { type: 'A', text: '192.0.2.1', rdata: 'c0000201', rule: 'RFC 1035 §3.4.1' },
    { type: 'A', text: '0.0.0.0', rdata: '00000000', rule: 'RFC 1035 §3.4.1' },
    { type: 'A', text: '255.255.255.255', rdata: 'ffffffff', rule: 'RFC 1035 §3.4.1' },
    {
      type: 'AAAA',
      text: '2001:db8::53',
      rdata: '20010db8000000000000000000000053',
      rule: 'RFC 3596 §2.2',
    },
    { type: 'AAAA', text: '::', rdata: '0'.repeat(32), rule: 'RFC 4291 §2.2, all zero' },
    { type: 'AAAA', text: '::1', rdata: `${'0'.repeat(31)}1`, rule: 'RFC 4291 §2.2, leading zeros' },
    {
      type: 'AAAA',
      text: '2001:DB8::',
      rdata: `20010db8${'0'.repeat(24)}`,
      rule: 'RFC 4291 §2.2, trailing zeros',
    },
    {
      type: 'AAAA',
      text: '2001:db8:1:2:3:4:5::',
      rdata: '20010db8000100020003000400050000',
      rule: 'RFC 4291 §2.2, one group left out',
    },
    {
      type: 'AAAA',
      text: '::ffff:192.0.2.128',
      rdata: '00000000000000000000ffffc0000280',
      rule: 'RFC 4291 §2.2 form 3, which dns2 gets wrong',
    },
    {
      type: 'AAAA',
      text: '64:ff9b::192.0.2.33',
      rdata: '0064ff9b0000000000000000c0000221',
      rule: 'RFC 6052 §2.4',
    },
    { type: 'NS', text: 'mail.example.org.', rdata: HOST, rule: 'RFC 1035 §3.3.11' },
    {
      type: 'CNAME',
      text: 'MAIL.example.ORG',
      rdata: '044d41494c076578616d706c65034f524700',
      rule: 'RFC 1035 §2.3.3, the case is kept',
    },
    { type: 'PTR', text: 'mail.example.org', rdata: HOST, rule: 'RFC 1035 §3.3.12' },
    { type: 'CNAME', text: '.', rdata: '00', rule: 'RFC 1035 §3.1, the root' },
    {
      type: 'CNAME',
      text: 'a\\.b.example.org',
      rdata: '03612e62076578616d706c65036f726700',
      rule: 'RFC 1035 §5.1 \\X, which dns2 gets wrong',
    },
    {
      type: 'CNAME',
      text: 'a\\000\\255.example.org',
      rdata: '036100ff076578616d706c65036f726700',
      rule: 'RFC 1035 §5.1 \\DDD, which dns2 gets wrong',
    },
    { type: 'MX', text: '10 mail.example.org', rdata: `000a${HOST}`, rule: 'RFC 1035 §3.3.9' },
    {
      type: 'MX',
      text: '  65535\tmail.example.org. ',
      rdata: `ffff${HOST}`,
      rule: 'RFC 1035 §5.1, any blanks',
    },
    { type: 'MX', text: '0 .', rdata: '000000', rule: 'RFC 7505 §3, null MX' },
    { type: 'SRV', text: '1 2 443 mail.example.org', rdata: `0001000201bb${HOST}`, rule: 'RFC 2782' },
    { type: 'SRV', text: '0 0 0 .', rdata: '00000000000000', rule: 'RFC 2782, service not there' },
    { type: 'TXT', text: 'v=spf1 -all', rdata: counted('v=spf1 -all'), rule: 'one text, spaces kept' },
    { type: 'TXT', text: 'a\\\\b; (c)', rdata: counted('a\\b; (c)'), rule: 'one text, escapes undone' },
    { type: 'TXT', text: '', rdata: '00', rule: 'RFC 1035 §3.3.14, at least one string' },
    {
      type: 'TXT',
      text: '"one two" "three"',
      rdata: counted('one two') + counted('three'),
      rule: 'RFC 1035 §5.1',
    },
    {
      type: 'TXT',
      text: '"" x',
      rdata: `00${counted('x')}`,
      rule: 'RFC 1035 §5.1, an empty string and a bare one',
    },
    {
      type: 'TXT',
      text: '"a\\"b\\\\c\\065\\200"',
      rdata: counted('a"b\\cA\xc8'),
      rule: 'RFC 1035 §5.1, escapes',
    },
    { type: 'TXT', text: 'é', rdata: '02c3a9', rule: 'UTF-8' },
    {
      type: 'TXT',
      text: 'x'.repeat(255),
      rdata: counted('x'.repeat(255)),
      rule: 'RFC 1035 §3.3, the longest string',
    },
    {
      type: 'TXT',
      text: 'x'.repeat(256),
      rdata: counted('x'.repeat(255)) + counted('x'),
      rule: 'RFC 1035 §3.3, one octet past it, which dns2 gets wrong',
    },
    {
      type: 'CAA',
      text: '0 issue "ca.example.net; policy=ev"',
      rdata: `0005${hex(Buffer.from('issueca.example.net; policy=ev'))}`,
      rule: 'RFC 8659 §4.1',
    },
    {
      type: 'CAA',
      text: '128 issue ;',
      rdata: `8005${hex(Buffer.from('issue;'))}`,
      rule: 'RFC 8659 §4.2, nobody',
    },
    {
      type: 'CAA',
      text: '0 issuewild ""',
      rdata: `0009${hex(Buffer.from('issuewild'))}`,
      rule: 'RFC 8659 §4.1, empty',
    },
    {
      type: 'CAA',
      text: '0 tbs "\\200"',
      rdata: '0003746273c8',
      rule: 'octets over 127, which dns2 gets wrong',
    },
  ])('$type $text ($rule)', ({ type, text, rdata }) => {
    expect(hex(rdataOf(type, text))).toBe(rdata);
  });
});

describe('refused', () => {
  const longLabel = 'x'.repeat(64);
  test.each<{ type: string; text: string; message: string }>([
    { type: 'A', text: '', message: 'must be `address`' },
    { type: 'A', text: '192.0.2.256', message: 'is not an IPv4 address' },
    { type: 'A', text: '192.0.2', message: 'is not an IPv4 address' },
    { type: 'A', text: '192.0.2.01', message: 'is not an IPv4 address' },
    { type: 'A', text: '2001:db8::1', message: 'is not an IPv4 address' },
    { type: 'AAAA', text: '192.0.2.1', message: 'is not an IPv6 address' },
    { type: 'AAAA', text: '2001:db8:::1', message: 'is not an IPv6 address' },
    { type: 'AAAA', text: '::ffff:192.0.2.300', message: 'is not an IPv6 address' },
    { type: 'AAAA', text: '1:2:3:4:5:6:7:192.0.2.1', message: 'is not an IPv6 address' },
    { type: 'AAAA', text: 'fe80::1%eth0', message: 'is not an IPv6 address' },
    { type: 'NS', text: '', message: 'must be `target`' },
    { type: 'NS', text: 'a..example.org', message: 'has an empty label' },
    { type: 'CNAME', text: `${longLabel}.example.org`, message: 'has a label of 64 octets; 63 at most' },
    { type: 'CNAME', text: 'two names', message: 'must be `target`' },
    { type: 'MX', text: 'mail.example.org', message: 'must be `preference exchange`' },
    { type: 'MX', text: '10 a b', message: 'must be `preference exchange`' },
    { type: 'MX', text: '10 "mail.example.org"', message: 'has an exchange in quotes' },
    { type: 'MX', text: '65536 mail.example.org', message: 'has a preference that is not 0 to 65535' },
    { type: 'MX', text: '-1 mail.example.org', message: 'has a preference that is not 0 to 65535' },
    { type: 'MX', text: '1e1 mail.example.org', message: 'has a preference that is not 0 to 65535' },
    { type: 'SRV', text: '0 0 65536 a.example.org', message: 'has a port that is not 0 to 65535' },
    { type: 'SRV', text: '0 0 1', message: 'must be `priority weight port target`' },
    {
      type: 'TXT',
      text: `"${'x'.repeat(256)}"`,
      message: 'has a character-string of 256 octets; 255 at most',
    },
    { type: 'TXT', text: '"open', message: 'has a quote without its other' },
    { type: 'TXT', text: '"\\256"', message: 'has a broken escape' },
    { type: 'TXT', text: '"\\12"', message: 'has a broken escape' },
    { type: 'CAA', text: '0 issue', message: 'must be `flags tag value`' },
    { type: 'CAA', text: '0 issue two words', message: 'must be `flags tag value`' },
    { type: 'CAA', text: '256 issue x', message: 'has flags that are not 0 to 255' },
    { type: 'CAA', text: '0 is-sue x', message: 'has a tag that is not letters and digits' },
    { type: 'CAA', text: `0 ${'t'.repeat(256)} x`, message: 'has a tag that is not letters and digits' },
  ])('$type $text: $message', ({ type, text, message }) => {
    expect(() => rdataOf(type, text)).toThrow(RdataError);
    expect(() => rdataOf(type, text)).toThrow(message);
  });

  test('rdata ends at 65,535 octets (RFC 1035 §3.2.1)', () => {
    // 255 strings of 256 octets each with their lengths, and one of 254 and its length.
    const most = 'x'.repeat(255 * 255 + 254);
    expect(rdataOf('TXT', most)).toHaveLength(RDATA_OCTETS_MAX);
    expect(() => rdataOf('TXT', `${most}x`)).toThrow('has 65536 octets of rdata; 65535 at most');
    const longest = 'y'.repeat(RDATA_OCTETS_MAX - 5);
    expect(rdataOf('CAA', `0 tag "${longest}"`)).toHaveLength(RDATA_OCTETS_MAX);
    expect(() => rdataOf('CAA', `0 tag "${longest}y"`)).toThrow('65535 at most');
  });
});

test.each<{ type: string; text: string; target: string | undefined }>([
  { type: 'NS', text: 'ns1.example.org', target: 'ns1.example.org.' },
  { type: 'CNAME', text: 'a.example.org', target: 'a.example.org.' },
  { type: 'PTR', text: 'a.example.org', target: 'a.example.org.' },
  { type: 'MX', text: '10 Mail.example.org', target: 'mail.example.org.' },
  { type: 'SRV', text: '0 0 53 a.example.org', target: 'a.example.org.' },
  { type: 'A', text: '192.0.2.1', target: undefined },
  { type: 'AAAA', text: '::1', target: undefined },
  { type: 'CAA', text: '0 issue ;', target: undefined },
  { type: 'TXT', text: 'a.example.org', target: undefined },
])('$type $text points to $target', ({ type, text, target }) => {
  const [found] = namesIn(recordTypeNumber(type)!, rdataOf(type, text));
  expect(found && formatName(found)).toBe(target);
});

describe('any text', () => {
  const types = fc.constantFrom(...AUTHORED_TYPES);

  test('is encoded or refused with RdataError', () => {
    fc.assert(
      fc.property(types, anyText(300), (type, text) => {
        try {
          expect(rdataOf(type, text).length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(RdataError);
        }
      }),
    );
  });

  test('a TXT text is complete, in strings of 255 octets and a rest', () => {
    const texts = fc.string({ maxLength: 1000 }).filter((text) => !/["\\]/.test(text));
    fc.assert(
      fc.property(texts, (text) => {
        const rdata = rdataOf('TXT', text);
        let found = '';
        for (let at = 0; at < rdata.length; at += 1 + rdata[at]!) {
          if (at + 256 < rdata.length) expect(rdata[at]).toBe(255);
          found += Buffer.from(rdata.subarray(at + 1, at + 1 + rdata[at]!)).toString('latin1');
        }
        expect(found).toBe(Buffer.from(text).toString('latin1'));
      }),
    );
  });

  test('a name gives the same octets in every type', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 80 }).filter((text) => !/[\s"();@]/.test(text)),
        (text) => {
          let name: Uint8Array;
          try {
            name = parseWrittenName(text);
          } catch (error) {
            expect(error).toBeInstanceOf(NameError);
            expect(() => rdataOf('NS', text)).toThrow(RdataError);
            return;
          }
          expect(hex(rdataOf('NS', text))).toBe(hex(name));
          expect(hex(rdataOf('MX', `1 ${text}`))).toBe(`0001${hex(name)}`);
          expect(hex(rdataOf('SRV', `1 2 3 ${text}`))).toBe(`000100020003${hex(name)}`);
        },
      ),
    );
  });
});
