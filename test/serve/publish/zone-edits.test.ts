import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { orderKey } from '../../../src/dns/canonical-order.ts';
import { formatName, parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { createPublisher, type PoolState } from '../../../src/serve/publish/publisher.ts';
import { Records, type StoredRecord } from '../../../src/store/reading/records.ts';
import { conflictOf } from '../../../src/zone/authoring/read-authored-zone.ts';
import type { Authority } from '../../../src/zone/authority.ts';
import { contentsAfter, contentsOf, type ZoneContents } from '../../../src/zone/contents/contents.ts';
import { ownersInOrder } from '../../../src/zone/contents/zone-state.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { asking } from '../../answer/answering.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { makePool } from '../../probe/checks.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { anyAuthority, anyName } from '../../zone/arbitrary-authority.ts';
import { anyEdits, edited, withRecords } from '../../zone/arbitrary-records.ts';
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

/** The octets of the answers to questions: each call draws the same order of records again. */
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

test(`from any contents of a zone a change leads to any others, and does not change the first (seed ${seed})`, () => {
  fc.assert(
    fc.property(anyAuthority, anyAuthority, anyEdits, anyEdits, (one, other, first, second) => {
      const apex = one.zones[0]!.apex;
      const records = edited(Records.NONE, one.zones.slice(0, 1), first, 1);
      const [before] = withRecords(one.zones, records);
      const [after] = withRecords(
        [{ ...other.zones[0]!, apex }],
        edited(records, one.zones.slice(0, 1), second, 2),
      );
      const from = contentsOf(before!);
      const was = entriesOf(from);
      const { contents, changed } = contentsAfter(from, before!, after!);
      expect(entriesOf(contents)).toEqual(entriesOf(contentsOf(after!)));
      expect(entriesOf(from)).toEqual(was);
      const differ = new Set(changed.keys());
      for (const [key, sets] of from.owners.from())
        if (!differ.has(key)) expect(contents.owners.get(key)).toEqual(sets);
      expect(contentsAfter(contents, after!, after!).changed.size).toBe(0);
    }),
    { numRuns: draws(100) },
  );
});

test('a change of one record among many looks at no other name', () => {
  const zone = zoneFile('example.org', '@ 60 NS ns1.example.net.');
  const edit = Records.NONE.edit();
  for (let i = 0; i < 5_000; i += 1) edit.put(stored(`r${i}`, 1));
  const records = edit.done();
  const [before] = withRecords([zone], records);
  const again = records.edit();
  again.put(stored('r77', 2, '192.0.2.77'));
  const [after] = withRecords([zone], again.done());
  const from = contentsOf(before!);
  // A look at any other name reads its records.
  const read = (key: string) => key !== orderKey(parseName('r77.example.org'));
  const seen: string[] = [];
  const watched = {
    ...from,
    owners: {
      ...from.owners,
      get: (key: string) => {
        seen.push(key);
        return from.owners.get(key);
      },
    },
  };
  const { changed } = contentsAfter(watched, before!, after!);
  expect([...changed.values()].map(formatName)).toEqual(['r77.example.org.']);
  expect(seen.filter(read)).toEqual([]);
});

function stored(id: string, revision: number, content = '192.0.2.1'): StoredRecord {
  return { kind: 'record', id, revision, value: dnsRecord(id, { name: `${id}.example.org`, content }) };
}

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
