import { expect, test } from 'vitest';
import { ownerKeyOf, Records, type StoredRecord } from '../../../src/store/reading/records.ts';
import { byAge } from '../../../src/zone/dns-record.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { dnsRecord } from '../contract/samples.ts';

const OF_FILE = { zoneName: 'example.org' };
const OF_API = { zoneName: 'example.org', zoneId: 'z1' };

const anyStep = fc.record({
  id: fc.integer({ min: 0, max: 40 }).map(String),
  /** undefined: deleted. */
  put: fc.option(
    fc.record({
      label: fc.constantFrom('a', 'b', 'c', '*'),
      zone: fc.constantFrom(OF_FILE, OF_API, { zoneName: 'example.net' }),
      createdOn: fc.constantFrom('1', '2', '3'),
    }),
    { nil: undefined },
  ),
});

type Step = typeof anyStep extends fc.Arbitrary<infer T> ? T : never;

function recordOf({ id, put }: Required<Step>, revision: number): StoredRecord {
  const { label, zone, createdOn } = put!;
  const value = dnsRecord(id, { ...zone, name: `${label}.${zone.zoneName}`, createdOn });
  return { kind: 'record', id, revision, value };
}

test(`records are found by identifier, zone and name after any changes, and earlier ones stay (seed ${seed})`, () => {
  fc.assert(
    fc.property(fc.array(fc.array(anyStep, { maxLength: 20 }), { maxLength: 8 }), (edits) => {
      const model = new Map<string, StoredRecord>();
      let records = Records.NONE;
      let revision = 0;
      for (const steps of edits) {
        revision += 1;
        const before = records;
        const was = [...before.all()];
        const edit = records.edit();
        for (const step of steps)
          if (step.put === undefined) {
            edit.delete(step.id);
            model.delete(step.id);
          } else {
            const record = recordOf(step, revision);
            edit.put(record);
            model.set(step.id, record);
          }
        records = edit.done();
        expect([...before.all()]).toEqual(was);
      }
      const all = [...model.values()];
      expect(records.size).toBe(all.length);
      expect(new Set(records.all())).toEqual(new Set(all));
      for (const record of all) expect(records.get(record.id)).toBe(record);
      for (const [zone, { size, owners }] of records.zones()) {
        const own = all.filter(
          ({ value }) => value.zoneName === zone.zoneName && value.zoneId === zone.zoneId,
        );
        expect(size).toBe(own.length);
        const byOwner = Map.groupBy(own, ({ value }) => ownerKeyOf(value));
        expect([...owners.from()].map(([key]) => key)).toEqual([...byOwner.keys()].sort());
        for (const [key, list] of byOwner)
          expect(owners.get(key)).toEqual(list.toSorted((a, b) => byAge(a.value, b.value)));
      }
      const zones = new Set(all.map(({ value }) => `${value.zoneName} ${value.zoneId}`));
      expect([...records.zones()]).toHaveLength(zones.size);
    }),
    { numRuns: draws(60) },
  );
});

test('a change of one record says which zone has others, and shares all other zones', () => {
  const stored = (id: string, zone: object): StoredRecord => ({
    kind: 'record',
    id,
    revision: 1,
    value: dnsRecord(id, zone),
  });
  const before = Records.of([stored('a', OF_FILE), stored('b', OF_API)]);
  const edit = before.edit();
  edit.put({ ...stored('a', OF_FILE), revision: 2 });
  const after = edit.done();
  expect(Records.changedZones(before, after)).toEqual([OF_FILE]);
  expect(after.inZone(OF_API)).toBe(before.inZone(OF_API));
  expect(after.inZone(OF_FILE).newestRevision).toBe(2);
  expect(after.at(OF_FILE, 'WWW.example.org')).toHaveLength(1);
});
