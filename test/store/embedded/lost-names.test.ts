import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreDamaged } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { claimsOf } from '../../../src/store/integrity/claims.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import { serialBaseOf } from '../../../src/store/integrity/epoch.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { observation, publish, putPool, remove, worker } from '../contract/samples.ts';

const NAME_LOST = 'the name of its history (epoch) is missing';
let directory: string;
let path: string;
let store: RepairableStore;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-names-'));
  path = join(directory, 'lifeguard.sqlite');
  store = openEmbeddedStore(path);
  await store.commit([putPool('a', { unique: ['a'] }), putPool('b', { unique: ['b'] })]);
  await store.commit([remove('pool', 'b')]);
  await result('first');
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});

const result = (check: string) =>
  publish(store, { put: [{ observation: observation(check), changed: true }] });
async function reopenAfter(statement: string, isForRepair = false): Promise<void> {
  await store.close();
  const file = new DatabaseSync(path);
  file.exec(statement);
  file.close();
  store = openEmbeddedStore(path, { isForRepair });
}
async function examined(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}

test.each([
  ['missing', `DELETE FROM meta WHERE name = 'epoch'`],
  ['empty', `UPDATE meta SET value = '' WHERE name = 'epoch'`],
  ['a number', `UPDATE meta SET value = 7 WHERE name = 'epoch'`],
])(
  'a file whose epoch is %s was told as a store that is unreachable: it is damaged, until a repair, which begins above it',
  async (_, statement) => {
    await store.adopt();
    const before = await store.read();
    await reopenAfter(statement);
    await expect(store.commit([putPool('c')])).rejects.toThrow(new StoreDamaged(NAME_LOST));
    await expect(store.adopt()).rejects.toThrow(new StoreDamaged(NAME_LOST));
    expect((await store.read()).loss).toBe(NAME_LOST);
    expect((await store.read(before)).loss).toBe(NAME_LOST);
    await result('second');
    expect((await store.observations()).observations).toHaveLength(2);
    rmSync(`${path}.epoch`);
    await reopenAfter('SELECT 1', true);
    const read = await store.read();
    const kept = read.documents.map((document) => ({ document, isChanged: false, ...claimsOf(document) }));
    await store.repair({ readAt: read, kept, deleted: [] });
    const { epoch, loss } = await store.read();
    expect(loss).toBeUndefined();
    expect(serialBaseOf(epoch)).toBeGreaterThan(serialBaseOf(before.epoch));
  },
);

test.each([
  { row: 'tally', found: ['meta tally: must be there'] },
  { row: 'observed', found: ['meta observed: must be a whole number from 0'] },
  { row: 'revision', found: ['meta revision: must be a whole number from 0'] },
  { row: 'links 0', found: ['meta links 0: must hold the link of revision 2'] },
  { row: 'deletions', found: [] },
  { row: 'decided', found: [] },
  { row: 'token', found: [] },
  { row: 'event', found: [] },
])(
  'a lost row of meta ($row) is found where it says something, costs nothing, and is kept anew',
  async ({ row, found }) => {
    await store.adopt();
    const before = await store.read();
    const { token } = await store.join(worker('w'));
    await reopenAfter(`DELETE FROM meta WHERE name = '${row}'`);
    expect(await examined()).toEqual(found);
    const after = await store.read();
    expect({ ...after, deletions: 0, link: 0 }).toEqual({ ...before, deletions: 0, link: 0 });
    expect(after.deletions!.since).toBeGreaterThanOrEqual(before.deletions!.since);
    expect((await store.join(worker('w'))).token).toBeGreaterThan(token);
    expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
    await result('second');
    expect(await examined()).toEqual([]);
    expect((await store.observations()).observations).toHaveLength(2);
  },
);
