/**
 * The compiled table against zone/lookup.ts, over random zones and questions, while the pools that the zones share come,
 * go and change: 5,000 questions, or as many as
 * ORACLE_QUESTIONS says; `npm run oracle` asks a million. TEST_SEED repeats a run.
 */

import { expect, test } from 'vitest';
import { Transport } from '../../src/answer/exchange.ts';
import { formatName, isAtOrBelow, parseName, prependLabel } from '../../src/dns/name.ts';
import { Rcode } from '../../src/dns/rcode.ts';
import { ANSWERED_RECORDS_MAX, type RRset } from '../../src/dns/rrset.ts';
import { Type } from '../../src/dns/type.ts';
import { createAliasFollower } from '../../src/zone/alias-loops.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { type Lookup, lookup } from '../../src/zone/lookup.ts';
import { poolRRsets } from '../../src/zone/pool-rrsets.ts';
import fc from '../support/property.ts';
import { seed } from '../support/seed.ts';
import { anyAuthority, anyName, anyPools, POOLS } from '../zone/arbitrary-authority.ts';
import { answering } from './answering.ts';
import { type DecodedRecord, decode, type Message } from './decode.ts';
import { queryPacket } from './query-packet.ts';
import { PLAIN } from './respond/responder.ts';

const QUESTIONS = Number(process.env.ORACLE_QUESTIONS ?? 5_000);
const QUESTIONS_PER_AUTHORITY = 50;
/** States of the pools of one authority, each of which is asked a share of the questions. */
const POOL_STATES = 3;
const PLAIN_OCTETS = 512;

const anyType = fc.constantFrom(
  ...[Type.A, Type.A, Type.A, Type.AAAA, Type.NS, Type.CNAME, Type.SOA, Type.TXT, Type.MX, Type.DS, Type.ANY],
  ...[Type.SRV, Type.PTR, Type.CAA],
  65_280,
);

/** Names the authority has, pools' names too, and the same with a label more or less, in any case. */
function anyQuestion({ zones }: Authority) {
  const owned = zones.flatMap((zone) => [
    formatName(zone.apex),
    ...zone.rrsets.map(({ owner }) => formatName(owner)),
    ...(zone.pools ? POOLS.map((name) => formatName(prependLabel(name, zone.pools!))) : []),
  ]);
  const near = fc
    .tuple(fc.constantFrom(...owned), fc.constantFrom('', '', 'a.', 'x.', '*.', 'x.y.', '<'))
    .map(([name, change]) => (change === '<' ? name.slice(name.indexOf('.') + 1) || '.' : change + name));
  return fc.record({
    name: fc
      .tuple(
        fc.oneof({ weight: 3, arbitrary: near }, { weight: 1, arbitrary: anyName }),
        fc.infiniteStream(fc.boolean()),
      )
      .map(([name, upper]) => [...name].map((c) => (upper.next().value ? c.toUpperCase() : c)).join('')),
    type: anyType,
  });
}

const anyCase = anyAuthority.chain((authority) =>
  fc.tuple(
    fc.constant(authority),
    fc.array(anyPools, { minLength: POOL_STATES - 1, maxLength: POOL_STATES - 1 }),
    fc.array(anyQuestion(authority), {
      minLength: QUESTIONS_PER_AUTHORITY,
      maxLength: QUESTIONS_PER_AUTHORITY,
    }),
    fc.constantFrom(1, 2, ANSWERED_RECORDS_MAX, 120),
  ),
);

/** Zones and pools, and how many addresses an answer of a pool has at the most. */
interface Sized extends Authority {
  readonly addressesMax: number;
}

interface Expected {
  readonly rcode: number;
  readonly aa: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
}

function expectedOf(found: Lookup): Expected {
  const nothing = { rcode: Rcode.NOERROR, aa: true, answer: [], authority: [], additional: [] };
  switch (found.kind) {
    case 'answer':
      return { ...nothing, answer: found.rrsets };
    case 'referral': {
      const { chain, ns, glue } = found;
      return { ...nothing, aa: chain.length > 0, answer: chain, authority: [ns], additional: glue };
    }
    case 'nodata':
      return { ...nothing, answer: found.chain, authority: [found.soa] };
    case 'nxdomain':
      return { ...nothing, rcode: Rcode.NXDOMAIN, answer: found.chain, authority: [found.soa] };
    case 'steered':
      throw new Error('no zone here has a load balancer');
    case 'unread':
      return { ...nothing, rcode: Rcode.SERVFAIL, aa: false };
    case 'refused':
      return { ...nothing, rcode: Rcode.REFUSED, aa: false };
  }
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const linesOf = (rrsets: readonly RRset[]) =>
  rrsets.flatMap(({ owner, type, ttlSeconds, rdata }) =>
    rdata.map((each) => `${formatName(owner)} ${ttlSeconds} ${type} ${hex(each)}`),
  );
const lineOf = ({ name, ttlSeconds, type, rdata }: DecodedRecord) =>
  `${name.toLowerCase()} ${ttlSeconds} ${type} ${rdata}`;

/** The lines of a section that say nothing of the sets they should: of a large set any window is right, each record in its order. */
function expectSection(authority: Sized, records: readonly DecodedRecord[], sets: readonly RRset[]): void {
  const found = records.map(lineOf);
  for (const set of sets) {
    const all = linesOf([set]);
    const own = found.filter((line) => all.includes(line));
    const most = recordsMax(authority, set);
    expect(own).toHaveLength(Math.min(all.length, most));
    if (all.length <= most) expect(own.toSorted()).toEqual(all.toSorted());
    else {
      const turned = all.indexOf(own[0]!);
      expect(own).toEqual([...all.slice(turned), ...all.slice(0, turned)].slice(0, most));
    }
  }
  expect(found).toHaveLength(answeredOf(authority, sets));
}

const answeredOf = (authority: Sized, sets: readonly RRset[]) =>
  sets.reduce((sum, set) => sum + Math.min(set.rdata.length, recordsMax(authority, set)), 0);

/** Records of a set that an answer has at the most. */
function recordsMax(authority: Sized, set: RRset): number {
  return weightsOf(authority, set) === undefined ? ANSWERED_RECORDS_MAX : authority.addressesMax;
}

/** Whether a set is a pool's whose members differ in weight, so that an answer has one of them. */
function isPicked(authority: Authority, set: RRset | undefined): boolean {
  return set !== undefined && new Set(weightsOf(authority, set)).size > 1;
}

/** The weights of a set that is a pool's; undefined: it is none. */
function weightsOf({ zones, pools }: Authority, set: RRset): readonly number[] | undefined {
  const nearest = zones
    .filter(({ apex }) => isAtOrBelow(set.owner, apex))
    .toSorted((a, b) => b.apex.length - a.apex.length)[0];
  if (nearest === undefined) return undefined;
  for (const [name, members] of pools)
    for (const { rrset, weights } of poolRRsets(nearest, name, members))
      if (formatName(rrset.owner) === formatName(set.owner) && rrset.type === set.type) return weights;
  return undefined;
}

function expectWhole(authority: Sized, message: Message, expected: Expected): void {
  expect(message).toMatchObject({ rcode: expected.rcode, aa: expected.aa, tc: false });
  const last = expected.answer.at(-1);
  const answer = message.answer.map(lineOf);
  if (isPicked(authority, last)) {
    const chain = linesOf(expected.answer.slice(0, -1));
    expect(answer.slice(0, -1)).toEqual(chain);
    expect(linesOf([last!])).toContain(answer.at(-1));
  } else expectSection(authority, message.answer, expected.answer);
  // The chain is in its order (RFC 1034 §4.3.2 3a), and the first owner is the question as it was asked.
  const aliases = linesOf(expected.answer.filter(({ type }) => type === Type.CNAME));
  expect(answer.slice(0, aliases.length)).toEqual(aliases);
  if (message.answer.length > 0) expect(message.answer[0]!.name).toBe(message.question!.name);
  expectSection(authority, message.authority, expected.authority);
  // The addresses beside an answer of NS records are a courtesy the lookup does not speak of.
  if (last?.type !== Type.NS || expected.authority.length > 0)
    expectSection(authority, message.additional, expected.additional);
}

/** What is in a small message is whole RRsets of the expected ones, and TC is set unless only a courtesy is missing. */
function expectCut(authority: Sized, message: Message, expected: Expected): void {
  expect(message).toMatchObject({ rcode: expected.rcode, aa: expected.aa });
  const wanted = [expected.answer, expected.authority, expected.additional];
  const sections = [message.answer, message.authority, message.additional];
  const isCourtesy = expected.answer.at(-1)?.type === Type.NS && expected.authority.length === 0;
  let missing = 0;
  for (const [i, section] of sections.entries()) {
    if (isCourtesy && i === 2) continue;
    const found = new Set(section.map(lineOf));
    for (const set of wanted[i]!) {
      const records = linesOf([set]).filter((line) => found.has(line)).length;
      expect([0, answeredOf(authority, [set])]).toContain(records);
    }
    missing += answeredOf(authority, wanted[i]!) - section.length;
  }
  expect(message.tc).toBe(missing > 0);
}

test(`the table gives the same answers as the lookup (seed ${seed})`, {
  timeout: 120_000 + QUESTIONS * 5,
}, () => {
  let asked = 0;
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(anyCase, ([start, states, questions, addressesMax]) => {
      const first = { ...start, addressesMax };
      const { send, setPools } = answering(first, seed, PLAIN, { addressesMax });
      let authority = first;
      const { loopFrom } = createAliasFollower(first.zones);
      for (const [i, { name, type }] of questions.entries()) {
        const state = Math.floor((i * POOL_STATES) / questions.length);
        const pools = state === 0 ? first.pools : states[state - 1]!;
        if (pools !== authority.pools) setPools(pools);
        authority = { ...first, pools };
        const found = lookup(authority, parseName(name), type);
        const expected = expectedOf(found);
        if (found.kind === 'answer' && found.loop !== undefined)
          expect(loopFrom(parseName(name))?.map(formatName)).toContain(formatName(found.loop));
        const packet = queryPacket({ name, type });
        const whole = send(packet, Transport.TCP)!;
        expectWhole(authority, decode(whole), expected);
        const small = send(packet, Transport.UDP)!;
        expect(small.length).toBeLessThanOrEqual(PLAIN_OCTETS);
        if (whole.length <= PLAIN_OCTETS) expectWhole(authority, decode(small), expected);
        else expectCut(authority, decode(small), expected);
        asked += 1;
        kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
      }
    }),
    { seed, numRuns: Math.ceil(QUESTIONS / QUESTIONS_PER_AUTHORITY) },
  );
  expect(asked).toBeGreaterThanOrEqual(QUESTIONS);
  // The generator reaches every kind often enough to mean something.
  for (const kind of ['answer', 'referral', 'nodata', 'nxdomain', 'refused'])
    expect(kinds.get(kind), kind).toBeGreaterThan(QUESTIONS / 100);
});
