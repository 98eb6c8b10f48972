import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { ZoneSettings } from '../../../src/zone/authored-zone.ts';
import { asking } from '../../answer/answering.ts';
import type { QuerySpec } from '../../answer/query-packet.ts';

const AT = '2026-01-01T00:00:00.000000Z';
const id = 'a'.repeat(32);

/** A node that serves one zone of the API, which is read anew at each change. */
function startNode() {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const failed = (_: unknown, error: unknown): never => {
    throw error;
  };
  const zones = createServedZones([], failed);
  const publisher = createPublisher([], table, failed, undefined, zones.serialOf);
  let revision = 0;
  return {
    change(settings: ZoneSettings) {
      revision += 1;
      const fields = { type: 'full', paused: false, createdOn: AT, modifiedOn: AT } as const;
      const value = { id, name: 'example.com', ...fields, settings };
      const document = { kind: 'zone', id, revision, value } as const;
      zones.apply({ revision, link: '', entries: [{ op: 'put', document }] });
      publisher.setZones(zones.all);
      publisher.publish([], revision);
    },
    answers: (name: string, type: NonNullable<QuerySpec['type']>) =>
      asking(reader, 1)
        .ask({ name, type }, 1)
        .answer.map(({ line }) => line.split(/\s+/).at(-1))
        .sort(),
  };
}

const server = (name: string, address: string) => ({ name: `${name}.example.com`, addresses: [address] });

test('from the second change on, a zone of the API kept record sets that were removed or replaced', () => {
  const { change, answers } = startNode();
  const ns = [server('ns1', '192.0.2.1'), server('ns2', '192.0.2.2')];
  change({ ns });
  // Equal record sets, which are other objects.
  change({ ns, pool_ttl: 60 });
  change({ ns: [server('ns1', '192.0.2.9')], pool_ttl: 60 });
  expect(answers('example.com', 'NS')).toEqual(['ns1.example.com.']);
  expect(answers('ns1.example.com', 'A')).toEqual(['192.0.2.9']);
  expect(answers('ns2.example.com', 'A')).toEqual([]);
  change({ ns });
  change({ ns: [server('ns2', '192.0.2.2')] });
  expect(answers('example.com', 'NS')).toEqual(['ns2.example.com.']);
  expect(answers('ns1.example.com', 'A')).toEqual([]);
});
