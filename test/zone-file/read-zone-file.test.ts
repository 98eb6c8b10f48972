import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/dns/name.ts';
import { readZoneFile } from '../../src/zone-file/read-zone-file.ts';
import fc, { anyText, draws } from '../support/property.ts';
import { type ReadOptions, read } from './reading.ts';

const SOA = '@ 60 IN SOA ns1 host 7 3600 600 86400 30\n';

interface Row {
  readonly rule: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly options?: ReadOptions;
}

describe('records', () => {
  test.each<Row>([
    {
      rule: 'owner, TTL, class and type (RFC 1035 §5.1)',
      text: 'www.example.org. 300 IN A 192.0.2.1',
      lines: ['www.example.org. 300 A 192.0.2.1'],
    },
    {
      rule: 'class before TTL, in any case (RFC 1035 §5.1)',
      text: 'WWW in 300 a 192.0.2.1',
      lines: ['www.example.org. 300 A 192.0.2.1'],
    },
    {
      rule: 'class by its number (RFC 3597 §5)',
      text: 'www 300 CLASS1 TYPE1 \\# 4 c0000201',
      lines: ['www.example.org. 300 A 192.0.2.1'],
    },
    {
      rule: 'a TTL with units, as BIND reads them',
      text: 'a 1h30m A 192.0.2.1\nb 1W2D3S A 192.0.2.1',
      lines: ['a.example.org. 5400 A 192.0.2.1', 'b.example.org. 777603 A 192.0.2.1'],
    },
    {
      rule: 'a line that begins with a blank has the owner before (RFC 1035 §5.1)',
      text: 'a 1 A 192.0.2.1\n\t1 TXT x\n  1 A 192.0.2.2',
      lines: ['a.example.org. 1 A 192.0.2.1', 'a.example.org. 1 TXT "x"', 'a.example.org. 1 A 192.0.2.2'],
    },
    {
      rule: '@ is the origin, in data as well (RFC 1035 §5.1)',
      text: '@ 1 MX 10 @\nm 1 MX 10 mail\nn 1 MX 10 mail.',
      lines: [
        'example.org. 1 MX 10 example.org.',
        'm.example.org. 1 MX 10 mail.example.org.',
        'n.example.org. 1 MX 10 mail.',
      ],
    },
    {
      rule: 'an escaped dot and other escapes of a name (RFC 1035 §5.1)',
      text: 'a\\.b 1 A 192.0.2.1\n\\$x\\064 1 A 192.0.2.1\nc\\. 1 A 192.0.2.1\n',
      lines: [
        'a\\.b.example.org. 1 A 192.0.2.1',
        '\\$x\\@.example.org. 1 A 192.0.2.1',
        'c\\..example.org. 1 A 192.0.2.1',
      ],
    },
    {
      rule: 'parentheses join lines, and blanks begin no owner there (RFC 1035 §5.1)',
      text: 'a 1 TXT ( one ; comment )\n"two"\n ( three )\n)\nb 1 A ( 192.0.2.1\n)',
      lines: ['a.example.org. 1 TXT "one" "two" "three"', 'b.example.org. 1 A 192.0.2.1'],
    },
    {
      rule: 'comments, empty lines, and blanks at the end (RFC 1035 §5.1)',
      text: '; comment\n\n   \n \t ; another\na 1 A 192.0.2.1;comment\n',
      lines: ['a.example.org. 1 A 192.0.2.1'],
    },
    {
      rule: 'semicolons, parentheses and blanks in quotes are text (RFC 1035 §5.1)',
      text: 'a 1 TXT "v=DKIM1; k=(rsa)" b\\;c',
      lines: ['a.example.org. 1 TXT "v=DKIM1; k=(rsa)" "b;c"'],
    },
    {
      rule: 'strings side by side are apart, as BIND reads them',
      text: 'a 1 TXT "a""b"c"d"',
      lines: ['a.example.org. 1 TXT "a" "b" "c" "d"'],
    },
    {
      rule: 'lines end in CRLF, and the last one in nothing',
      text: 'a 1 A 192.0.2.1\r\nb 1 TXT (\r\n x\r\n) ; c\r\n\r\nc 1 A 192.0.2.1',
      lines: ['a.example.org. 1 A 192.0.2.1', 'b.example.org. 1 TXT "x"', 'c.example.org. 1 A 192.0.2.1'],
    },
    {
      rule: 'a type by its number, with octets (RFC 3597 §5)',
      text: 'a 1 TYPE65280 \\# 3 abc def',
      lines: ['a.example.org. 1 TYPE65280 \\# 3 abcdef'],
    },
    {
      rule: 'names are folded, and those in data keep their case (RFC 4343 §3)',
      text: 'A 1 CNAME Www',
      lines: ['a.example.org. 1 CNAME Www.example.org.'],
    },
    {
      rule: 'the root is a zone',
      text: 'a 1 NS b\n@ 1 NS c.',
      lines: ['a. 1 NS b.', '. 1 NS c.'],
      options: { apex: '.' },
    },
  ])('$rule', ({ text, lines, options }) => {
    const found = read(text, options);
    expect([...found.problems, ...found.lines]).toEqual(lines);
  });
});

describe('TTLs', () => {
  test.each<Row>([
    {
      rule: '$TTL counts for what follows (RFC 2308 §4)',
      text: '$TTL 1h\na A 192.0.2.1\n$ttl 5\nb A 192.0.2.1\nc 9 A 192.0.2.1\nd A 192.0.2.1',
      lines: ['a 3600', 'b 5', 'c 9', 'd 5'],
    },
    {
      rule: 'without $TTL the last one counts (RFC 1035 §5.1)',
      text: 'a 9 A 192.0.2.1\nb A 192.0.2.1\nc 8 A 192.0.2.1\nd A 192.0.2.1',
      lines: ['a 9', 'b 9', 'c 8', 'd 8'],
    },
    {
      rule: 'an SOA without a TTL has its minimum, and so do others, as in BIND',
      text: '@ SOA n h 1 2 3 4 5\na A 192.0.2.1\nb 6 A 192.0.2.1\nc A 192.0.2.1',
      lines: ['a 5', 'b 6', 'c 5'],
    },
    { rule: 'the TTL of an SOA is the last one', text: `${SOA}a A 192.0.2.1`, lines: ['a 60'] },
    {
      rule: 'a file without any has that of the caller',
      text: 'a A 192.0.2.1\nb 3 A 192.0.2.1\nc A 192.0.2.1',
      lines: ['a 77', 'b 3', 'c 3'],
      options: { ttlSeconds: 77 },
    },
  ])('$rule', ({ text, lines, options }) => {
    const { problems, records } = read(text, options);
    const ttls = records.map(({ owner, ttlSeconds }) => `${formatName(owner).split('.')[0]} ${ttlSeconds}`);
    expect([...problems, ...ttls]).toEqual(lines);
  });
});

test('the SOA, with times in units and in parentheses (RFC 1035 §5.3)', () => {
  const { soa, problems, lines } = read('@ 1d SOA Ns1 host\\.master (\n 5 ; serial\n 1h 10m\n 2w 1m )\n');
  expect([problems, lines]).toEqual([[], []]);
  const { mname, rname, ...times } = soa!.settings;
  expect([mname, rname].map(formatName)).toEqual(['Ns1.example.org.', 'host\\.master.example.org.']);
  expect({ path: soa!.path, serial: soa!.serial, ...times }).toEqual({
    path: 'db:1',
    serial: 5,
    ttlSeconds: 86_400,
    refreshSeconds: 3_600,
    retrySeconds: 600,
    expireSeconds: 1_209_600,
    minimumSeconds: 60,
  });
});

test('the owner of an SOA may be the name of the zone without its final dot, as the reference exports it', () => {
  const { soa, problems, lines } = read(
    'example.org\t1\tIN\tSOA\tns. host. 1 2 3 4 5\n 1 NS ns.example.net.',
  );
  expect([problems, soa?.serial, lines]).toEqual([[], 1, ['example.org. 1 NS ns.example.net.']]);
});

test('a record has its line and the comment at its end', () => {
  const { records } = read(
    '; first\n\na 1 A 192.0.2.1 ;  what it is \r\nb 1 TXT ( x ; no\n y ) ; yes\nc 1 A 192.0.2.1 ;\n',
  );
  expect(records.map(({ path, comment }) => [path, comment])).toEqual([
    ['db:3', 'what it is'],
    ['db:4', 'yes'],
    ['db:6', undefined],
  ]);
});

describe('directives', () => {
  test.each<Row>([
    {
      rule: '$ORIGIN is relative to the origin before (RFC 1035 §5.1)',
      text: '$ORIGIN sub\na 1 A 192.0.2.1\n$origin x.sub.example.org.\nb 1 NS c\n$ORIGIN @\nd 1 A 192.0.2.1',
      lines: [
        'a.sub.example.org. 1 A 192.0.2.1',
        'b.x.sub.example.org. 1 NS c.x.sub.example.org.',
        'd.x.sub.example.org. 1 A 192.0.2.1',
      ],
    },
    {
      rule: '$INCLUDE has the origin of its line or its own, and changes neither origin nor owner (RFC 1035 §5.1)',
      text: 'o 1 A 192.0.2.1\n$INCLUDE one\n$INCLUDE "one" sub\n 1 A 192.0.2.2',
      lines: [
        'o.example.org. 1 A 192.0.2.1',
        'a.example.org. 2 A 192.0.2.1',
        'a.sub.example.org. 2 A 192.0.2.1',
        'o.example.org. 1 A 192.0.2.2',
      ],
      options: { files: { one: 'a 2 A 192.0.2.1\n$ORIGIN else\n' } },
    },
    {
      rule: '$GENERATE counts, as in BIND',
      text: `$GENERATE 1-3 h$ 1 A 192.0.2.$\n$GENERATE 0-4/2 h\${10,3} 1 IN A 192.0.2.$`,
      lines: [
        ...[1, 2, 3].map((n) => `h${n}.example.org. 1 A 192.0.2.${n}`),
        ...[0, 2, 4].map((n) => `h0${10 + n}.example.org. 1 A 192.0.2.${n}`),
      ],
    },
    {
      rule: '$GENERATE takes its data from quotes, or as several words',
      text: '$GENERATE 1-1 a 1 MX "10 m$"\n$GENERATE 1-1 b 1 MX 10 m$\n$GENERATE 1-1 c 1 TXT "one" "t $"',
      lines: [
        'a.example.org. 1 MX 10 m1.example.org.',
        'b.example.org. 1 MX 10 m1.example.org.',
        'c.example.org. 1 TXT "one" "t 1"',
      ],
    },
  ])('$rule', ({ text, lines, options }) => {
    const found = read(text, options);
    expect([...found.problems, ...found.lines]).toEqual(lines);
  });
});

test.each([
  { what: 'lines', text: 'a 1 A 192.0.2.1\n'.repeat(10_000) },
  { what: 'a $GENERATE', text: '$GENERATE 1-10000 h$ 1 A 192.0.2.1\n' },
  { what: 'an included file', text: '$INCLUDE x\n' },
])('$what are read in pieces', ({ text }) => {
  const include = () => ({ file: 'x', text: 'a 1 A 192.0.2.1\n'.repeat(10_000) });
  const options = { apex: parseName('example.org'), recordsMax: 10_000, include };
  const pieces = [...readZoneFile({ file: 'db', text }, options, [])].map(({ length }) => length);
  expect(pieces.reduce((sum, each) => sum + each, 0)).toBe(10_000);
  expect(Math.max(...pieces)).toBeLessThan(2_000);
});

describe('any text', () => {
  const word = fc.constantFrom(
    ...[
      '@',
      'a',
      'a.',
      'example.org.',
      '1',
      '1h',
      'IN',
      'CH',
      'A',
      'TXT',
      'SOA',
      'MX',
      '192.0.2.1',
      '"',
      '(',
      ')',
    ],
    ...[
      ';',
      '\\',
      '\n',
      '\r\n',
      '\t',
      ' ',
      ' ',
      ' ',
      '$TTL',
      '$ORIGIN',
      '$INCLUDE',
      '$GENERATE',
      '1-3',
      '$',
      `\${1,2,n}`,
    ],
    ...['\\#', '\\046', '\\999', '"x"', 'x', '*', 'TYPE1', '.', '..'],
  );
  const text = fc.array(fc.oneof({ weight: 9, arbitrary: word }, { weight: 1, arbitrary: anyText(3) }), {
    maxLength: 60,
  });
  test('throws nothing, and has either records or problems with places', () => {
    fc.assert(
      fc.property(text, (words) => {
        const { problems, records } = read(words.join(''), {
          files: { a: 'b 1 A 192.0.2.1', x: '$INCLUDE x' },
        });
        for (const problem of problems) expect(problem).toMatch(/^(db|a|x):\d+(:\d+)?: \S/);
        for (const { path } of records) expect(path).toMatch(/^(db|a|x):\d+$/);
      }),
      { numRuns: draws(1_000) },
    );
  });
});
