/**
 * BIND 9.18.28 and later give SERVFAIL for a set of more than 100 records (`max-records-per-type`), PowerDNS Recursor for
 * more than 256: of a larger set an answer holds a window.
 */
import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { ANSWERED_RECORDS_MAX } from '../../../src/dns/rrset.ts';
import type { Member } from '../../../src/pool/members.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import type { QuerySpec } from '../query-packet.ts';
import { PLAIN } from './responder.ts';

const SEED = 20_251_130;
const ANSWERS = 400;
const ipv4 = (i: number) => `10.0.${i >> 8}.${i & 0xff}`;
const ipv6 = (i: number) => `2001:db8::${(i + 1).toString(16)}`;
const membersOf = (count: number, address: (i: number) => string): Member[] =>
  Array.from({ length: count }, (_, i) => ({ address: address(i), weight: 100 }));
const repeated = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');

/** Records of very different sizes: a record is a word, or half a kilobyte. */
const text = (i: number) => `${i}${'x'.repeat(i % 7 === 0 ? 400 : 1)}`;
const zone = zoneFile(
  'example.org',
  `@        60 NS    ns.example.org
   ns       60 A     192.0.2.53
   alias    60 CNAME large.example.org
   pooled   60 CNAME a255.pools.example.org
   ${repeated(255, (i) => `large    60 A   ${ipv4(i)}`)}
   ${repeated(101, (i) => `large    60 AAAA ${ipv6(i)}`)}
   ${repeated(150, (i) => `*.wild   60 A   ${ipv4(i)}`)}
   ${repeated(300, (i) => `text     60 TXT ${text(i)}`)}
   ${repeated(120, (i) => `mail     60 MX  ${i} mx${i}.example.net`)}
   ${repeated(130, (i) => `cut      60 NS  ns${i}.example.net`)}
   few      60 NS    many.few.example.org
   few      60 NS    ns.example.net
   ${repeated(180, (i) => `many.few 60 A   ${ipv4(i)}`)}
   many.few 60 AAAA  2001:db8::1`,
  { pools: 'pools' },
);
const pools = new Map([
  ...[100, 101, 255, 1_000].map((count) => [`a${count}`, membersOf(count, ipv4)] as const),
  ['aaaa101', membersOf(101, ipv6)],
  ['aaaa2000', membersOf(2_000, ipv6)],
  ['picked', membersOf(300, ipv4).map((member, i) => ({ ...member, weight: i + 1 }))],
]);
const { ask } = answering(authorityOf([zone], pools), SEED);
const tcp = (spec: QuerySpec) => ask(spec, Transport.TCP);

interface Large {
  readonly spec: QuerySpec;
  readonly section: 'answer' | 'authority' | 'additional';
  readonly of: number;
}
const LARGE: readonly Large[] = [
  { spec: { name: 'a101.pools.example.org' }, section: 'answer', of: 101 },
  { spec: { name: 'a255.pools.example.org' }, section: 'answer', of: 255 },
  { spec: { name: 'A1000.Pools.example.org' }, section: 'answer', of: 1_000 },
  { spec: { name: 'a255.pools.example.org', type: 'ANY' }, section: 'answer', of: 255 },
  { spec: { name: 'aaaa101.pools.example.org', type: 'AAAA' }, section: 'answer', of: 101 },
  { spec: { name: 'aaaa2000.pools.example.org', type: 'AAAA' }, section: 'answer', of: 2_000 },
  { spec: { name: 'large.example.org' }, section: 'answer', of: 255 },
  { spec: { name: 'large.example.org', type: 'AAAA' }, section: 'answer', of: 101 },
  { spec: { name: 'a.b.wild.example.org' }, section: 'answer', of: 150 },
  { spec: { name: 'text.example.org', type: 'TXT' }, section: 'answer', of: 300 },
  { spec: { name: 'mail.example.org', type: 'MX' }, section: 'answer', of: 120 },
  { spec: { name: 'www.cut.example.org' }, section: 'authority', of: 130 },
];
const SETS = LARGE.map((each) => ({
  ...each,
  title: `${each.of} ${each.spec.type ?? 'A'} of ${each.spec.name}`,
}));

describe('a set with more records than a resolver accepts', () => {
  test.each(SETS)('$title: a window of 100, each record once', ({ spec, section }) => {
    for (let i = 0; i < 20; i += 1) {
      const message = tcp(spec);
      expect(message).toMatchObject({ rcode: 0, tc: false });
      expect(message[section]).toHaveLength(ANSWERED_RECORDS_MAX);
      expect(new Set(lines(message[section])).size).toBe(ANSWERED_RECORDS_MAX);
    }
  });

  const EVEN = [
    'a101.pools.example.org',
    'a255.pools.example.org',
    'text.example.org',
    'www.cut.example.org',
  ];
  test.each(SETS.filter(({ spec }) => EVEN.includes(spec.name)))(
    '$title: each record is in equally many answers',
    ({ spec, section, of }) => {
      const seen = new Map<string, number>();
      for (let i = 0; i < ANSWERS; i += 1)
        for (const line of lines(tcp(spec)[section])) seen.set(line, (seen.get(line) ?? 0) + 1);
      expect(seen.size).toBe(of);
      const chance = ANSWERED_RECORDS_MAX / of;
      // Each count within five standard deviations of a binomial's mean; the seed is fixed, so that it is or is not, always.
      const spread = 5 * Math.sqrt(ANSWERS * chance * (1 - chance));
      for (const [line, count] of seen) expect(Math.abs(count - ANSWERS * chance), line).toBeLessThan(spread);
    },
  );

  test('the owner of every record is the queried name, in its case', () => {
    for (const name of ['A255.pOOls.Example.org', 'x.Wild.example.org'])
      expect(new Set(tcp({ name }).answer.map((record) => record.name))).toEqual(new Set([`${name}.`]));
  });

  test.each(['alias', 'pooled'])('after an alias (%s) it is a window with complete owners', (name) => {
    for (let i = 0; i < 50; i += 1) {
      const [alias, ...addresses] = tcp({ name: `${name}.example.org` }).answer;
      expect(alias!.type).toBe(5);
      expect(addresses).toHaveLength(ANSWERED_RECORDS_MAX);
      const target = name === 'alias' ? 'large.example.org.' : 'a255.pools.example.org.';
      expect(new Set(addresses.map((record) => record.name))).toEqual(new Set([target]));
    }
  });

  test('as glue it is a window, and the sets beside it are complete', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      const { authority, additional } = tcp({ name: 'www.few.example.org' });
      expect(authority).toHaveLength(2);
      expect(additional).toHaveLength(ANSWERED_RECORDS_MAX + 1);
      expect(new Set(additional.map((record) => record.name))).toEqual(new Set(['many.few.example.org.']));
      for (const line of lines(additional)) seen.add(line);
    }
    expect(seen.size).toBe(181);
  });

  test('over UDP it is left out with TC unless it fits (RFC 2181 §9)', () => {
    const { ask: askLarge } = answering(authorityOf([zone], pools), SEED, {
      ...PLAIN,
      udpOctetsMax: 4_096,
    });
    expect(ask({ name: 'a101.pools.example.org', opts: [{}] })).toMatchObject({ tc: true, answer: [] });
    expect(ask({ name: 'www.few.example.org' })).toMatchObject({ tc: true, additional: [] });
    const opts = [{ udpOctetsMax: 4_096 }];
    expect(askLarge({ name: 'a1000.pools.example.org', opts }).answer).toHaveLength(ANSWERED_RECORDS_MAX);
    expect(askLarge({ name: 'www.few.example.org', opts }).additional).toHaveLength(ANSWERED_RECORDS_MAX + 1);
  });
});

describe('a referral whose glue is too much for a message (once: the last name servers had none, and TC was not set)', () => {
  const referring = (lines: string) => {
    const { ask } = answering(authorityOf([zoneFile('example.org', lines)]), SEED);
    return () => ask({ name: 'www.cut.example.org' }, Transport.TCP);
  };

  test('of more than 100 name servers, those in the answer have their glue, and no others', () => {
    const refer = referring(
      repeated(
        3_000,
        (i) => `cut 60 NS ns${i}.cut.example.org
                ns${i}.cut 60 A ${ipv4(i)}
                ns${i}.cut 60 AAAA ${ipv6(i)}`,
      ),
    );
    const seen = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const { tc, authority, additional } = refer();
      const targets = lines(authority).map((line) => line.split(' ').at(-1)!);
      expect({ tc, targets: targets.length }).toEqual({ tc: false, targets: ANSWERED_RECORDS_MAX });
      expect(additional.map(({ name }) => name).sort()).toEqual([...targets, ...targets].sort());
      for (const target of targets) seen.add(target);
    }
    // Windows go round: the last ones of the zone are among them.
    expect(seen.size).toBeGreaterThan(1_500);
  });

  test('RFC 9471 §3.1: where it does not fit even by TCP, TC says so, and complete sets stay', () => {
    const refer = referring(
      repeated(
        50,
        (at) =>
          `cut 60 NS ns${at}.cut.example.org
           ${repeated(90, (i) => `ns${at}.cut 60 A ${ipv4(100 * at + i)}`)}`,
      ),
    );
    const { tc, authority, additional } = refer();
    expect({ tc, servers: authority.length, rest: additional.length % 90 }).toEqual({
      tc: true,
      servers: 50,
      rest: 0,
    });
    expect(additional.length).toBeGreaterThan(15 * 90);
  });
});

describe('sets that are not cut', () => {
  test('100 records are all answered', () => {
    expect(new Set(lines(tcp({ name: 'a100.pools.example.org' }).answer)).size).toBe(100);
  });

  test('with different weights one record is answered', () => {
    const picked = Array.from({ length: 200 }, () => lines(ask({ name: 'picked.pools.example.org' }).answer));
    expect(picked.every((answer) => answer.length === 1)).toBe(true);
    expect(new Set(picked.flat()).size).toBeGreaterThan(80);
  });
});
