import { describe, expect, test } from 'vitest';
import { Rcode } from '../../../src/dns/rcode.ts';
import type { Type } from '../../../src/dns/type.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';

const SOA = 'example.org. 10 SOA ns.example.org. host.example.org. 7 3600 600 86400 10';

const DIGEST = 'ab'.repeat(32);

const { ask } = answering(
  authorityOf([
    zoneFile(
      'example.org',
      `@            3600 NS    ns1.example.org
       @            3600 NS    ns2.example.com
       @             300 TXT   "v=spf1 -all"
       ns1          3600 A     192.0.2.53
       www           300 A     192.0.2.1
       www           300 TXT   "hello"
       a.ent         300 A     192.0.2.2
       *.wild        300 A     192.0.2.3
       cut          3600 NS    ns.cut.example.org
       cut          3600 NS    ns1.example.org
       cut          3600 NS    ns.example.com
       ns.cut       3600 A     192.0.2.4
       ns.cut       3600 AAAA  2001:db8::4
       mail          300 MX    10 www.example.org
       sub          3600 NS    ns.sub.example.org
       ns.sub       3600 A     192.0.2.5
       signed        300 NS    ns.example.com
       signed        300 DS    1 8 2 ${DIGEST}
       hid.signed    300 DS    2 8 2 ${DIGEST}
       lost.gone     300 NS    ns.example.com`,
      { pools: 'pools' },
    ),
    zoneFile('sub.example.org', '@ 60 NS ns.sub.example.org\nns 60 A 192.0.2.50\nwww 60 A 192.0.2.51'),
    zoneFile('deep.below.example.org', '@ 60 NS ns.example.com'),
    zoneFile('signed.example.org', '@ 60 NS ns.example.com'),
    zoneFile('hid.signed.example.org', '@ 60 NS ns.example.com'),
    zoneFile('www.cut.example.org', '@ 60 NS ns.example.com\n@ 60 A 192.0.2.60'),
  ]),
);

type Row = {
  readonly name: string;
  readonly type?: keyof typeof Type;
  readonly rule: string;
  readonly rcode?: number;
  readonly aa?: boolean;
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
};

const referral = {
  aa: false,
  authority: [
    'cut.example.org. 3600 NS ns.cut.example.org.',
    'cut.example.org. 3600 NS ns1.example.org.',
    'cut.example.org. 3600 NS ns.example.com.',
  ],
  additional: [
    'ns.cut.example.org. 3600 A 192.0.2.4',
    'ns.cut.example.org. 3600 AAAA 2001:db8::4',
    'ns1.example.org. 3600 A 192.0.2.53',
  ],
};
const signedSoa =
  'signed.example.org. 10 SOA ns.signed.example.org. host.signed.example.org. 7 3600 600 86400 10';
const subSoa = 'sub.example.org. 10 SOA ns.sub.example.org. host.sub.example.org. 7 3600 600 86400 10';

const rows: Row[] = [
  { name: 'www.example.org', rule: 'RFC 1034 §4.3.2 3a', answer: ['www.example.org. 300 A 192.0.2.1'] },
  {
    name: 'mail.example.org',
    type: 'MX',
    rule: 'RFC 1035 §3.3.9',
    answer: ['mail.example.org. 300 MX 10 www.example.org.'],
    additional: ['www.example.org. 300 A 192.0.2.1'],
  },
  { name: 'www.example.org', type: 'AAAA', rule: 'RFC 2308 §2.2 NODATA', authority: [SOA] },
  { name: 'no.example.org', rule: 'RFC 2308 §2.1', rcode: Rcode.NXDOMAIN, authority: [SOA] },
  { name: 'no.www.example.org', rule: 'RFC 8020 §2', rcode: Rcode.NXDOMAIN, authority: [SOA] },
  { name: 'ent.example.org', rule: 'RFC 8020 §2, empty non-terminal', authority: [SOA] },
  { name: 'ent.example.org', type: 'ANY', rule: 'empty non-terminal has nothing for ANY', authority: [SOA] },
  { name: 'wild.example.org', rule: 'RFC 4592 §2.2.2, empty above a wildcard', authority: [SOA] },
  { name: 'pools.example.org', rule: 'the pools name exists without pools', authority: [SOA] },
  { name: 'no.pools.example.org', rule: 'RFC 2308 §2.1', rcode: Rcode.NXDOMAIN, authority: [SOA] },
  { name: 'example.com', rule: 'RFC 8906 §3.1.4, not our zone', rcode: Rcode.REFUSED, aa: false },
  { name: 'org', rule: 'above our zone is not ours', rcode: Rcode.REFUSED, aa: false },
  { name: '.', type: 'NS', rule: 'the root is not ours', rcode: Rcode.REFUSED, aa: false },
  {
    name: 'example.org',
    type: 'SOA',
    rule: 'RFC 1035 §3.3.13: the SOA has its own TTL in an answer',
    answer: [SOA.replace(' 10 ', ' 3600 ')],
  },
  {
    name: 'example.org',
    type: 'NS',
    rule: 'RFC 1035 §3.3.11: addresses as additional data',
    answer: ['example.org. 3600 NS ns1.example.org.', 'example.org. 3600 NS ns2.example.com.'],
    additional: ['ns1.example.org. 3600 A 192.0.2.53'],
  },
  { name: 'example.org', type: 'A', rule: 'RFC 2308 §2.2 at the apex', authority: [SOA] },
  { name: 'example.org', type: 'DS', rule: 'the zone above is not ours', authority: [SOA] },
  {
    name: 'www.example.org',
    type: 'ANY',
    rule: 'RFC 8482 §4.1, one RRset',
    answer: ['www.example.org. 300 A 192.0.2.1'],
  },
  {
    name: 'example.org',
    type: 'ANY',
    rule: 'RFC 8482 §4.1, one RRset at the apex',
    answer: [SOA.replace(' 10 ', ' 3600 ')],
  },
  { name: 'cut.example.org', rule: 'RFC 1034 §4.3.2 3b, at the cut', ...referral },
  { name: 'cut.example.org', type: 'NS', rule: 'RFC 2181 §6.1: the child is authoritative', ...referral },
  { name: 'cut.example.org', type: 'SOA', rule: 'RFC 2181 §6.1', ...referral },
  { name: 'cut.example.org', type: 'ANY', rule: 'RFC 1034 §4.3.2 3b', ...referral },
  { name: 'a.b.cut.example.org', rule: 'RFC 1034 §4.3.2 3b, below the cut', ...referral },
  { name: 'ns.cut.example.org', rule: 'RFC 2181 §5.4.1: glue is no answer', ...referral },
  { name: 'x.cut.example.org', type: 'DS', rule: 'RFC 4035 §3.1.4.1: only DS at the cut', ...referral },
  { name: 'cut.example.org', type: 'DS', rule: 'RFC 4035 §3.1.4.1: NODATA from above', authority: [SOA] },
  {
    name: 'x.lost.gone.example.org',
    rule: 'RFC 1034 §4.2.1: no glue for names elsewhere',
    aa: false,
    authority: ['lost.gone.example.org. 300 NS ns.example.com.'],
  },
  { name: 'gone.example.org', rule: 'RFC 8020 §2: empty above a cut', authority: [SOA] },
  {
    name: 'www.sub.example.org',
    rule: 'RFC 1034 §4.3.2 2: the nearest zone',
    answer: ['www.sub.example.org. 60 A 192.0.2.51'],
  },
  {
    name: 'ns.sub.example.org',
    rule: 'RFC 2181 §5.4.1: data before glue',
    answer: ['ns.sub.example.org. 60 A 192.0.2.50'],
  },
  {
    name: 'sub.example.org',
    type: 'NS',
    rule: 'RFC 1034 §4.3.2 2: the apex, not the cut of the zone above',
    answer: ['sub.example.org. 60 NS ns.sub.example.org.'],
    additional: ['ns.sub.example.org. 60 A 192.0.2.50'],
  },
  { name: 'no.sub.example.org', rule: 'RFC 2308 §2.1', rcode: Rcode.NXDOMAIN, authority: [subSoa] },
  { name: 'sub.example.org', type: 'DS', rule: 'RFC 4035 §3.1.4.1: from the zone above', authority: [SOA] },
  {
    name: 'signed.example.org',
    type: 'DS',
    rule: 'RFC 4035 §3.1.4.1: from the zone above, the zone itself being ours too',
    answer: [`signed.example.org. 300 TYPE43 \\# 00010802${DIGEST}`],
  },
  {
    name: 'signed.example.org',
    type: 'NS',
    rule: 'RFC 4035 §3.1.4.1: NS from the zone itself',
    answer: ['signed.example.org. 60 NS ns.example.com.'],
  },
  {
    name: 'hid.signed.example.org',
    type: 'DS',
    rule: 'RFC 4035 §3.1.4.1: the nearest zone above answers, and has none',
    authority: [signedSoa],
  },
  {
    name: 'deep.below.example.org',
    type: 'DS',
    rule: 'RFC 4035 §3.1.4.1, delegated by nobody',
    authority: [SOA],
  },
  { name: 'below.example.org', rule: 'RFC 8020 §2: above a zone that is there', authority: [SOA] },
  { name: 'www.cut.example.org', type: 'DS', rule: 'the zone above delegated those between', ...referral },
  {
    name: 'www.cut.example.org',
    rule: 'RFC 1034 §4.3.2 2: a zone of ours below a cut of ours',
    answer: ['www.cut.example.org. 60 A 192.0.2.60'],
  },
];

describe('the answer of a zone', () => {
  test.each(rows)('$name $type: $rule', ({ name, type = 'A', rule: _, ...expected }) => {
    const { rcode = Rcode.NOERROR, aa = true, answer = [], authority = [], additional = [] } = expected;
    const message = ask({ name, type });
    expect(message).toMatchObject({ rcode, aa, tc: false, qr: true, rd: true, opcode: 0, upperFlags: 0 });
    expect(lines(message.answer)).toEqual(answer);
    expect(lines(message.authority)).toEqual(authority);
    expect(lines(message.additional)).toEqual(additional);
  });
});

describe('names', () => {
  test.each(['WWW.EXAMPLE.ORG', 'wWw.eXaMpLe.oRg', 'www.example.ORG'])(
    'RFC 4343 §3, §4.1: %s is found in any case, and question and owner keep the case of the query',
    (name) => {
      const message = ask({ name });
      expect(message.question?.name).toBe(`${name}.`);
      expect(lines(message.answer)).toEqual([`${name}. 300 A 192.0.2.1`]);
    },
  );

  const label63 = 'x'.repeat(63);
  const octets255 = `${'y'.repeat(49)}.${label63}.${label63}.${label63}.example.org`;
  /** Each label takes two octets, the root label one: 255. */
  const labels127 = Array.from({ length: 127 }, (_, i) => String.fromCharCode(0x61 + (i % 26))).join('.');
  const long = answering(
    authorityOf([
      zoneFile('.', `${labels127}. 60 A 192.0.2.1\n*.w. 60 A 192.0.2.2`),
      zoneFile('example.org', `${octets255}. 60 A 192.0.2.3`),
    ]),
  );

  test.each([
    { what: 'a name of 255 octets', name: octets255, address: '192.0.2.3' },
    { what: 'a name of 127 labels', name: labels127, address: '192.0.2.1' },
    { what: 'a synthesized name of 127 labels', name: `${'a.'.repeat(126)}w`, address: '192.0.2.2' },
  ])('RFC 1035 §2.3.4: $what', ({ name, address }) => {
    expect(lines(long.ask({ name }).answer)).toEqual([`${name}. 60 A ${address}`]);
  });

  test('RFC 1035 §2.3.4: below a name of 253 octets, which has room for one label more', () => {
    const parent = labels127.slice(2);
    const message = long.ask({ name: `z.${parent}` });
    expect(message.rcode).toBe(Rcode.NXDOMAIN);
    expect(lines(message.authority)).toEqual(['. 10 SOA ns. host. 7 3600 600 86400 10']);
    expect(long.ask({ name: parent }).rcode).toBe(Rcode.NOERROR);
  });

  test('RFC 4343 §3: octets that are not letters differ, even if only by 0x20', () => {
    const { ask } = answering(authorityOf([zoneFile('example.org', '\\091 60 A 192.0.2.1')]));
    expect(lines(ask({ name: '\\091.example.org' }).answer)).toEqual(['[.example.org. 60 A 192.0.2.1']);
    expect(ask({ name: '\\123.example.org' }).rcode).toBe(Rcode.NXDOMAIN);
  });

  test('the root as a zone contains every name', () => {
    const { ask } = answering(authorityOf([zoneFile('.', '@ 60 NS ns.example.org\n* 60 A 192.0.2.9')]));
    expect(lines(ask({ name: '.', type: 'NS' }).answer)).toEqual(['. 60 NS ns.example.org.']);
    expect(lines(ask({ name: 'any.example' }).answer)).toEqual(['any.example. 60 A 192.0.2.9']);
    expect(ask({ name: '.', type: 'DS' }).rcode).toBe(Rcode.NOERROR);
  });
});
