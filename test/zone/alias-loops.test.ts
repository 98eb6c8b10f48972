import { expect, test } from 'vitest';
import { formatName, parseName } from '../../src/dns/name.ts';
import { aliasLoops, contentsByApex, createAliasFollower, loopWith } from '../../src/zone/alias-loops.ts';
import { ZONE_WARNINGS_MAX, zoneWarnings } from '../../src/zone/zone-warnings.ts';
import { zoneFile } from './zone-file.ts';

const org = (text: string) => zoneFile('example.org', text, { pools: 'pools' });
const com = (text: string) => zoneFile('example.com', text);

test.each([
  { rule: 'to itself', zones: [org('a 60 CNAME a.example.org')], loops: ['a.example.org. a.example.org.'] },
  {
    rule: 'two aliases, listed once',
    zones: [org('a 60 CNAME b.example.org\nb 60 CNAME a.example.org\nc 60 CNAME a.example.org')],
    loops: ['a.example.org. b.example.org. a.example.org.'],
  },
  {
    rule: 'an alias that leads into a loop',
    zones: [org('c 60 CNAME a.example.org\na 60 CNAME b.example.org\nb 60 CNAME a.example.org')],
    loops: ['a.example.org. b.example.org. a.example.org.'],
  },
  {
    rule: 'more aliases than an answer follows',
    zones: [
      org(Array.from({ length: 12 }, (_, i) => `r${i} 60 CNAME r${(i + 1) % 12}.example.org`).join('\n')),
    ],
    loops: [`${Array.from({ length: 12 }, (_, i) => `r${i}.example.org.`).join(' ')} r0.example.org.`],
  },
  {
    rule: 'a wildcard that points to a name below itself (RFC 4592 §3.3.3)',
    zones: [org('*.w 60 CNAME x.w.example.org')],
    loops: ['x.w.example.org. x.w.example.org.'],
  },
  {
    rule: 'a loop over two zones',
    zones: [org('a 60 CNAME a.example.com'), com('a 60 CNAME a.example.org')],
    loops: ['a.example.org. a.example.com. a.example.org.'],
  },
  {
    rule: 'a wildcard to a name that the zone above has a delegation at, which nobody sees',
    zones: [
      zoneFile('example.org', 'b.w 60 NS ns.example.net'),
      zoneFile('w.example.org', '* 60 CNAME b.w.example.org'),
    ],
    loops: ['b.w.example.org. b.w.example.org.'],
  },
  {
    rule: 'two DNAMEs (RFC 6672)',
    zones: [org('a 60 DNAME b.example.org\nb 60 DNAME a.example.org')],
    loops: ['*.a.example.org. *.b.example.org. *.a.example.org.'],
  },
  {
    rule: 'a CNAME and a DNAME over two zones',
    zones: [org('a 60 CNAME a.d.example.com'), com('d 60 DNAME example.org')],
    loops: ['a.example.org. a.d.example.com. a.example.org.'],
  },
  {
    rule: 'a DNAME above a delegation, which hides it',
    zones: [
      org(
        'a 60 CNAME a.b.d.example.org\nd 60 DNAME e.example.org\nb.d 60 NS ns.example.net\na.b.e 60 CNAME a.example.org',
      ),
    ],
    loops: ['a.example.org. a.b.d.example.org. a.b.e.example.org. a.example.org.'],
  },
  {
    rule: 'none: a DNAME below a delegation, which hides it',
    zones: [org('a 60 CNAME a.d.b.example.org\nb 60 NS ns.example.net\nd.b 60 DNAME example.org')],
    loops: [],
  },
  {
    rule: 'below a name of a pool',
    zones: [
      org('a.web.pools 60 CNAME *.b.web.pools.example.org\n*.b.web.pools 60 CNAME a.web.pools.example.org'),
    ],
    loops: ['a.web.pools.example.org. *.b.web.pools.example.org. a.web.pools.example.org.'],
  },
  {
    rule: 'none: a wildcard beside the names of pools, which it does not answer for',
    zones: [org('* 60 CNAME web.pools.example.org')],
    loops: [],
  },
  {
    rule: 'none: DNAMEs that make a name longer until it is too long',
    zones: [org('a 60 DNAME x.a.example.org')],
    loops: [],
  },
  {
    rule: 'none: DNAMEs that make names longer and shorter for longer than anyone waits',
    zones: [
      org(
        [
          ...Array.from({ length: 40 }, (_, i) => `l${i + 1} 60 DNAME l${i}.l${i}.example.org`),
          'l0 60 DNAME example.org',
        ].join('\n'),
      ),
    ],
    loops: [],
  },
  {
    rule: 'none: an address, a pool, a foreign name, a missing name, and below a cut',
    zones: [
      org(
        `a  60 CNAME h.example.org
         h  60 A     192.0.2.1
         p  60 CNAME web.pools.example.org
         o  60 CNAME www.example.net
         n  60 CNAME none.example.org
         c  60 CNAME c.sub.example.org
         sub 60 NS   ns.example.net`,
      ),
      com(''),
    ],
    loops: [],
  },
  {
    rule: 'none: an empty non-terminal hides the wildcard (RFC 4592 §2.2.2)',
    zones: [org('*.e 60 CNAME x.y.e.example.org'), zoneFile('z.y.e.example.org', '')],
    loops: [],
  },
])('loops of aliases: $rule', ({ zones, loops }) => {
  for (const each of [zones, zones.toReversed()])
    expect(aliasLoops(each).map((loop) => loop.map(formatName).join(' ')).length).toBe(loops.length);
  expect(aliasLoops(zones).map((loop) => loop.map(formatName).join(' '))).toEqual(loops);
});

test('a loop is found from a name that leads into it, in any case', () => {
  const { loopFrom } = createAliasFollower(
    contentsByApex([org('*.w 60 CNAME B.example.org\nb 60 CNAME b.example.org')]),
  );
  expect(loopFrom(parseName('X.w.example.org'))?.map(formatName).join(' ')).toMatch(
    /^b\.example\.org\. b\.example\.org\.$/i,
  );
  expect(loopFrom(parseName('x.example.org'))).toBeUndefined();
});

test('zoneWarnings reports alias loops, and record sets that are larger than a window', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `w 60 TXT t${i}`).join('\n');
  expect(zoneWarnings([org(`${many(100)}\na 60 CNAME a.example.org`)])).toEqual([
    'Aliases make a loop: a.example.org. → a.example.org. No resolver finds an address there.',
  ]);
  expect(zoneWarnings([org(many(101))])).toEqual([
    'w.example.org. has 101 TXT records. An answer holds a window of 100 of them, because resolvers refuse larger sets.',
  ]);
});

test.each([
  [ZONE_WARNINGS_MAX, ZONE_WARNINGS_MAX, /loop/],
  [ZONE_WARNINGS_MAX + 1, ZONE_WARNINGS_MAX + 1, /^More warnings: 1\.$/],
])('%i warnings are logged in %i lines', (count, lines, last) => {
  const loops = Array.from({ length: count }, (_, i) => `a${i} 60 CNAME a${i}.example.org`).join('\n');
  const warnings = zoneWarnings([org(loops)]);
  expect(warnings).toHaveLength(lines);
  expect(warnings.at(-1)).toMatch(last);
});

test('a DNAME to a name below itself is warned of: it makes names longer until one is too long (RFC 6672 §2.2)', () => {
  expect(zoneWarnings([org('a 60 DNAME x.a.example.org\nb 60 DNAME x.example.org')])).toEqual([
    'a.example.org. has a DNAME to x.a.example.org., which is not above or beside it. No resolver finds an address below it.',
  ]);
});

test('DNAMEs that together make names longer are warned of once (only one to a name below itself was)', () => {
  const grow = 'a 60 DNAME x.b.example.org\nb 60 DNAME y.a.example.org';
  const warning =
    'DNAMEs make names longer without end: *.a.example.org. → *.x.b.example.org. → *.x.y.a.example.org. No resolver finds an address there.';
  expect(zoneWarnings([org(grow)])).toEqual([warning]);
  // Over two zones, and with a CNAME between them.
  const over = [
    org('a 60 DNAME x.b.example.com\nw 60 CNAME v.a.example.org'),
    com('b 60 DNAME y.a.example.org'),
  ];
  expect(zoneWarnings(over)).toEqual([
    'DNAMEs make names longer without end: *.a.example.org. → *.x.b.example.com. → *.x.y.a.example.org. No resolver finds an address there.',
  ]);
  // Names that get shorter again end.
  const short = 'a 60 DNAME x.b.example.org\nb 60 DNAME example.org\nx 60 DNAME c.example.org';
  expect(zoneWarnings([org(short)])).toEqual([]);
});

test('a set is looked at as though it were written, and nothing else changes', () => {
  const zones = contentsByApex([org('a 60 CNAME b.example.org'), com('')]);
  const [set] = zoneFile('example.org', 'b 60 CNAME a.example.org').rrsets;
  expect(loopWith(zones, set!)?.map(formatName)).toEqual([
    'b.example.org.',
    'a.example.org.',
    'b.example.org.',
  ]);
  expect(createAliasFollower(zones).loopFrom(parseName('a.example.org'))).toBeUndefined();
  expect(loopWith(zones, { ...set!, owner: parseName('x.b.example.org') })).toBeUndefined();
});
