import { describe, expect, test } from 'vitest';
import { rdataFromJson } from '../../src/rdata/rdata.ts';
import { RdataError } from '../../src/rdata/rdata-error.ts';
import { recordTypeName, recordTypeNumber, whyNotAuthored } from '../../src/rdata/record-type.ts';
import { tokenize } from '../../src/rdata/token.ts';
import { rdataOf } from './of-type.ts';

const LOC_USAGE = 'must be `degrees [minutes [seconds]] N|S degrees [minutes [seconds]] E|W altitude[m]';

describe('refused as a value', () => {
  test.each<[type: string, text: string, message: string]>([
    ['DS', '60485 NOSUCH 2 00', 'has an algorithm that is not 0 to 255 and not one of RSAMD5, DH,'],
    ['DS', '60485 8 2 2BB1', 'has a digest of length 2; of type 2 it has 32 octets'],
    ['DS', '60485 8 2', 'must be `key-tag algorithm digest-type digest`'],
    ['CERT', 'NOSUCH 0 0 AAAA', 'has a type that is not 0 to 65535 and not one of PKIX, SPKI, PGP,'],
    ['CERT', '1 0 0 AA', 'has a certificate that is not base64 (RFC 4648 §4)'],
    ['TLSA', '3 1 1 00', 'has a certificate of length 1; of type 1 it has 32 octets'],
    ['SSHFP', '1 1 00', 'has a fingerprint of length 1; of type 1 it has 20 octets'],
    ['OPENPGPKEY', '!', 'has a public key that is not base64 (RFC 4648 §4)'],
    [
      'SVCB',
      '1 . foo=1',
      'has the parameter "foo", which is none of mandatory, alpn, no-default-alpn, port,',
    ],
    ['SVCB', '1 . key65535=1', 'has the parameter "key65535", which is none of'],
    ['SVCB', '1 . alpn=h2,,h3', 'has the parameter alpn, which has an item that is not 1 to 255 octets'],
    ['HTTPS', '1 . port=x', 'has the parameter port, which is not 0 to 65535'],
    [
      'HTTPS',
      '1 . ipv4hint=1.2.3',
      'has the parameter ipv4hint, which has "1.2.3", which is not an IPv4 address',
    ],
    [
      'HTTPS',
      '1 . ipv6hint=auto,::1',
      'has the parameter ipv6hint, which has "auto", which is not an IPv6 address',
    ],
    ['HTTPS', '0 . alpn=h2', 'has parameters, which priority 0 (an alias) cannot have (RFC 9460 §2.4.2)'],
    ['HTTPS', '1 . mandatory=port', 'has mandatory, which names port, and no port (RFC 9460 §8)'],
    ['HTTPS', '1 . mandatory=mandatory', 'has mandatory, which cannot name itself (RFC 9460 §8)'],
    ['HTTPS', '1 . alpn=a mandatory=alpn,alpn', 'has mandatory, which names a key twice (RFC 9460 §8)'],
    ['HTTPS', '1 . alpn=h2 alpn=h3', 'has alpn twice (RFC 9460 §2.1)'],
    ['HTTPS', '1 . no-default-alpn', 'has no-default-alpn, which needs alpn as well (RFC 9460 §7.1.1)'],
    ['HTTPS', '1 . ech=x', 'has the parameter ech, which has a value that is not base64 (RFC 4648 §4)'],
    ['HTTPS', '1 . dohpath=/q', 'has the parameter dohpath, which is not a path with the variable dns'],
    ['HTTPS', '1 . "alpn=h2"', 'has a parameter in quotes; only its value may have them'],
    ['HTTPS', '1 . key1000="a"b', 'has parameters without a space between them'],
    [
      'HTTPS',
      '1 . key1000=a"b"',
      'has a quote inside the value of key1000, which must be all in quotes or none',
    ],
    ['HTTPS', '1 . key4=', 'has the parameter key4, which needs a value'],
    ['HTTPS', '\\# 7 00010000040000', 'has a hint without an address (RFC 9460 §7.3)'],
    [
      'LOC',
      '91 N 0 E 0',
      'has a latitude of more than 90 degrees, 59 minutes or 59.999 seconds (RFC 1876 §3)',
    ],
    ['LOC', '1 N 181 E 0', 'has a longitude of more than 180 degrees, 59 minutes or 59.999 seconds'],
    ['LOC', '1 N 1 E', LOC_USAGE],
    ['LOC', 'x', `has no latitude that ends in N or S; ${LOC_USAGE}`],
    ['LOC', '1 2 3.1234 N 1 E 0', `has a latitude with "3.1234"; ${LOC_USAGE}`],
    ['LOC', '1 N 1 E 0 -1m', 'has "-1m" for a size or precision; 0.00 to 90000000.00 m (RFC 1876 §2)'],
    ['LOC', '1 N 1 E 99999999', 'has an altitude that is not -100000.00 to 42849672.95 m (RFC 1876 §2)'],
    ['NAPTR', '0 0 "-" "" "" .', 'has flags that are not letters and digits'],
    ['NAPTR', '0 0 u x "!a!" .', 'has a regex that is not an expression and what replaces a match, as in'],
    [
      'NAPTR',
      '0 0 u x "!a!\\\\1!" .',
      'has a regex that is not an expression and what replaces a match, as in',
    ],
    [
      'NAPTR',
      '0 0 u x "!a!b!" a.b.',
      'has a regex and a replacement; one of them must be empty (RFC 3403 §4.1)',
    ],
    ['URI', '10 1 ""', 'has an empty target'],
    ['CAA', '0 issue', 'must be `flags tag value`'],
    [
      'TXT',
      'v=foo; x="bar"',
      'has a ";" outside of quotes, where a comment would start; put the text in quotes',
    ],
    ['TXT', '"a" )', 'has a parenthesis without its other'],
    ['TXT', '"a\nb"', 'has a quote without its other on the line'],
    ['MX', '10 192.0.2.1', 'has the IP address 192.0.2.1 for its exchange, which must be a name'],
    ['NS', '192.0.2.1.', 'has the IP address 192.0.2.1 for its target, which must be a name'],
    ['CNAME', '2001:db8::1', 'has the IP address 2001:db8::1 for its target, which must be a name'],
    ['PTR', '192.0.2.1', 'has the IP address 192.0.2.1 for its target, which must be a name'],
    ['SRV', '1 2 3 ::1', 'has the IP address ::1 for its target, which must be a name'],
    ['CNAME', '@', 'has "@" for its target, which only zone files know; write the full name'],
    ['CNAME', '"a.b"', 'has a target in quotes; names have none'],
    ['TYPE65280', 'abc', 'must be `\\# length hexadecimal-octets` (RFC 3597 §5)'],
    ['TYPE65280', '\\# 2 ab', 'has 1 octets, and says 2'],
    ['A', '\\# 3 ababab', 'has fewer octets than its type needs'],
    ['MX', '\\# 4 000a0000', 'has 1 octets too many'],
    ['CNAME', '\\# 2 c000', 'has a name that is compressed or broken'],
  ])('%s %s: %s', (type, text, message) => {
    expect(() => rdataOf(type, text)).toThrow(RdataError);
    expect(() => rdataOf(type, text)).toThrow(message);
  });
});

describe('refused as data', () => {
  const srv = { priority: 1, weight: 2, port: 3, target: 'a.example' };
  test.each<[type: string, data: unknown, message: string]>([
    ['SRV', { ...srv, target: undefined }, 'needs `target`'],
    ['SRV', { ...srv, port: 'x' }, 'has a port that is not 0 to 65535'],
    ['SRV', { ...srv, port: 65_536 }, 'has a port that is not 0 to 65535'],
    ['SRV', { ...srv, port: 1.5 }, 'has a port that is not 0 to 65535'],
    ['SRV', { ...srv, target: 5 }, 'needs a text as `target`'],
    [
      'SRV',
      { ...srv, tarqet: 'a' },
      'has `tarqet`, which is not one of priority, weight, port, target (did you',
    ],
    ['SRV', { ...srv, priority: true }, 'needs a number as `priority`'],
    ['SRV', [], 'needs an object as `data`'],
    ['SRV', null, 'needs an object as `data`'],
    ['TXT', { texts: [] }, 'needs a list of texts as `texts`'],
    ['TXT', { texts: 'x' }, 'needs a list of texts as `texts`'],
    ['TXT', { texts: ['x'.repeat(256)] }, 'has a character-string of 256 octets; 255 at most'],
    [
      'DS',
      { key_tag: 1, algorithm: 8, digest_type: 2, digest: 'zz' },
      'has a digest that is not hexadecimal',
    ],
    ['LOC', { lat_degrees: 1, lat_direction: 'N', long_degrees: 1 }, 'needs `long_direction`'],
    ['CNAME', { target: 'a b' }, 'has "a b" for a name, which has a character that is not printable ASCII'],
    ['MX', { priority: 1, target: '192.0.2.1' }, 'has the IP address 192.0.2.1 for its exchange'],
    ['TYPE65280', { rdata: 'abc' }, 'needs hexadecimal octets as `rdata`'],
  ])('%s %j: %s', (type, data, message) => {
    expect(() => rdataFromJson(recordTypeNumber(type)!, data)).toThrow(RdataError);
    expect(() => rdataFromJson(recordTypeNumber(type)!, data)).toThrow(message);
  });
});

test.each<[type: string, data: object, content: string, rule: string]>([
  [
    'CAA',
    { flags: 0, tag: 'issue', value: '"ca.example"' },
    '0 issue "ca.example"',
    'a text in quotes is their inside',
  ],
  [
    'CAA',
    { flags: '0', tag: 'issue', value: 'a"b\\c' },
    '0 issue "a\\"b\\\\c"',
    'numbers may be texts; texts have no escapes',
  ],
  [
    'LOC',
    { lat_degrees: 1, lat_direction: 'N', long_degrees: 2, long_direction: 'W' },
    '1 N 2 W 0',
    'RFC 1876 §3, defaults',
  ],
  ['NAPTR', { order: 1, preference: 2 }, '1 2 "" "" "" .', 'RFC 3403 §4.1, nothing'],
  [
    'CERT',
    { type: 1, key_tag: 1, algorithm: 8, certificate: 'AA AA\nAAA=' },
    '1 1 8 AAAAAAA=',
    'base64 in lines',
  ],
  [
    'HTTPS',
    { priority: 1, target: '.', value: ' alpn="h2,h3" port="8443"' },
    '1 . alpn=h2,h3 port=8443',
    'RFC 9460 §2.1',
  ],
  ['SVCB', { priority: 0, target: 'a.example' }, '0 a.example.', 'RFC 9460 §2.4.2'],
])('%s %j is %s (%s)', (type, data, content) => {
  const rdata = rdataFromJson(recordTypeNumber(type)!, data);
  expect(Buffer.from(rdata)).toEqual(Buffer.from(rdataOf(type, content)));
});

test('a DKIM record pasted over several lines is one record of several texts (RFC 6376 §3.6.2.2)', () => {
  const pasted = `( "v=DKIM1; h=sha256; k=rsa; "
    "p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A"   ; the first half
    "QAB" )  ; ----- DKIM key mail for example.com`;
  const whole = '"v=DKIM1; h=sha256; k=rsa; " "p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" "QAB"';
  expect(Buffer.from(rdataOf('TXT', pasted))).toEqual(Buffer.from(rdataOf('TXT', whole)));
});

test('words say whether a space is before them, which parameters depend on', () => {
  expect(tokenize('a "b""c" d="e" ( f )')).toEqual([
    { raw: 'a', quoted: false, isGlued: false },
    { raw: 'b', quoted: true, isGlued: false },
    { raw: 'c', quoted: true, isGlued: true },
    { raw: 'd=', quoted: false, isGlued: false },
    { raw: 'e', quoted: true, isGlued: true },
    { raw: 'f', quoted: false, isGlued: false },
  ]);
});

test.each([
  { text: 'mx', number: 15, name: 'MX' },
  { text: 'TYPE15', number: 15, name: 'MX' },
  { text: 'type65', number: 65, name: 'HTTPS' },
  { text: 'TYPE65534', number: 65_534, name: 'TYPE65534' },
])('$text is $name', ({ text, number, name }) => {
  expect(recordTypeNumber(text)).toBe(number);
  expect(recordTypeName(number)).toBe(name);
});

test.each([
  '',
  'TYPE',
  'TYPE0',
  'TYPE65536',
  'TYPE255',
  'TYPE41',
  'ANY',
  'OPT',
  'AXFR',
  'TSIG',
  'NOSUCH',
  ' A',
])('"%s" is no type of records (RFC 6895 §3.1)', (text) => expect(recordTypeNumber(text)).toBeUndefined());

test('SOA and the types of signing are not written by people', () => {
  expect(whyNotAuthored(6)).toBe('is made from the settings of the zone');
  for (const type of [46, 47, 48, 50, 51, 59, 60]) expect(whyNotAuthored(type)).toContain('signed zones');
  for (const type of [1, 43, 65, 65_280]) expect(whyNotAuthored(type)).toBeUndefined();
});
