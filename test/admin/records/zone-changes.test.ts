import { describe, expect, test } from 'vitest';
import { ownRecordsOf } from '../../../src/admin/records/own-records.ts';
import { type Operation, placeAt, planOf } from '../../../src/admin/records/plan.ts';
import type { Configuration } from '../../../src/store/contract/documents.ts';
import type { AuthoredZone } from '../../../src/zone/authored-zone.ts';
import { zone } from '../../store/contract/samples.ts';

/** A reading with these zones. */
const readingOf = (...zones: AuthoredZone[]): Configuration => ({
  epoch: 'e',
  revision: 1,
  documents: zones.map((value) => ({ kind: 'zone', id: value.id, revision: 1, value })),
});

/** The place as the request found it, with the zone as it was then. */
async function placeBefore(was: AuthoredZone) {
  const known = { ...was, isConfigured: false };
  return { zone: known, own: await ownRecordsOf(known, []), hasZone: () => true };
}

describe('a record is judged by its zone as it is at the commit, not as the request found it', () => {
  const was = { ...zone('z'), name: 'example.org', settings: { ns: [{ name: 'ns1.example.net' }] } };
  const post: Operation = {
    op: 'post',
    id: 'a',
    at: '',
    body: { type: 'A', name: 'web.pools', content: '192.0.2.1' },
  };
  const planned = async (read: Configuration) =>
    planOf(read, await placeAt(read, await placeBefore(was)), [post], 0);

  test('a zone that is as it was', async () => {
    expect((await planned(readingOf(was))).writes).toHaveLength(1);
  });

  test('a zone that was deleted in between', async () => {
    await expect(planned(readingOf())).rejects.toMatchObject({ status: 404 });
  });

  test('a zone where pools answer now at the name', async () => {
    const now = { ...was, settings: { ...was.settings, pools: 'pools' } };
    await expect(planned(readingOf(now))).rejects.toMatchObject({ status: 400 });
  });

  test('a zone that cannot be read is there all the same', async () => {
    const read = { ...readingOf(), damaged: { documents: [], unnamed: 1 } };
    expect((await planned(read)).writes).toHaveLength(1);
  });
});
