import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { orderKey } from '../../../src/dns/canonical-order.ts';
import { formatName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { createPublisher, type PoolState } from '../../../src/serve/publish/publisher.ts';
import { conflictOf } from '../../../src/zone/authoring/read-authored-zone.ts';
import type { Authority } from '../../../src/zone/authority.ts';
import {
  applyDiff,
  contentsOf,
  diffTo,
  SETS_COMPARED_MAX,
  type ZoneContents,
} from '../../../src/zone/contents/contents.ts';
import { ownersInOrder } from '../../../src/zone/contents/zone-state.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { asking } from '../../answer/answering.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makePool } from '../../probe/checks.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { anyAuthority, anyName } from '../../zone/arbitrary-authority.ts';
import { zoneFile } from '../../zone/zone-file.ts';

function node(zones: readonly Zone[], serialOf: (zone: Zone) => number) {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher(
    zones,
    table,
    (_, error) => {
      throw error;
    },
    undefined,
    { serialOf, least: 0, leastWithPools: 0 },
  );
  return { publisher, reader };
}

const TYPES = [Type.A, Type.AAAA, Type.NS, Type.SOA, Type.CNAME, Type.TXT, Type.DS, Type.ANY];

/** The octets of the answers to questions: whoever asks anew draws the same order of records again. */
function answersOf(
  { reader }: ReturnType<typeof node>,
  questions: readonly (readonly [string, number])[],
): string[] {
  const { send } = asking(reader, seed);
  return questions.map(([name, type]) => Buffer.from(send(queryPacket({ name, type }), 1)!).toString('hex'));
}

/** All that an authority has, and names beside it. */
function questionsOf({ zones, pools }: Authority, others: readonly string[]) {
  const owned = zones.flatMap(({ apex, rrsets, pools: at }) => [
    ...[apex, ...rrsets.map(({ owner }) => owner)].map(formatName),
    ...(at ? [...pools.keys()].map((name) => `${name}.${formatName(at)}`) : []),
  ]);
  const below = owned.map((name) => `x.${name}`);
  return [...new Set([...owned, ...below, ...others])].map(
    (name, i) => [name, TYPES[i % TYPES.length]!] as const,
  );
}

/** Another serial for each form of a zone, so that one which stays behind shows. */
function serials() {
  const given = new Map<Zone, number>();
  return (zone: Zone) => {
    const serial = given.get(zone) ?? given.size + 1;
    given.set(zone, serial);
    return serial;
  };
}

const statesOf = ({ pools }: Authority): PoolState[] =>
  [...pools].map(([name, members]) => ({ id: name, pool: makePool({ id: name, name }), members }));

test(`after any edits a table answers as one made of the last zones alone (seed ${seed})`, () => {
  fc.assert(
    fc.property(
      fc.array(anyAuthority, { minLength: 2, maxLength: 4 }),
      fc.array(anyName, { maxLength: 10 }),
      (steps, names) => {
        const serialOf = serials();
        const lived = node([], serialOf);
        let before: PoolState[] = [];
        const asked: (readonly [string, number])[] = [];
        let zones: readonly Zone[] = [];
        for (const [i, step] of steps.entries()) {
          // Zones that stay as they were are the same objects, as they are to those who serve them.
          const chosen = zones.slice(0, 2);
          for (const zone of step.zones) if (conflictOf(zone, chosen) === undefined) chosen.push(zone);
          zones = chosen;
          const pools = statesOf(step);
          const gone = before.filter(({ id }) => !pools.some((pool) => pool.id === id));
          lived.publisher.setZones(byApex(zones));
          lived.publisher.publish([...pools, ...gone.map((pool) => ({ ...pool, pool: undefined }))], i + 1);
          before = pools;
          const fresh = node(zones, serialOf);
          fresh.publisher.publish(pools, i + 1);
          asked.push(...questionsOf({ ...step, zones }, names));
          expect(answersOf(lived, asked)).toEqual(answersOf(fresh, asked));
        }
      },
    ),
    { numRuns: draws(40) },
  );
});

const entriesOf = ({ owners, delegations }: ZoneContents) => [
  [...owners.from()],
  [...delegations.from()].map(([key, all]) => [key, all.map((owner) => formatName(owner)).sort()]),
];

test(`a difference leads from any contents of a zone to any others, and does not change the first (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyAuthority, anyAuthority, (one, other) => {
      const [before] = one.zones;
      const after = { ...other.zones[0]!, apex: before!.apex };
      const from = contentsOf(before!);
      const was = entriesOf(from);
      const { contents, changed } = applyDiff(from, diffTo(from, before!, after));
      expect(entriesOf(contents)).toEqual(entriesOf(contentsOf(after)));
      expect(entriesOf(from)).toEqual(was);
      const differ = new Set(changed.map((owner) => orderKey(owner)));
      for (const [key, sets] of from.owners.from())
        if (!differ.has(key)) expect(contents.owners.get(key)).toEqual(sets);
      expect(applyDiff(contents, diffTo(contents, after, after)).changed).toEqual([]);
    }),
    { numRuns: draws(100) },
  );
});

test(`a difference between zones that share record sets reads only those that they do not share (seed ${seed})`, () => {
  const anyEdit = fc.record({ at: fc.nat(), gone: fc.nat(3), come: fc.nat(3) });
  fc.assert(
    fc.property(anyAuthority, anyAuthority, fc.array(anyEdit, { maxLength: 3 }), (one, other, edits) => {
      const before = one.zones[0]!;
      const others = other.zones.flatMap(({ rrsets }) => rrsets);
      let rrsets = before.rrsets;
      for (const { at, gone, come } of edits) {
        const taken = new Set(rrsets.map(({ owner, type }) => `${type} ${orderKey(owner)}`));
        const added = others
          .filter(({ owner, type }) => !taken.has(`${type} ${orderKey(owner)}`))
          .slice(0, come);
        rrsets = rrsets.toSpliced(at % (rrsets.length + 1), gone, ...added);
      }
      const after = { ...before, rrsets };
      const from = contentsOf(before);
      const { contents, changed } = applyDiff(from, diffTo(from, before, after));
      expect(entriesOf(contents)).toEqual(entriesOf(contentsOf(after)));
      const shared = new Set(rrsets);
      const differ = new Set(changed.map((owner) => orderKey(owner)));
      for (const [key, sets] of from.owners.from())
        if (sets.every((set) => shared.has(set)) && !differ.has(key))
          expect(contents.owners.get(key)).toBe(sets);
    }),
    { numRuns: draws(100) },
  );
});

test.each([SETS_COMPARED_MAX, SETS_COMPARED_MAX + 1])(
  '%i sets that differ among many: the same as when all are read',
  (count) => {
    const { rrsets, ...head } = zoneFile(
      'example.org',
      Array.from({ length: 200 }, (_, i) => `r${i} 60 A 192.0.2.1`).join('\n'),
    );
    const before = { ...head, rrsets };
    const after = { ...head, rrsets: rrsets.toSpliced(100, count) };
    const from = contentsOf(before);
    const { contents, changed } = applyDiff(from, diffTo(from, before, after));
    expect(entriesOf(contents)).toEqual(entriesOf(contentsOf(after)));
    expect(changed).toHaveLength(count);
  },
);

test(`the state of a zone lists owners and pools in canonical order, and never changes (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyAuthority, (authority) => {
      const { publisher } = node(authority.zones, () => 9);
      publisher.publish(statesOf(authority), 1);
      const states = [...publisher.states()];
      const told = states.map((state) => [...ownersInOrder(state)]);
      for (const [i, owners] of told.entries()) {
        const keys = owners.map(({ owner }) => orderKey(owner));
        expect(keys).toEqual(keys.toSorted((a, b) => (a < b ? -1 : 1)));
        expect(new Set(keys).size).toBe(keys.length);
        expect(owners[0]!.sets[0]!.type).toBe(Type.SOA);
        const { rrsets } = states[i]!.contents.head as Zone;
        const records = owners.flatMap(({ sets }) => sets);
        for (const set of rrsets) expect(records).toContain(set);
      }
      publisher.setZones(byApex([]));
      publisher.publish([], 2);
      expect(states.map((state) => [...ownersInOrder(state)])).toEqual(told);
      expect([...publisher.states()]).toEqual([]);
    }),
    { numRuns: draws(40) },
  );
});
