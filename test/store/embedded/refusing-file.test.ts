import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import { commitWrites } from '../../../src/store/embedded/commit.ts';
import { type Database, openDatabase } from '../../../src/store/embedded/database/database.ts';
import { readMeta } from '../../../src/store/embedded/database/meta.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { putPool } from '../contract/samples.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-refusing-file-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const aside = () => () => {};
const put = (database: Database, id: string) => {
  const { epoch, revision } = readMeta(database, aside);
  const description = 'x'.repeat(5_000);
  return commitWrites(database, [putPool(id, { unique: [id] }, { description })], [], {
    epoch,
    revision,
    ifAtRevision: undefined,
  });
};
const countsOf = (database: Database) =>
  ['document', 'unique_value', 'change', 'event'].map(
    (table) => database.one(`SELECT COUNT(*) AS count FROM ${table}`)!.count,
  );

test.each([
  {
    // SQLITE_FULL (https://sqlite.org/rescode.html#full)
    what: 'full',
    why: 'The disk is full',
    refuse: (database: Database) => database.one('PRAGMA max_page_count = 1'),
    allow: (database: Database) => database.one('PRAGMA max_page_count = 100000'),
  },
  {
    // SQLITE_READONLY (https://sqlite.org/rescode.html#readonly)
    what: 'read-only',
    why: 'The database file is read-only',
    refuse: (database: Database) => database.one('PRAGMA query_only = 1'),
    allow: (database: Database) => database.one('PRAGMA query_only = 0'),
  },
])(
  'a file that is $what refuses all of a commit with its reason, and accepts it when there is room',
  async ({ why, refuse, allow }) => {
    const path = join(directory, 'store.sqlite');
    const database = openDatabase(path, { epoch: () => 'epoch' });
    await put(database, 'first');
    const before = countsOf(database);
    refuse(database);
    let refused: unknown;
    // Until the pages that are free in the file are used up.
    for (let i = 0; refused === undefined && i < 10; i += 1)
      try {
        await put(database, 'next');
        before.splice(0, before.length, ...countsOf(database));
      } catch (error) {
        refused = error;
      }
    expect(refused).toBeInstanceOf(StoreRefused);
    expect((refused as StoreRefused).why).toBe(why);
    expect(countsOf(database)).toEqual(before);
    allow(database);
    expect(await put(database, 'late')).toMatchObject({ ok: true });
    database.close();
    const store = openEmbeddedStore(path);
    const { documents, loss } = await store.read();
    expect([documents.some(({ id }) => id === 'late'), loss]).toEqual([true, undefined]);
    await store.close();
  },
);
