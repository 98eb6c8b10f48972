import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { PIECE_MS } from '../../../src/pace/next-turn.ts';
import { StoreRefused, StoreUncertain } from '../../../src/store/contract/failure.ts';
import { EVENTS_PIECE } from '../../../src/store/embedded/commit.ts';
import { openDatabase } from '../../../src/store/embedded/database/database.ts';
import { createDisk } from '../../../src/store/embedded/database/disk.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { audit, event, publish, putPool } from '../contract/samples.ts';

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

test('the mark of a commit named a later one that had not reached the disk, and the next start refused the file', async () => {
  const store = openEmbeddedStore(path, { sync });
  const first = store.commit([putPool('a')]);
  await turns();
  // What is on the disk when the first of them is acknowledged.
  const kept = join(directory, 'kept.sqlite');
  for (const ending of ['', '-wal']) copyFileSync(path + ending, kept + ending);
  const second = store.commit([putPool('b')]);
  await turns();
  syncs[0]!.resolve();
  expect(await first).toEqual({ ok: true, revision: 1 });
  copyFileSync(`${path}.epoch`, `${kept}.epoch`);
  expect(readMarked(kept).revision).toBe(1);
  await openEmbeddedStore(kept).close();
  await turns();
  syncs[1]!.resolve();
  await second;
  expect(readMarked(path).revision).toBe(2);
  await store.close();
});

test('the mark of a commit named one that was under way, and the next start after a kill refused the file', async () => {
  const store = openEmbeddedStore(path, { sync });
  const first = store.commit([putPool('a')]);
  await turns();
  // It has written its revision, and keeps its events, which takes it longer than it may hold up the thread.
  const names = Array.from({ length: 3 * EVENTS_PIECE }, (_, at) => `p${at}`);
  const slow = {
    toJSON: () => {
      syncs[0]!.resolve();
      for (const fromMs = performance.now(); performance.now() - fromMs <= PIECE_MS; );
      return {};
    },
  };
  const second = store.commit(
    names.map((name) => putPool(name)),
    names.map((name, at) => ({ ...audit(name), after: at % EVENTS_PIECE === 0 ? slow : {} })),
  );
  expect(await first).toEqual({ ok: true, revision: 1 });
  expect([readMarked(path).revision, syncs.length]).toEqual([1, 1]);
  while (syncs.length < 2) await turns();
  syncs[1]!.resolve();
  await second;
  expect(readMarked(path).revision).toBe(2);
  await store.close();
});

test.each([
  { decision: 'adopt', at: 0 },
  { decision: 'repair', at: 1 },
] as const)(
  'the mark of $decision named a later commit that had not reached the disk',
  async ({ decision, at }) => {
    const store = openEmbeddedStore(path, { sync });
    const before = readMarked(path);
    const decided = decision === 'adopt' ? store.adopt() : store.repair({ kept: [], deleted: [] });
    await turns();
    const commit = store.commit([putPool('a')]);
    await turns();
    syncs[0]!.resolve();
    expect(await decided).toBe(at);
    const marked = readMarked(path);
    expect([marked.revision, marked.epoch === before.epoch]).toEqual([at, false]);
    await turns();
    syncs[1]!.resolve();
    await commit;
    expect(readMarked(path)).toMatchObject({ epoch: marked.epoch, revision: at + 1 });
    await store.close();
  },
);

test('a start after a kill marked a commit that had not reached the disk', async () => {
  const store = openEmbeddedStore(path, { sync });
  const first = store.commit([putPool('a')]);
  await turns();
  syncs[0]!.resolve();
  await first;
  const second = store.commit([putPool('b')]);
  await turns();
  // What a process leaves behind that is killed now.
  const kept = join(directory, 'kept.sqlite');
  for (const ending of ['', '-wal', '.epoch']) copyFileSync(path + ending, kept + ending);
  syncs[1]!.resolve();
  await second;
  await store.close();
  const next = openEmbeddedStore(kept, { sync });
  await turns();
  expect([readMarked(kept).revision, syncs.length]).toEqual([1, 3]);
  syncs[2]!.resolve();
  await turns();
  expect(readMarked(kept).revision).toBe(2);
  await next.close();
});

/** The epoch and the revision that the mark beside a file names. */
function readMarked(of: string): { epoch: string; revision: number } {
  const [epoch = '', revision] = readFileSync(`${of}.epoch`, 'latin1').split(' ');
  return { epoch, revision: Number(revision) };
}

test('writes that come while one is on its way to the disk go together in the next', async () => {
  const disk = createDisk(path, async () => {}, sync);
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
    async () => {
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

test('one failed fsync during a large commit refused all later writes: the log could not be written to the file inside its transaction', async () => {
  const database = openDatabase(path, { epoch: () => 'epoch', sync });
  const put = (name: string) => database.run('INSERT INTO meta VALUES (?, 1)', name);
  put('a');
  const first = database.reached();
  const ends = Promise.withResolvers<void>();
  const large = database.longTransaction(
    async () => {
      put('b');
      await ends.promise;
    },
    () => true,
  );
  syncs[0]!.reject(new Error('EIO'));
  await turns();
  ends.resolve();
  await large;
  await first;
  const second = database.reached();
  await turns();
  syncs[1]!.resolve();
  await second;
  put('c');
  database.close();
});

test('a large commit that is undone lets the log be written to the file as well', async () => {
  const database = openDatabase(path, { epoch: () => 'epoch', sync });
  database.run('INSERT INTO meta VALUES (?, 1)', 'a');
  const reached = database.reached();
  const ends = Promise.withResolvers<void>();
  const large = database.longTransaction(
    () => ends.promise,
    () => false,
  );
  syncs[0]!.reject(new Error('EIO'));
  await turns();
  ends.reject(new Error('ours'));
  await expect(large).rejects.toThrow('ours');
  await reached;
  database.run('INSERT INTO meta VALUES (?, 1)', 'b');
  database.close();
});

test('a write was acknowledged after the disk had failed with the one before it', async () => {
  const disk = createDisk(path, () => Promise.reject(new Error('disk I/O error')), sync);
  const store = openEmbeddedStore(path);
  disk.written();
  const first = disk.reached();
  disk.written();
  const both = Promise.allSettled([first, disk.reached()]);
  await turns();
  syncs[0]!.reject(new Error('EIO'));
  await turns();
  // The log may lack what is before it.
  syncs[1]?.resolve();
  expect(await both).toEqual(Array(2).fill({ status: 'rejected', reason: expect.any(StoreUncertain) }));
  disk.close();
  await store.close();
});
