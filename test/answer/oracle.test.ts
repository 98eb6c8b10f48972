/**
 * The compiled table against zone/lookup.ts, over random zones and questions, while the pools that the zones share, and records of
 * the API in them, come, go and change: 5,000 questions, or as many as
 * ORACLE_QUESTIONS says; `npm run oracle` asks a million. TEST_SEED repeats a run.
 */

import { expect, test } from 'vitest';
import { Transport } from '../../src/answer/exchange.ts';
import { TARGETS_MAX } from '../../src/answer/targets/additional.ts';
import { foldName, formatName, isAtOrBelow, nameKey, parseName, prependLabel } from '../../src/dns/name.ts';
import { Rcode } from '../../src/dns/rcode.ts';
import { ANSWERED_RECORDS_MAX, type RRset } from '../../src/dns/rrset.ts';
import { FLATTENED_CNAME, Type } from '../../src/dns/type.ts';
import { Records } from '../../src/store/reading/records.ts';
import { contentsByApex, createAliasFollower } from '../../src/zone/alias-loops.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { inOneList } from '../../src/zone/contents/owned-sets.ts';
import { type Lookup, lookup } from '../../src/zone/lookup.ts';
import { poolRRsets } from '../../src/zone/pool-rrsets.ts';
import fc from '../support/property.ts';
import { seed } from '../support/seed.ts';
import { additionalTo } from '../zone/additional.ts';
import { anyAuthority, anyName, anyPools, POOLS } from '../zone/arbitrary-authority.ts';
import { anyEdits, edited, withRecords } from '../zone/arbitrary-records.ts';
import { hinted, sourceOf } from '../zone/hinted.ts';
import { answering } from './answering.ts';
import { type DecodedRecord, decode, type Message } from './decode.ts';
import { queryPacket } from './query-packet.ts';
import { PLAIN } from './respond/responder.ts';

const QUESTIONS = Number(process.env.ORACLE_QUESTIONS ?? 5_000);
const QUESTIONS_PER_AUTHORITY = 50;
/** States of the pools and records of one authority, each of which is asked a share of the questions. */
const STATES = 3;
const PLAIN_OCTETS = 512;

const anyType = fc.constantFrom(
  ...[Type.A, Type.A, Type.A, Type.AAAA, Type.NS, Type.CNAME, Type.SOA, Type.TXT, Type.MX, Type.DS, Type.ANY],
  ...[Type.SRV, Type.PTR, Type.CAA, Type.MX, Type.HTTPS, Type.HTTPS, Type.DNAME],
  65_280,
);

/** The type of a question for a set. */
const askedFor = (type: number) => (type === FLATTENED_CNAME ? Type.A : type);

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
  const sets = zones.flatMap(({ rrsets }) => rrsets);
  // Their targets often have no addresses, so they are asked for more often than others.
  const often = sets.filter(({ type }) => type === FLATTENED_CNAME || type === Type.HTTPS);
  const there = fc.constantFrom(...sets, ...[often, often, often, often].flat(), {
    owner: zones[0]!.apex,
    type: Type.SOA,
  });
  return fc
    .tuple(
      fc.oneof(
        { weight: 6, arbitrary: fc.record({ name: near, type: anyType }) },
        { weight: 2, arbitrary: fc.record({ name: anyName, type: anyType }) },
        {
          weight: 3,
          arbitrary: there.map(({ owner, type }) => ({ name: formatName(owner), type: askedFor(type) })),
        },
      ),
      fc.infiniteStream(fc.boolean()),
    )
    .map(([{ name, type }, upper]) => ({
      name: [...name].map((c) => (upper.next().value ? c.toUpperCase() : c)).join(''),
      type,
    }));
}

const anyCase = anyAuthority.chain((authority) =>
  fc.tuple(
    fc.constant(authority),
    fc.array(anyPools, { minLength: STATES - 1, maxLength: STATES - 1 }),
    fc.array(anyEdits, { minLength: STATES, maxLength: STATES }),
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
  /** The additional records are not needed: they may be missing without TC. */
  readonly isCourtesy: boolean;
  /** What hints may be, in hexadecimal. */
  readonly hints: ReadonlySet<string>;
  /** Not all targets are looked up, so that some of the additional records may be missing. */
  readonly hasManyTargets?: boolean;
  readonly rcode: number;
  readonly aa: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
}

function expectedOf(found: Lookup, authority: Sized, qtype: number): Expected {
  const nothing = {
    isCourtesy: false,
    hints: new Set<string>(),
    ...{ rcode: Rcode.NOERROR, aa: true, answer: [], authority: [], additional: [] },
  };
  switch (found.kind) {
    case 'answer': {
      const last = found.rrsets.at(-1);
      const isWhole = last?.type === qtype;
      const additional = isWhole ? additionalTo(authority, last, Number.POSITIVE_INFINITY).rrsets : [];
      const hasManyTargets = isWhole && last.rdata.length > TARGETS_MAX;
      const hints = new Set<string>(WRITTEN_HINTS);
      const filled = (set: RRset): RRset => {
        const found = hinted(authority, set, (of) => Math.min(of.rdata.length, recordsMax(authority, of)));
        for (const address of found?.addresses ?? []) hints.add(address);
        return found?.rrset ?? set;
      };
      return {
        ...nothing,
        ...{ isCourtesy: true, hasManyTargets, hints },
        ...{ answer: found.rrsets.map(filled), additional: additional.map(filled) },
      };
    }
    case 'referral': {
      const { chain, ns, glue } = found;
      return { ...nothing, aa: chain.length > 0, answer: chain, authority: [ns], additional: glue };
    }
    case 'nodata':
      return { ...nothing, answer: found.chain, authority: [found.soa] };
    case 'nxdomain':
      return { ...nothing, rcode: Rcode.NXDOMAIN, answer: found.chain, authority: [found.soa] };
    case 'yxdomain':
      return { ...nothing, rcode: Rcode.YXDOMAIN, answer: found.chain };
    case 'steered':
      throw new Error('no zone here has a load balancer');
    case 'unread':
      return { ...nothing, rcode: Rcode.SERVFAIL, aa: false };
    case 'refused':
      return { ...nothing, rcode: Rcode.REFUSED, aa: false };
  }
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
/** Hints that are not filled here. */
const WRITTEN_HINTS = ['c6336401', 'c6336402'];

/** Which addresses are hints is not known beforehand, and the name that a DNAME makes has the case of the question, which the lookup does not know. */
function shown(type: number, rdata: Uint8Array): string {
  if (type === Type.CNAME) return hex(foldName(rdata));
  const copy = rdata.slice();
  for (const hint of hintsIn(type, copy)) hint.fill(0);
  return hex(copy);
}

/** The hints of a record of HTTPS, each an address. */
function hintsIn(type: number, rdata: Uint8Array): Uint8Array[] {
  if (type !== Type.HTTPS) return [];
  const view = new DataView(rdata.buffer, rdata.byteOffset, rdata.length);
  let at = 2;
  while (rdata[at] !== 0) at += 1 + rdata[at]!;
  const found: Uint8Array[] = [];
  for (at += 1; at < rdata.length; at += 4 + view.getUint16(at + 2)) {
    const octets = { 4: 4, 6: 16 }[view.getUint16(at)];
    if (octets === undefined) continue;
    // RFC 9460 §7.3: a hint has an address at least.
    expect(view.getUint16(at + 2)).toBeGreaterThan(0);
    for (let each = 0; each < view.getUint16(at + 2); each += octets)
      found.push(rdata.subarray(at + 4 + each, at + 4 + each + octets));
  }
  return found;
}

const linesOf = (rrsets: readonly RRset[]) =>
  rrsets.flatMap(({ owner, type, ttlSeconds, rdata }) =>
    rdata.map((each) => `${formatName(owner)} ${ttlSeconds} ${type} ${shown(type, each)}`),
  );
const lineOf = ({ name, ttlSeconds, type, rdata }: DecodedRecord) =>
  `${name.toLowerCase()} ${ttlSeconds} ${type} ${shown(type, Buffer.from(rdata, 'hex'))}`;

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

/** Whether a zone has this name, in any case. */
function isApexOf(zones: Authority['zones'], name: string): boolean {
  return zones.some(({ apex }) => nameKey(apex) === nameKey(parseName(name)));
}

/** Records of a set that an answer has at the most. */
function recordsMax(authority: Sized, set: RRset): number {
  if (isPicked(authority, set)) return 1;
  return weightsOf(authority, set) === undefined ? ANSWERED_RECORDS_MAX : authority.addressesMax;
}

/** Whether a set is a pool's whose members differ in weight, so that an answer has one of them. */
function isPicked(authority: Authority, set: RRset | undefined): boolean {
  return set !== undefined && new Set(weightsOf(authority, set)).size > 1;
}

/** The weights of a set that is a pool's; undefined: it is none. */
function weightsOf({ zones, pools }: Authority, answered: RRset): readonly number[] | undefined {
  const set = sourceOf(answered);
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
  for (const { type, rdata } of [...message.answer, ...message.additional])
    for (const hint of hintsIn(type, Buffer.from(rdata, 'hex'))) expect(expected.hints).toContain(hex(hint));
  const last = expected.answer.at(-1);
  const answer = message.answer.map(lineOf);
  if (isPicked(authority, last)) {
    const chain = linesOf(expected.answer.slice(0, -1));
    expect(answer.slice(0, -1)).toEqual(chain);
    expect(linesOf([last!])).toContain(answer.at(-1));
  } else expectSection(authority, message.answer, expected.answer);
  // The chain is in its order (RFC 1034 §4.3.2 3a), and the first owner is the question as it was asked.
  const isOfChain = (type: number) => type === Type.CNAME || type === Type.DNAME;
  const aliases = linesOf(expected.answer.filter(({ type }) => isOfChain(type)));
  expect(answer.slice(0, aliases.length)).toEqual(aliases);
  const first = message.answer.find(({ type }) => type !== Type.DNAME);
  if (first !== undefined) expect(first.name).toBe(message.question!.name);
  expectSection(authority, message.authority, expected.authority);
  if (expected.hasManyTargets) {
    const all = linesOf(expected.additional);
    for (const record of message.additional) expect(all).toContain(lineOf(record));
  } else expectSection(authority, message.additional, expected.additional);
}

/** What is in a small message is whole RRsets of the expected ones, and TC is set unless only a courtesy is missing. */
function expectCut(authority: Sized, message: Message, expected: Expected): void {
  expect(message).toMatchObject({ rcode: expected.rcode, aa: expected.aa });
  const wanted = [expected.answer, expected.authority, expected.additional];
  const sections = [message.answer, message.authority, message.additional];
  let missing = 0;
  for (const [i, section] of sections.entries()) {
    const found = new Set(section.map(lineOf));
    for (const set of wanted[i]!) {
      const records = linesOf([set]).filter((line) => found.has(line)).length;
      expect([0, answeredOf(authority, [set])]).toContain(records);
    }
    if (!expected.isCourtesy || i !== 2) missing += answeredOf(authority, wanted[i]!) - section.length;
  }
  expect(message.tc).toBe(missing > 0);
}

test(`the table gives the same answers as the lookup (seed ${seed})`, {
  timeout: 120_000 + QUESTIONS * 5,
}, () => {
  let asked = 0;
  const kinds = new Map<string, number>();
  const seen = { rewritten: 0, additional: 0, hinted: 0, flattened: 0, ds: 0 };
  fc.assert(
    fc.property(anyCase, ([start, states, edits, questions, addressesMax]) => {
      const first = { ...start, addressesMax };
      const { send, setPools, setZones } = answering(first, seed, PLAIN, { addressesMax });
      let authority = first;
      let records = Records.NONE;
      let zones = first.zones;
      let state = -1;
      let { loopFrom } = createAliasFollower(contentsByApex(first.zones));
      for (const [i, { name, type }] of questions.entries()) {
        const next = Math.floor((i * STATES) / questions.length);
        if (next !== state) {
          state = next;
          const pools = state === 0 ? first.pools : states[state - 1]!;
          if (pools !== authority.pools) setPools(pools);
          records = edited(records, zones, edits[state]!, state + 1);
          zones = withRecords(zones, records);
          setZones(zones);
          authority = { ...first, pools, zones: zones.map(inOneList) };
          ({ loopFrom } = createAliasFollower(contentsByApex(zones)));
        }
        const found = lookup(authority, parseName(name), type);
        const expected = expectedOf(found, authority, type);
        // DS of the apex of a zone is looked up in the zone above, whose DNAME no other question about that name meets.
        if (found.kind === 'answer' && found.loop !== undefined && type !== Type.DS)
          expect(loopFrom(parseName(name))?.map(formatName)).toContain(formatName(found.loop));
        const packet = queryPacket({ name, type });
        const whole = send(packet, Transport.TCP)!;
        expectWhole(authority, decode(whole), expected);
        const small = send(packet, Transport.UDP)!;
        expect(small.length).toBeLessThanOrEqual(PLAIN_OCTETS);
        if (whole.length <= PLAIN_OCTETS) expectWhole(authority, decode(small), expected);
        else expectCut(authority, decode(small), expected);
        asked += 1;
        if (expected.answer.some((set) => set.type === Type.DNAME && type !== Type.DNAME))
          seen.rewritten += 1;
        if (found.kind === 'answer' && found.flattened !== undefined) seen.flattened += 1;
        if (found.kind === 'answer' && type === Type.DS && isApexOf(zones, name)) seen.ds += 1;
        if (expected.isCourtesy && expected.additional.length > 0) seen.additional += 1;
        if (expected.hints.size > WRITTEN_HINTS.length) seen.hinted += 1;
        kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
      }
    }),
    { seed, numRuns: Math.ceil(QUESTIONS / QUESTIONS_PER_AUTHORITY) },
  );
  expect(asked).toBeGreaterThanOrEqual(QUESTIONS);
  for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(QUESTIONS / 1_000);
  // The generator reaches every kind often enough to mean something.
  for (const kind of ['answer', 'referral', 'nodata', 'nxdomain', 'refused'])
    expect(kinds.get(kind), kind).toBeGreaterThan(QUESTIONS / 100);
});
