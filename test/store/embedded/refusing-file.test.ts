import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
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

test('a disk that becomes full in the middle of a frame of the log refuses as a full one does (once: the log counted as changed by another program, for ever)', () => {
  const path = join(directory, 'store.sqlite');
  const writer = new URL('./limited-writer.ts', import.meta.url).pathname;
  const refusals = JSON.parse(execFileSync(process.execPath, [writer, path], { encoding: 'utf8' }));
  expect(refusals).toEqual(Array(5).fill('The disk fails'));
  expect(readdirSync(directory)).not.toContain('store.sqlite.changed');
  const database = openDatabase(path, { epoch: () => 'epoch' });
  const names = database.all("SELECT name FROM meta WHERE value LIKE 'xxx%' ORDER BY name");
  expect(names.map(({ name }) => name)).toEqual(['eighth', 'fifth', 'first']);
  database.close();
});
