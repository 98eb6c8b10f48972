import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/store/embedded/database/database.ts';
import { createDisk } from '../../../src/store/embedded/database/disk.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { StoreRefused, StoreUncertain } from '../../../src/store/store.ts';
import { event, publish, putPool } from '../contract/samples.ts';

let directory: string;
let path: string;
/** The syncs that were asked for, in their order; each ends when the test says so. */
let syncs: PromiseWithResolvers<void>[];
const sync = () => {
  const now = Promise.withResolvers<void>();
  syncs.push(now);
  return now.promise;
};
const turns = async () => {
  for (let n = 0; n < 10; n += 1) await new Promise((resolve) => setImmediate(resolve));
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-disk-'));
  path = join(directory, 'store.sqlite');
  syncs = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a write is acknowledged when it has reached the disk, and the thread does not wait for that', async () => {
  const store = openEmbeddedStore(path, { sync });
  const mark = () => readFileSync(`${path}.epoch`, 'latin1');
  const before = mark();
  const done: string[] = [];
  const commit = store.commit([putPool('a')]).then(() => done.push('commit'));
  await turns();
  // Others read it. The mark, which says what the file must have, is never ahead of it.
  expect((await store.read()).revision).toBe(1);
  expect([done, syncs.length, mark() === before]).toEqual([[], 1, true]);
  const [first] = syncs;
  first!.resolve();
  await commit;
  expect([done, mark() === before]).toEqual([['commit'], false]);
  const published = publish(store, { events: [event('e')] }).then(() => done.push('publish'));
  await turns();
  await turns();
  expect(done).toEqual(['commit']);
  syncs.at(-1)!.resolve();
  await published;
  await store.close();
});

test('writes that come while one is on its way to the disk go together in the next', async () => {
  const disk = createDisk(path, () => {}, sync);
  rmSync(path, { force: true });
  const done: string[] = [];
  const write = (name: string) => {
    disk.written();
    return disk.reached().then(() => done.push(name));
  };
  // There is no log yet: what fails is brought to the disk by a checkpoint.
  await write('none');
  expect([done, syncs.length]).toEqual([['none'], 0]);
  const store = openEmbeddedStore(path);
  const all = ['a', 'b', 'c'].map(write);
  await turns();
  expect(syncs.length).toBe(1);
  syncs[0]!.resolve();
  await turns();
  expect([done, syncs.length]).toEqual([['none', 'a'], 2]);
  // What was not written to waits for what is on its way.
  const idle = disk.reached().then(() => done.push('idle'));
  await turns();
  expect(done).toEqual(['none', 'a']);
  syncs[1]!.resolve();
  await Promise.all([...all, idle]);
  expect(done.sort()).toEqual(['a', 'b', 'c', 'idle', 'none']);
  await disk.reached();
  expect(syncs.length).toBe(2);
  disk.close();
  await store.close();
});

test('what the disk refused once is written to the file itself, since a later success says nothing of it', async () => {
  const store = openEmbeddedStore(path, { sync });
  const commit = store.commit([putPool('a')]);
  await turns();
  syncs[0]!.reject(new Error('EIO'));
  expect(await commit).toEqual({ ok: true, revision: 1 });
  const next = store.commit([putPool('b')]);
  await turns();
  syncs.at(-1)!.resolve();
  expect(await next).toEqual({ ok: true, revision: 2 });
  await store.close();
});

test('where the file cannot be written either, a write may be lost, and nothing is written after it', async () => {
  let checkpoints = 0;
  const disk = createDisk(
    path,
    () => {
      checkpoints += 1;
      throw new Error('disk I/O error');
    },
    sync,
  );
  const store = openEmbeddedStore(path);
  disk.written();
  const reached = disk.reached();
  await turns();
  syncs[0]!.reject(new Error('EIO'));
  await expect(reached).rejects.toThrow(StoreUncertain);
  expect(checkpoints).toBe(1);
  expect(() => disk.check()).toThrow(StoreRefused);
  expect(() => disk.check()).toThrow('The disk fails');
  disk.close();
  await store.close();
});

test('a log that is being read cannot be written to the file: then a write counts as uncertain', async () => {
  const database = openDatabase(path, { epoch: () => 'epoch', sync });
  for (const name of ['a', 'b']) database.run('INSERT INTO meta VALUES (?, 1)', name);
  const rows = database.each('SELECT name FROM meta')[Symbol.iterator]();
  rows.next();
  const reached = database.reached();
  await turns();
  syncs[0]!.reject(new Error('EIO'));
  await expect(reached).rejects.toThrow(StoreUncertain);
  expect(() => database.transaction(() => {})).toThrow(StoreRefused);
  rows.return?.();
  database.close();
});
