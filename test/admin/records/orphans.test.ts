import { expect, test, vi } from 'vitest';
import { createOrphanSweep, orphanDeletes } from '../../../src/admin/records/orphans.ts';
import { nextTurn } from '../../../src/pace/next-turn.ts';
import type { Configuration, Write } from '../../../src/store/contract/documents.ts';
import { holdingOf } from '../../../src/store/reading/all-documents.ts';
import type { Store } from '../../../src/store/store.ts';
import { dnsRecord, zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { startTestAdmin } from '../server.ts';

const recordOf = (id: string, zoneId?: string) => dnsRecord(id, zoneId === undefined ? {} : { zoneId });

test('only records of zones that are gone are deleted: not those of the configuration file, or of zones that cannot be read', () => {
  const read: Configuration = {
    epoch: 'e',
    revision: 1,
    ...holdingOf([
      { kind: 'zone', id: 'there', revision: 1, value: zone('there') },
      { kind: 'record', id: 'a', revision: 1, value: recordOf('a') },
      { kind: 'record', id: 'b', revision: 1, value: recordOf('b', 'there') },
      { kind: 'record', id: 'c', revision: 1, value: recordOf('c', 'unread') },
      { kind: 'record', id: 'd', revision: 1, value: recordOf('d', 'gone') },
    ]),
    damaged: { documents: [{ kind: 'zone', id: 'unread' }], unnamed: 0 },
  };
  expect(orphanDeletes(read).map(({ id }) => id)).toEqual(['d']);
  expect(orphanDeletes({ ...read, damaged: { documents: [], unnamed: 1 } })).toEqual([]);
  expect(orphanDeletes({ ...read, loss: '1 of 3 zones' })).toEqual([]);
  expect(orphanDeletes({ epoch: 'e', revision: 1, documents: [] })).toEqual([]);
});

test('the deletion of a record raised the serial of every zone', async () => {
  const api = await startTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.net.')] });
  const [here, other] = await Promise.all(
    ['here', 'other'].map(async (name) => {
      const { body } = await api.call('POST', '/client/v4/zones', { name: `${name}.example.net` });
      return body.result.id as string;
    }),
  );
  const records = `/client/v4/zones/${here}/dns_records`;
  const create = async () =>
    (await api.call('POST', records, { type: 'A', name: 'a', content: '192.0.2.1' })).body.result.id;
  const revisions = async () => {
    const { documents, deletions, revision } = await api.store.read();
    const at = (zone?: string) => documents.find(({ id }) => id === zone)?.revision;
    return { here: at(here), isOtherBefore: at(other)! < revision, since: deletions?.since, revision };
  };
  const id = await create();
  expect((await api.call('DELETE', `${records}/${id}`)).status).toBe(200);
  const deleted = await revisions();
  expect(deleted).toMatchObject({ here: deleted.revision, isOtherBefore: true, since: 0 });
  const batch = {
    deletes: [{ id: await create() }],
    posts: [{ type: 'A', name: 'b', content: '192.0.2.2' }],
  };
  expect((await api.call('POST', `${records}/batch`, batch)).status).toBe(200);
  const batched = await revisions();
  expect(batched).toMatchObject({ here: batched.revision, isOtherBefore: true, since: 0 });
});

test('the records of a deleted zone go after it, however many there are, and those of others stay', async () => {
  const api = await startTestAdmin({ zones: [zoneFile('example.com', '@ 300 NS ns1.example.net.')] });
  const made = await api.call('POST', '/client/v4/zones', { name: 'made.example.net' });
  const { id } = made.body.result;
  const put = (n: number): Write => ({
    op: 'put',
    kind: 'record',
    id: String(n),
    value: dnsRecord(String(n), {
      zoneId: id,
      zoneName: 'made.example.net',
      name: `n${n}.made.example.net`,
    }),
    unique: [],
    references: [],
  });
  for (const from of [0, 600])
    expect(await api.store.commit(Array.from({ length: 600 }, (_, i) => put(from + i)))).toMatchObject({
      ok: true,
    });
  const other = { ...put(0), id: 'other', value: dnsRecord('other') } as Write;
  await api.store.commit([other]);
  expect((await api.call('DELETE', `/client/v4/zones/${id}`)).status).toBe(200);
  await vi.waitFor(async () => expect((await api.store.read()).records?.size).toBe(1), 10_000);
  // No zone had them any more, so the serial of none rises.
  expect((await api.store.read()).deletions?.since).toBe(0);
});

test('a restore right after the deletion of a large zone failed, as each deletion of its records made the plan anew', async () => {
  const documents = holdingOf([{ kind: 'record', id: 'd', revision: 1, value: recordOf('d', 'gone') }]);
  const commits: string[] = [];
  let isGone = false;
  const store = {
    read: async () =>
      isGone ? { epoch: 'e', revision: 2, documents: [] } : { epoch: 'e', revision: 1, ...documents },
    commit: async ([write]: readonly Write[]) => {
      commits.push(write!.id);
      isGone = true;
      return { ok: true, revision: 2 };
    },
  } as unknown as Store;
  const sweep = createOrphanSweep(store);
  const during = await sweep.holdWhile(async () => {
    sweep.begin();
    for (let turns = 0; turns < 10; turns += 1) await nextTurn();
    return [...commits];
  });
  expect(during).toEqual([]);
  await vi.waitFor(() => expect(commits).toEqual(['d']));
});
