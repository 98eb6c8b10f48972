import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones, SERVED_ZONES_MAX } from '../../../src/serve/publish/served-zones.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import { asking } from '../../answer/answering.ts';
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
  const refused: string[] = [];
  const served = createServedZones(FILE, (_, why) => refused.push(why));
  const documents = Array.from({ length: SERVED_ZONES_MAX }, (_, i) => document(i, i + 1));
  served.load(documents);
  served.number({ epoch: 'e', revision: SERVED_ZONES_MAX, documents, deletions: { since: 0, pool: 0 } });
  expect(refused).toEqual([`is one too many: ${SERVED_ZONES_MAX} are served`]);
  served.apply({ revision: 4_001, entries: [{ op: 'delete', kind: 'zone', id: 'z00000' }] });
  expect([served.all.length, refused.length]).toEqual([SERVED_ZONES_MAX, 1]);

  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher(served.all, table, () => expect.fail(), undefined, served.serialOf);
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
    publisher.setZones(zones(name));
    publisher.publish([], revision);
    const last = `${name}${SERVED_ZONES_MAX - 1}.example`;
    expect(ask({ name: `x.${last}`, type: Type.A }).authority[0]?.line).toContain(last);
  }
});
