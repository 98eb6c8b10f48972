import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreDamaged, StoreRefused } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { here, record } from '../contract/recorder.ts';
import { endpointsOf, event, observation, pool, publish, putMonitor, putPool } from '../contract/samples.ts';

let directory: string;
let path: string;
let store: RepairableStore;
const reopen = () => {
  store = openEmbeddedStore(path, { evidence: [join(directory, 'answers')] });
  return store;
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-file-'));
  path = join(directory, 'lifeguard.sqlite');
  reopen();
});
afterEach(async () => {
  await store.close();
  rmSync(directory, { recursive: true });
});
const told = () => [...store.damage!.records.values()].map(describeDamage);
async function offline(...statements: string[]): Promise<void> {
  await store.close();
  const file = new DatabaseSync(path);
  for (const each of statements) file.exec(each);
  file.close();
}

test('the first start creates the file, and the next one opens it', async () => {
  await store.commit([putPool('a')]);
  await store.close();
  expect((await reopen().read()).documents).toHaveLength(1);
});

test.each([
  ['deleted', () => rmSync(path)],
  ['emptied', () => truncateSync(path, 0)],
  [
    'replaced by an empty database',
    () => {
      rmSync(path);
      new DatabaseSync(path).close();
    },
  ],
])('a store whose file was %s is not taken for a new one', async (_, damage) => {
  await store.commit([putPool('a')]);
  await store.close();
  damage();
  expect(reopen).toThrow(
    /lifeguard\.sqlite: it is (missing|empty), but .*lifeguard\.sqlite\.epoch shows .*Put the file back/,
  );
  rmSync(`${path}.epoch`);
  expect((await reopen().read()).documents).toEqual([]);
});

test('saved answers also show that there was a store', async () => {
  await store.close();
  rmSync(path);
  rmSync(`${path}.epoch`);
  writeFileSync(join(directory, 'answers'), 'kept');
  expect(reopen).toThrow(/it is missing, but .*answers shows/);
  rmSync(join(directory, 'answers'));
  reopen();
});

test('a damaged log is refused, since the last writes may have been in it', async () => {
  await store.commit([putPool('a')]);
  await store.close();
  writeFileSync(`${path}-wal`, 'garbage '.repeat(1_000));
  expect(reopen).toThrow(/lifeguard\.sqlite-wal is not a log of SQLite/);
  rmSync(`${path}-wal`);
  expect((await reopen().read()).documents).toHaveLength(1);
});

test.each([
  ['deleted', () => rmSync(path)],
  [
    'replaced',
    () => {
      renameSync(path, `${path}.old`);
      writeFileSync(path, '');
    },
  ],
  ['left without its log', () => rmSync(`${path}-wal`)],
])('writes to a file that was %s while it is open are refused, and reads still work', async (_, damage) => {
  await store.commit([putPool('a')]);
  damage();
  await expect(store.commit([putPool('b')])).rejects.toThrow(StoreRefused);
  await expect(store.commit([putPool('b')])).rejects.toThrow(/was deleted or replaced while the server runs/);
  await expect(publish(store, {})).rejects.toThrow(StoreRefused);
  expect((await store.read()).documents.map(({ id }) => id)).toEqual(['a']);
});

test('damaged rows are set aside by name, and a document is read from the change that wrote it', async () => {
  await store.commit([putMonitor('m'), putPool('a'), putPool('b')]);
  await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  await offline(
    `UPDATE document SET value = '{}' WHERE id = 'a'`,
    `UPDATE document SET value = '{' , revision = 9223372036854775807 WHERE id = 'b'`,
    `INSERT INTO document VALUES ('what', 'x', 1, '{}')`,
    `INSERT INTO document VALUES ('pool', 'c', 1, '{}')`,
    `UPDATE observation SET value = 'null'`,
    `INSERT INTO told VALUES ('pool/a', '7')`,
    `INSERT INTO event (number, value, trail) VALUES (99, '[]', 'health')`,
    `UPDATE meta SET value = 'x' WHERE name = 'token'`,
    `UPDATE meta SET value = 1e300 WHERE name = 'event'`,
  );
  const read = await reopen().read();
  expect(read.documents.map(({ id }) => id)).toEqual(['m', 'a', 'b']);
  expect(read.documents[1]!.value).toEqual(pool('a'));
  expect(read.documents[2]).toMatchObject({ revision: 1, value: pool('b') });
  expect(read.damaged).toEqual({ documents: [{ kind: 'pool', id: 'c' }], unnamed: 1 });
  expect((await store.observations()).observations).toEqual([]);
  expect(await store.reported()).toEqual(new Map());
  expect(await store.events(5)).toEqual([]);
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  expect(found.sort()).toEqual(told().sort());
  expect(found).toEqual(
    expect.arrayContaining([
      'document pool/a: id must be text',
      'document pool/b: revision must be a whole number from 0',
      'observation c eu w1: must be an object',
      'told pool/a: must be an object',
      'event 99: must be an object',
    ]),
  );
  await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  expect(await store.commit([putPool('b')], [])).toMatchObject({ ok: true });
});

test('a damaged document was read from a copy whose name was damaged too, and answered under that', async () => {
  await store.commit([putPool('shop', { unique: ['shop'] })]);
  await offline(
    `UPDATE change SET entries = replace(entries, '"name":"shop"', '"name":"shot"')`,
    `UPDATE document SET value = '{}'`,
  );
  expect(await reopen().read()).toMatchObject({
    documents: [],
    damaged: { documents: [{ kind: 'pool', id: 'shop' }] },
  });
  expect(await store.get('pool', 'shop')).toBeUndefined();
});

test('an unreadable change is reported as the documents in the file; if it names none, the follower gets a loss', async () => {
  await store.commit([putPool('a')]);
  const from = await here(store);
  await store.commit([putPool('a', {}, { description: 'new' })]);
  await store.commit([putPool('b')]);
  await offline(
    `UPDATE change SET entries = json_set(entries, '$[0].value', 7) WHERE revision = 2`,
    `UPDATE change SET entries = '{' WHERE revision = 3`,
  );
  const seen = record(reopen(), from);
  await seen.until(() => seen.lost() === 1);
  expect(seen.changes).toMatchObject([
    { revision: 2, entries: [{ op: 'put', document: expect.objectContaining({ id: 'a', revision: 2 }) }] },
  ]);
  expect((await store.read()).documents.map(({ id }) => id)).toEqual(['a', 'b']);
});

test('an error that a follower throws is reported, and the follower reads everything again', async () => {
  await store.commit([putPool('a')]);
  const failures: unknown[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  store.follow(await here(store), {
    changed: () => {
      throw new TypeError('ours');
    },
    observed: () => {},
    failed: (error) => failures.push(error),
    lost: resolve,
    connected: () => {},
  });
  await store.commit([putPool('b')]);
  await promise;
  expect(failures).toEqual([new TypeError('ours')]);
});

test('a file that lost rows refuses writes after the first reading, until it is repaired', async () => {
  await store.commit([putMonitor('m'), putPool('a', { unique: ['a'] }), putPool('b', { unique: ['b'] })]);
  await offline(`DELETE FROM document WHERE id = 'b'`);
  const read = await reopen().read();
  const loss = '1 of 2 pools are missing';
  expect(read.loss).toBe(loss);
  await expect(store.commit([putPool('c')])).rejects.toThrow(new StoreDamaged(loss));
  await store.close();
  // Also after a start that has not read all of it.
  await expect(reopen().commit([putPool('c')])).rejects.toThrow(new StoreDamaged(loss));
  const kept = read.documents.map((document) => {
    const unique = document.kind === 'pool' ? [document.id] : [];
    return { document, isChanged: false, unique, references: [] };
  });
  const revision = await store.repair({ kept, deleted: [] });
  const repaired = await store.read();
  expect([repaired.loss, repaired.isDecided, repaired.epoch === read.epoch]).toEqual([
    undefined,
    true,
    false,
  ]);
  expect(await store.commit([putPool('b', { unique: ['b'] })])).toEqual({ ok: true, revision: revision + 1 });
});

test('a row that was replaced by an older one is noticed, and writes are refused until a repair', async () => {
  await store.commit([putPool('a')]);
  await store.commit([putPool('a', {}, { description: 'newer' })]);
  await offline(`UPDATE document SET revision = 1`);
  const loss = 'some documents are not those that were written last';
  expect((await reopen().read()).loss).toBe(loss);
  await expect(store.commit([putPool('b')])).rejects.toThrow(new StoreDamaged(loss));
});

test('a damaged count of events or of their octets cost all events', async () => {
  for (const [octets, number] of [
    ['999999999999999', '1'],
    ['1', '999999999999999'],
  ]) {
    await publish(store, { events: [event('a'), event('b')] });
    await offline(
      `UPDATE meta SET value = (SELECT MAX(number) FROM event) || ' ${octets} ${number}' WHERE name = 'kept_health'`,
    );
    reopen();
    await publish(store, { events: [event('c')] });
  }
  expect(endpointsOf(await store.events(20))).toEqual(['c', 'b', 'a', 'c', 'b', 'a']);
});

test.each([
  `UPDATE meta SET value = 'x' WHERE name = 'revision'`,
  `UPDATE meta SET value = -1 WHERE name = 'revision'`,
  `UPDATE meta SET value = 1e300 WHERE name = 'revision'`,
  `DELETE FROM meta WHERE name = 'revision'`,
  `UPDATE meta SET value = 'x' WHERE name IN ('revision', 'tally', 'observed')`,
  `DELETE FROM meta WHERE name IN ('revision', 'tally', 'observed')`,
])(
  'a damaged revision lost every name and could not be repaired; now the other rows give the revision (%s)',
  async (damage) => {
    await store.commit([putPool('a')]);
    await store.commit([putPool('b')]);
    await offline(damage);
    const read = await reopen().read();
    expect(read).toMatchObject({ revision: 2, documents: [{ id: 'a' }, { id: 'b' }] });
    expect(read.loss).toBeUndefined();
    expect(told()).toContain('meta revision: must be a whole number from 0');
    expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
    await publish(store, { put: [{ observation: observation('d'), changed: true }] });
    await store.close();
    expect(await reopen().read()).toMatchObject({ revision: 3, documents: [{}, {}, {}] });
    expect(told()).toEqual([]);
  },
);

test('the octets of events are counted again after an older program wrote without counting', async () => {
  const large = { ...event('large'), reason: 'x'.repeat(1_048_576) };
  await publish(store, { events: [event('first'), ...Array.from({ length: 14 }, () => large)] });
  await offline(
    `INSERT INTO event SELECT number + 1, value, trail FROM event ORDER BY number DESC LIMIT 1`,
    `UPDATE meta SET value = value + 1 WHERE name = 'event'`,
  );
  reopen();
  await publish(store, { events: [event('last')] });
  expect(endpointsOf(await store.events(20)).at(-1)).toBe('first');
  await publish(store, { events: [large] });
  expect(endpointsOf(await store.events(20))).toEqual([
    'large',
    'last',
    ...Array.from({ length: 14 }, () => 'large'),
  ]);
});
