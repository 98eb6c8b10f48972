import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { parseName, type WireName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones, SERVED_ZONES_MAX } from '../../../src/serve/publish/served-zones.ts';
import type { SerialSource } from '../../../src/serve/publish/zone-serials.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { asking } from '../../answer/answering.ts';
import { makePool } from '../../probe/checks.ts';
import { zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

/** Octets of a node or a negative answer of these zones, at the most. */
const NODE_OCTETS_MAX = 512;
const MODEL = zoneFile('example.org', '@ 60 NS ns1.example.net.');
const FILE = [MODEL];

const document = (i: number, revision: number, minimum = 10): StoredDocument => {
  const id = `z${String(i).padStart(5, '0')}`;
  const settings = { ns: [{ name: 'ns1.example.net' }], soa: { minimum } };
  return { kind: 'zone', id, revision, value: zone(id, { settings }) };
};

test('an edit of one zone writes and numbers only that zone, even with as many zones as are served', () => {
  const served = createServedZones(FILE);
  const documents = Array.from({ length: SERVED_ZONES_MAX }, (_, i) => document(i, i + 1));
  served.load(documents);
  served.number({ epoch: 'e', revision: SERVED_ZONES_MAX, documents, deletions: { since: 0, pool: 0 } });
  const whys = [...served.unserved.values()].map(({ why }) => why);
  expect(whys).toEqual([`is one too many: ${SERVED_ZONES_MAX} are served`]);
  served.apply({ revision: 4_001, entries: [{ op: 'delete', kind: 'zone', id: 'z00000' }] });
  expect([served.all.size, served.unserved.size]).toEqual([SERVED_ZONES_MAX, 0]);

  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher(FILE, table, () => expect.fail(), undefined, served);
  publisher.setZones(served.all);
  publisher.publish([], 4_001);
  const { ask } = asking(reader);
  const soa = (i: number) =>
    ask({ name: `z${String(i).padStart(5, '0')}.example.org`, type: Type.SOA })
      .answer[0]?.line.split(' ')
      .slice(-5);
  const before = table.usage.usedOctets;
  served.apply({ revision: 4_002, entries: [{ op: 'put', document: document(70, 4_002, 20) }] });
  publisher.setZones(served.all);
  publisher.publish([], 4_002);
  expect(table.usage.usedOctets - before).toBeLessThan(4 * NODE_OCTETS_MAX);
  expect([soa(70), soa(71)]).toEqual([
    ['4002', '3600', '600', '1209600', '20'],
    ['72', '3600', '600', '1209600', '10'],
  ]);
  expect(soa(0)).toBeUndefined();
  expect(soa(SERVED_ZONES_MAX - 1)?.[0]).toBe(String(SERVED_ZONES_MAX));
});

test('a write of a pool rewrote the apex of every zone in which pools appear', () => {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const named = (i: number, pools?: WireName): Zone => {
    const apex = parseName(`z${i}.example`);
    const rrsets = MODEL.rrsets.map((set) => ({ ...set, owner: apex }));
    return { ...MODEL, apex, rrsets, ...(pools && { pools }) };
  };
  const zones = Array.from({ length: 1_000 }, (_, i) => named(i, parseName(`pools.z${i}.example`)));
  const alone = named(1_000);
  let revision = 0xffff_fff0;
  const serials: SerialSource = {
    serialOf: (zone) => (zone.pools === undefined ? 7 : revision),
    least: 7,
    get leastWithPools() {
      return revision;
    },
  };
  const publisher = createPublisher([...zones, alone], table, () => expect.fail(), undefined, serials);
  const pool = makePool({ id: 'web', name: 'web' });
  const publish = (address: string) =>
    publisher.publish([{ id: 'web', pool, members: [{ address, weight: 1 }] }], revision);
  publish('192.0.2.1');
  const { ask } = asking(reader);
  const shown = () =>
    [0, 999, 1_000].map((i) => {
      const soa = ask({ name: `z${i}.example`, type: Type.SOA }).answer;
      const negative = ask({ name: `none.z${i}.example`, type: Type.A }).authority;
      return [soa, negative].map(([record]) => record?.line.split(' ').at(-5));
    });
  const of = (serial: string) => [serial, serial];
  expect(shown()).toEqual([of('4294967280'), of('4294967280'), of('7')]);
  const { usedOctets } = table.usage;
  revision += 1;
  publish('192.0.2.2');
  expect(table.usage.usedOctets - usedOctets).toBeLessThan(NODE_OCTETS_MAX);
  expect(shown()).toEqual([of('4294967281'), of('4294967281'), of('7')]);
  const [record] = ask({ name: 'web.pools.z500.example', type: Type.A }).answer;
  expect(record?.line).toContain('192.0.2.2');
});

test('replacing as many zones as are served by as many others ended the process', () => {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const zones = (name: string) =>
    Array.from({ length: SERVED_ZONES_MAX }, (_, i) => {
      const apex = parseName(`${name}${i}.example.`);
      return { ...MODEL, apex, rrsets: MODEL.rrsets.map((set) => ({ ...set, owner: apex })) };
    });
  const publisher = createPublisher(zones('a'), table, () => expect.fail());
  publisher.publish([], 1);
  const { ask } = asking(reader);
  for (const [revision, name] of [
    [2, 'b'],
    [3, 'c'],
  ] as const) {
    publisher.setZones(byApex(zones(name)));
    publisher.publish([], revision);
    const last = `${name}${SERVED_ZONES_MAX - 1}.example`;
    expect(ask({ name: `x.${last}`, type: Type.A }).authority[0]?.line).toContain(last);
  }
});
