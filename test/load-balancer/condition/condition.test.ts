import { describe, expect, test } from 'vitest';
import { ipv4Octets, ipv6Octets } from '../../../src/dns/address-octets.ts';
import { parseName } from '../../../src/dns/name.ts';
import {
  type Condition,
  dottedName,
  type QueryFacts,
} from '../../../src/load-balancer/condition/condition.ts';
import { holds, simplify } from '../../../src/load-balancer/condition/decide.ts';
import { NESTING_MAX } from '../../../src/load-balancer/condition/grammar.ts';
import { automatonOf } from '../../../src/load-balancer/condition/matches.ts';
import {
  CONDITION_CHARACTERS_MAX,
  PATTERN_CHARACTERS_MAX,
  readCondition,
} from '../../../src/load-balancer/condition/read.ts';
import fc, { anyText } from '../../support/property.ts';

const octets = (address: string) => (ipv4Octets(address) ?? ipv6Octets(address))!;

/** A query for A at www.example.com, from 192.0.2.77, with the client subnet 198.51.100.0. */
const FACTS: QueryFacts = {
  loadBalancerName: '*.example.com',
  region: 'WEU',
  source: octets('198.51.100.0'),
  queryName: dottedName(parseName('www.example.com')),
  queryType: 1,
  clientSubnet: octets('198.51.100.0'),
};

function read(text: string): Condition {
  const reading = readCondition(text);
  if (reading.problem !== undefined)
    throw new Error(`${reading.problem.position}: ${reading.problem.message}`);
  return reading.condition;
}

describe('conditions', () => {
  test.each([
    ['', true],
    ['  \n ', true],
    ['dns.qry.type eq 1', true],
    ['dns.qry.type == 0x1', true],
    ['dns.qry.type != 1', false],
    ['dns.qry.type in {1 28}', true],
    ['dns.qry.type in {2..28}', false],
    ['dns.qry.type lt 1', false],
    ['dns.qry.type < 2', true],
    ['dns.qry.type le 1', true],
    ['dns.qry.type >= 2', false],
    ['dns.qry.type gt 0', true],
    ['dns.qry.type lt 0', false],
    ['dns.qry.name.len eq 16', true],
    ['dns.qry.name eq "www.example.com."', true],
    ['dns.qry.name eq "WWW.Example.com."', true],
    ['dns.qry.name in {"a.example.com." "www.example.com."}', true],
    ['dns.qry.name contains "ww.ex"', true],
    ['dns.qry.name contains r"w.ex"', true],
    ['dns.qry.name contains r#"w".ex"#', false],
    ['dns.qry.name contains "\\x77.e"', true],
    ['dns.qry.name matches "^www"', true],
    ['dns.qry.name ~ "W{3}\\\\."', true],
    ['dns.qry.name matches r"^w+\\.example\\.com\\.$"', true],
    ['dns.qry.name matches r"^w+\\.example\\.com$"', false],
    ['dns.qry.name matches r"^(?:www|api)\\d?\\."', true],
    ['dns.qry.name matches "a|b|ex"', true],
    ['dns.qry.name ne "www.example.com."', false],
    ['dns.qry.qu', false],
    ['dns.rr.opt.client', true],
    ['not dns.rr.opt.client', false],
    ['! ! dns.rr.opt.client', true],
    ['dns.rr.opt.client.addr eq 198.51.100.0', true],
    ['ip.src in {198.51.100.0/24}', true],
    ['ip.src in {2001:db8::/32 198.51.100.0/25}', true],
    ['ip.src in {198.51.99.0..198.51.100.0}', true],
    ['ip.src in {0.0.0.0/0}', true],
    ['ip.src in {::/0}', false],
    ['ip.src lt 198.51.100.0', false],
    ['ip.src ge 198.51.100.0', true],
    ['ip.src gt 255.255.255.255', false],
    ['ip.src lt 0.0.0.0', false],
    ['ip.src ne 198.51.100.1', true],
    ['cf.load_balancer.region eq "WEU"', true],
    ['cf.load_balancer.region in {"ENAM" "WNAM"}', false],
    ['cf.load_balancer.name eq "*.example.com"', true],
    ['dns.qry.type eq 1 and dns.qry.qu', false],
    ['dns.qry.type eq 1 && dns.rr.opt.client', true],
    ['dns.qry.qu or dns.rr.opt.client', true],
    ['dns.qry.qu || dns.qry.type eq 28', false],
    ['dns.rr.opt.client xor dns.qry.type eq 1', false],
    ['dns.rr.opt.client ^^ dns.qry.type eq 28', true],
    // `and` binds closer than `xor`, and that closer than `or`; the other way round these are the opposite.
    ['dns.rr.opt.client or dns.rr.opt.client and dns.qry.qu', true],
    ['dns.rr.opt.client or dns.rr.opt.client xor dns.rr.opt.client', true],
    ['dns.rr.opt.client xor dns.rr.opt.client and dns.qry.qu', true],
    ['(dns.rr.opt.client xor dns.rr.opt.client) and dns.qry.qu', false],
    ['not dns.qry.qu and dns.qry.type eq 1', true],
    ['not (dns.qry.qu and dns.qry.type eq 1)', true],
  ])('%s is %s', (text, expected) => {
    expect(holds(read(text), FACTS)).toBe(expected);
  });

  test('about the client subnet do not hold for a query without one', () => {
    const facts = { ...FACTS, clientSubnet: undefined };
    expect(holds(read('dns.rr.opt.client'), facts)).toBe(false);
    expect(holds(read('dns.rr.opt.client.addr in {0.0.0.0/0 ::/0}'), facts)).toBe(false);
  });

  test('about the region do not hold where the place of the client is unknown', () => {
    const facts = { ...FACTS, region: undefined };
    expect(holds(read('cf.load_balancer.region contains ""'), facts)).toBe(false);
    expect(holds(read('cf.load_balancer.region ne "WEU"'), facts)).toBe(true);
  });
});

describe('a condition is refused', () => {
  const FIELDS =
    'cf.load_balancer.name, cf.load_balancer.region, dns.qry.name, dns.qry.name.len, dns.qry.qu, dns.qry.type, dns.rr.opt.client, dns.rr.opt.client.addr, ip.src';
  test.each([
    ['dns.qry.name ==', 16, 'expected a value, and found the end'],
    [
      'dns.qry.type eq 1 dns',
      19,
      'expected "&&", "and", "^^", "xor", "||", "or" or the end, and found "dns"',
    ],
    ['dns.qry.type = 1', 14, expect.stringMatching(/^expected an operator, .*, and found "="$/)],
    ['(', 2, 'expected "!", "not", "(" or a field, and found the end'],
    ['dns.qry.type in {1,2}', 19, 'expected a value or "}", and found ","'],
    ['dns.qry.typ eq 1', 1, `"dns.qry.typ" is not a field; the fields are ${FIELDS}`],
    ['dns.qry.type', 1, 'dns.qry.type needs an operator and a value'],
    ['dns.qry.qu eq 1', 1, 'dns.qry.qu is true or false; write it alone, or "not dns.qry.qu"'],
    ['dns.qry.type eq "1"', 17, 'dns.qry.type needs a number from 0 to 2147483647, such as 28'],
    ['dns.qry.type eq 1.1.1.1', 17, 'dns.qry.type needs a number from 0 to 2147483647, such as 28'],
    ['dns.qry.type eq -1', 17, 'dns.qry.type needs a number from 0 to 2147483647, such as 28'],
    ['dns.qry.type eq 2147483648', 17, 'dns.qry.type needs a number from 0 to 2147483647, such as 28'],
    [
      'dns.qry.type contains 1',
      1,
      'dns.qry.type cannot be compared by "contains"; use eq, ne, lt, le, gt, ge or in',
    ],
    ['dns.qry.type in {5..1}', 18, 'the range ends before it begins'],
    ['dns.qry.type eq 1..5', 17, 'a range stands only in {…} after "in"'],
    [
      'ip.src eq "192.0.2.1"',
      11,
      'ip.src needs an address or a prefix, such as 192.0.2.1 or 2001:db8::/32, without quotes',
    ],
    ['ip.src in {192.0.2.1/24}', 12, 'the prefix 192.0.2.1/24 has bits set behind its length'],
    ['ip.src in {192.0.2.0/33}', 12, 'the prefix has a length of 33; 32 at most'],
    ['ip.src in {192.0.2.0..::1}', 12, 'a range of addresses needs two addresses of one family'],
    ['ip.src in $office', 11, '"$office": lists do not exist here; write the values in {…}'],
    ['dns.qry.name eq www', 17, 'expected a value, and found "www"'],
    ['dns.qry.name eq "www.example.com"', 17, 'dns.qry.name ends with a dot; write "www.example.com."'],
    [
      'cf.load_balancer.name eq "a.example."',
      26,
      'cf.load_balancer.name has no final dot; write "a.example"',
    ],
    [
      'cf.load_balancer.region eq "EU"',
      28,
      expect.stringMatching(/^"EU" is not a region; the regions are WNAM, /),
    ],
    [
      'dns.qry.name lt "a."',
      1,
      'dns.qry.name cannot be compared by "lt"; use eq, ne, contains, matches or in',
    ],
    ['dns.qry.name matches "("', 22, expect.stringMatching(/^the pattern is not understood: /)],
    [
      'dns.qry.name matches "^a|b"',
      22,
      'the pattern has "^" or "$" beside "|"; put the alternatives in parentheses',
    ],
    [
      'dns.qry.name matches "(a?){64}a{64}(b|c){90}"',
      22,
      'the pattern needs more than 128 states; write it with fewer alternatives or repetitions',
    ],
  ])('%s', (text, position, message) => {
    expect(readCondition(text).problem).toEqual({ position, message, undecidable: false });
  });

  test.each([
    ['http.host eq "a"', 1, 'http.host needs an HTTP request, which a DNS query does not have'],
    [
      'dns.qry.qu or lower(http.request.uri.path) contains "x"',
      21,
      'http.request.uri.path needs an HTTP request, which a DNS query does not have',
    ],
    [
      'any(http.request.headers["x-a"][*] eq "b")',
      5,
      'http.request.headers["x-a"][*] needs an HTTP request, which a DNS query does not have',
    ],
    ['ssl', 1, 'ssl needs an HTTP request, which a DNS query does not have'],
    ['len(dns.qry.name) gt 3', 1, 'the function len() is not supported'],
  ])('as one that no DNS query decides: %s', (text, position, message) => {
    expect(readCondition(text).problem).toEqual({ position, message, undecidable: true });
  });

  test('beyond its bounds, and not at them', () => {
    const nested = (depth: number) => `${'('.repeat(depth)}dns.qry.qu${')'.repeat(depth)}`;
    expect(readCondition(nested(NESTING_MAX)).problem).toBeUndefined();
    expect(readCondition(nested(NESTING_MAX + 1)).problem).toMatchObject({
      position: NESTING_MAX + 1,
      message: 'parentheses are nested more than 32 deep',
    });
    const long = (characters: number) => `dns.qry.qu${' '.repeat(characters - 10)}`;
    expect(readCondition(long(CONDITION_CHARACTERS_MAX)).problem).toBeUndefined();
    expect(readCondition(long(CONDITION_CHARACTERS_MAX + 1)).problem?.message).toBe(
      'the condition has 4097 characters; 4096 at most',
    );
    const pattern = (characters: number) =>
      `dns.qry.name matches "${'[a]'.repeat(20).padEnd(characters, '?')}"`;
    expect(readCondition(pattern(PATTERN_CHARACTERS_MAX + 1)).problem?.message).toBe(
      'the pattern has 257 characters; 256 at most',
    );
    expect(readCondition(`${'!'.repeat(4_000)}dns.qry.qu`).problem).toBeUndefined();
  });

  test('or read, whatever the text is, and never throws', () => {
    const part = fc.constantFrom(
      ...'( ) not and or xor in { } $x eq 1 "a" r"b" ip.src dns.qry.name dns.qry.qu matches 10.0.0.0/8 .. , [0] f('.split(
        ' ',
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(part, anyText(3)), { maxLength: 12 }), (parts) => {
        const { problem } = readCondition(parts.join(' '));
        if (problem !== undefined) expect(problem.message).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('simplify', () => {
  const test1 = fc.constantFrom(
    'dns.qry.qu',
    'dns.rr.opt.client',
    'dns.qry.type eq 1',
    'dns.qry.type in {2..28}',
    'ip.src in {198.51.100.0/24}',
    'dns.rr.opt.client.addr eq 192.0.2.1',
    'cf.load_balancer.region eq "WEU"',
    'dns.qry.name contains "api"',
    'dns.qry.name matches "^w"',
    'dns.qry.name.len gt 10',
  );
  const { condition } = fc.letrec<{ condition: string }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      test1,
      fc
        .tuple(tie('condition'), fc.constantFrom('and', 'or', 'xor'), tie('condition'))
        .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
      tie('condition').map((of) => `not (${of})`),
    ),
  }));

  test('leaves a condition that decides the same when the other facts are known', () => {
    fc.assert(
      fc.property(condition, fc.subarray(Object.keys(FACTS)), (text, known) => {
        const whole = read(text);
        const facts = Object.fromEntries(Object.entries(FACTS).filter(([key]) => known.includes(key)));
        const rest = simplify(whole, facts);
        expect(holds(rest, FACTS)).toBe(holds(whole, FACTS));
        if (known.length === Object.keys(FACTS).length) expect(rest.kind).toBe('constant');
      }),
      { numRuns: 500 },
    );
  });
});

describe('an automaton', () => {
  const piece = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\.',
    '[ab]',
    '[^a]',
    'a+',
    'b*',
    '(?:ab)?',
    '(a|b)',
    'c{2,3}',
    '\\d',
    '\\w',
  );
  const pattern = fc
    .tuple(fc.boolean(), fc.array(piece, { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([start, pieces, end]) => `${start ? '^' : ''}${pieces.join('')}${end ? '$' : ''}`);

  test('finds what a regular expression of JavaScript finds', () => {
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '1', '-') }),
        (source, text) => {
          const { classOf, classes, next, accepts } = automatonOf(source);
          let state = 0;
          for (const octet of Buffer.from(text)) state = next[state * classes + classOf[octet]!]!;
          expect(accepts[state] === 1).toBe(new RegExp(source, 'i').test(text));
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('dottedName', () => {
  test.each([
    ['.', '.'],
    ['com', 'com.'],
    ['www.example.com', 'www.example.com.'],
    ['a\\.b.c', 'a.b.c.'],
  ])('of %s is %s', (name, dotted) => {
    expect(Buffer.from(dottedName(parseName(name))).toString()).toBe(dotted);
  });
});
