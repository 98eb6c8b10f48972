import { Busboy } from '@fastify/busboy';
import { expect, test, vi } from 'vitest';
import { importRecords } from '../../../src/admin/records/zone-file/import.ts';
import { NO_ZONE_RECORDS } from '../../../src/store/reading/records.ts';
import { RECORDS_OF_ZONE_MAX } from '../../../src/zone/dns-record.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import { openRecordsApi } from './harness.ts';

const ZONE = { zoneName: 'example.org', zoneId: 'z' };
const SETTINGS = { ns: [] };
const recordAt = (name: string) => dnsRecord(name, { ...ZONE, name: `${name}.example.org` });

test('an import does not bring a zone above its bound, however few records each name gets (found by reading)', async () => {
  // The zone has room for two more.
  const records = { inZone: () => ({ ...NO_ZONE_RECORDS, size: RECORDS_OF_ZONE_MAX - 2 }) };
  const commits: number[] = [];
  const context = {
    store: {
      read: async () => ({
        epoch: 'e',
        revision: 1,
        documents: [{ kind: 'zone', id: 'z', revision: 1, value: { settings: SETTINGS } }],
        records,
      }),
      commit: async (writes: readonly unknown[]) => {
        commits.push(writes.length);
        return { ok: true, revision: 2 };
      },
    },
    limiter: { check: async () => {} },
  };
  const place = {
    zone: { id: ZONE.zoneId, name: ZONE.zoneName, isConfigured: false, settings: SETTINGS },
    own: { served: undefined, all: [], byOwner: new Map(), byId: new Map() },
  };
  const imported = (count: number) =>
    importRecords(
      context as never,
      { scope: 'admin' } as never,
      place as never,
      Array.from({ length: count }, (_, i) => ({ record: recordAt(`new${i}`), path: `db:${i}` })),
    );
  const error = await imported(3).catch((thrown) => thrown);
  expect(JSON.stringify(error.errors)).toContain(
    `The zone would have ${RECORDS_OF_ZONE_MAX + 1} records; ${RECORDS_OF_ZONE_MAX} at most.`,
  );
  expect(commits).toEqual([]);
  expect(await imported(2)).toMatchObject({ added: 2 });
});

test('of a form with too many parts no more is read than shows it (16 MiB of boundaries took 25 s of the main thread)', async () => {
  const api = await openRecordsApi();
  const write = vi.spyOn(Busboy.prototype, 'write');
  try {
    const answer = await api.call('POST', `${api.ofApi}/import`, '--b\r\n'.repeat(200_000), {
      'content-type': 'multipart/form-data; boundary=b',
    });
    expect([answer.status, answer.body.errors[0].message]).toEqual([
      400,
      'The form cannot be read: it has more than 8 parts',
    ]);
    const octets = write.mock.calls.reduce((sum, [chunk]) => sum + (chunk as Buffer).length, 0);
    expect(octets).toBeLessThan(10_000);
  } finally {
    write.mockRestore();
    await api.stop();
  }
});
