import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Ref, StoredDocument } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openSalvagedStore } from '../../../src/store/embedded/salvage/salvaged-store.ts';
import { audit, observation, publish, putPool, remove } from '../../store/contract/samples.ts';
import { type StoreCommands, storeCommands } from './store-commands.ts';

/** Octets of a page, unless a file says another number (https://sqlite.org/fileformat2.html). */
const PAGE_OCTETS = 4_096;
const POOLS = 60;
let commands: StoreCommands;
let path: string;
let documents: readonly StoredDocument[];
beforeEach(async () => {
  commands = storeCommands();
  path = join(commands.directory, 'lifeguard.sqlite');
  const store = openEmbeddedStore(path);
  for (let i = 0; i < POOLS; i += 1)
    await store.commit(
      [putPool(`p${i}`, { unique: [`p${i}`] }, { description: `${i} `.padEnd(900, 'x') })],
      [audit('a')],
    );
  await store.commit([putPool('long', { unique: ['long'] }, { description: 'y'.repeat(20_000) })]);
  await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  documents = (await store.read()).documents;
  await store.close();
});
afterEach(() => commands.remove());

/** Overwrites pages with what nobody wrote. */
function damage(pages: readonly number[]): Buffer {
  const octets = readFileSync(path);
  for (const page of pages) octets.fill(0xa5, (page - 1) * PAGE_OCTETS, page * PAGE_OCTETS);
  writeFileSync(path, octets);
  return octets;
}

function query(sql: string, ...values: string[]): Record<string, unknown>[] {
  const file = new DatabaseSync(path);
  try {
    return file.prepare(sql).all(...values);
  } finally {
    file.close();
  }
}
const rootOf = (name: string) =>
  Number(query('SELECT rootpage FROM sqlite_schema WHERE name = ?', name)[0]!.rootpage);
const pagesOf = (name: string) =>
  query('SELECT pageno FROM dbstat WHERE name = ?', name).map(({ pageno }) => Number(pageno));
const soundness = () => Object.values(query('PRAGMA integrity_check')[0]!)[0];

const values = (from: readonly StoredDocument[]) =>
  new Map(from.map(({ kind, id, value }) => [`${kind}/${id}`, value]));

const names = (refs: readonly Ref[] = []) => refs.map(({ kind, id }) => `${kind}/${id}`);

/** What the store has, once a server would start on it. */
async function there(): Promise<ReadonlyMap<string, unknown>> {
  const store = openEmbeddedStore(path);
  const read = await store.read();
  expect([read.loss, read.damaged]).toEqual([undefined, undefined]);
  expect(await store.commit([putPool('new', { unique: ['new'] })])).toMatchObject({ ok: true });
  await store.close();
  return values(read.documents);
}

describe('a repair could not rebuild tables whose pages are damaged', () => {
  test.each(['document', 'unique_value', 'change', 'observation', 'meta'])(
    'the root of %s: all documents are back',
    async (table) => {
      const octets = damage([rootOf(table)]);
      const shown = await commands.repair();
      expect(shown).toContain(`Damaged: 1 page of the table ${table} cannot be read, or not all of it.`);
      expect(shown.at(-1)).toContain('Nothing was changed.');
      expect(readFileSync(path).equals(octets)).toBe(true);
      expect(readdirSync(commands.directory).filter((name) => /repaired|damaged/.test(name))).toEqual([]);
      const repaired = await commands.repair({ isSure: true, putsBack: true });
      expect(repaired.slice(-2)).toEqual([
        expect.stringMatching(/^Repaired the store. It is at revision \d+ and has 61 documents.$/),
        `The damaged file is kept as ${path}.damaged. Remove it when you no longer need it.`,
      ]);
      expect(readFileSync(`${path}.damaged`).equals(octets)).toBe(true);
      expect(await there()).toEqual(values(documents));
      expect(soundness()).toBe('ok');
    },
  );

  test('pages of documents and what they go on in: what is lost is named, and is known from the record of changes', async () => {
    for (const page of pagesOf('document').filter((_, at) => at % 3 === 0)) {
      const whole = readFileSync(path);
      damage([page]);
      const lines = await commands.repair();
      expect(lines.filter((line) => line.startsWith('Damaged: '))).toEqual([
        'Damaged: 1 page of the table document cannot be read, or not all of it.',
      ]);
      expect(lines).not.toContain('Only events are lost. The configuration is whole.');
      const [, readable] = /Can be read: (\d+) documents/.exec(lines.join('\n'))!;
      const named = lines.filter((line) => / is lost; the record of changes has its value/.test(line));
      const cut = lines.filter((line) => / cannot be read; the record of changes/.test(line));
      expect(Number(readable) + named.length).toBe(documents.length);
      expect(cut.length).toBeLessThanOrEqual(1);
      writeFileSync(path, whole);
    }
  });

  test('without --put-back, the documents of a damaged page are lost and all others are there', async () => {
    const [, , page] = pagesOf('document');
    damage([page!]);
    const lines = await commands.repair({ isSure: true });
    const lost = lines.flatMap((line) => /^pool "\w+" \((\w+)\) is lost/.exec(line)?.[1] ?? []);
    expect(lost.length).toBeGreaterThan(0);
    const left = values(documents.filter(({ id }) => !lost.includes(id)));
    expect(await there()).toEqual(left);
  });

  test('two tables at once, and the record of changes with them', async () => {
    damage([rootOf('document'), rootOf('change'), rootOf('unique_value'), rootOf('reference')]);
    await commands.repair({ isSure: true, putsBack: true });
    expect((await there()).size).toBeGreaterThan(0);
  });

  test('the first page, which says where all others are', async () => {
    damage([1]);
    expect((await commands.check()).at(-1)).toContain('see with "lifeguard store repair" what is left');
    const lines = await commands.repair({ isSure: true, putsBack: true });
    expect(lines).toContain('Damaged: 1 page of the list of its tables cannot be read, or not all of it.');
    expect(await there()).toEqual(values(documents));
    expect(existsSync(`${path}.damaged`)).toBe(true);
  });

  test('a file that was cut short', async () => {
    truncateSync(path, readFileSync(path).length - 12 * PAGE_OCTETS);
    const lines = await commands.repair({ isSure: true, putsBack: true });
    expect(soundness()).toBe('ok');
    const store = openEmbeddedStore(path);
    const read = await store.read();
    await store.close();
    expect(lines).toContain(
      `Repaired the store. It is at revision ${read.revision} and has ${read.documents.length} documents.`,
    );
    // Of a document whose text is cut off it is known which one it is.
    for (const { id } of documents)
      expect(
        [...values(read.documents).keys(), ...names(read.damaged?.documents), ...lines].join(),
      ).toContain(id);
  });

  test('a document that was deleted does not come back, wherever its old page lies', async () => {
    const store = openEmbeddedStore(path);
    for (let i = 0; i < 30; i += 1) await store.commit([remove('pool', `p${i}`)]);
    const left = values((await store.read()).documents);
    await store.close();
    damage([1, rootOf('document')]);
    await commands.repair({ isSure: true, putsBack: true });
    expect(await there()).toEqual(left);
  });
});

test('a repair said that it had repaired a store of which only events are damaged, and their pages stayed so', async () => {
  damage([pagesOf('event')[2]!]);
  expect(await commands.check()).toContain(
    'event: has pages that cannot be read. Put the file back, from a backup for instance, or see with "lifeguard store repair" what is left',
  );
  const lines = await commands.repair({ isSure: true });
  expect(lines.slice(0, 2)).toEqual([
    'Lost: nothing that Lifeguard can see.',
    'Damaged: 1 page of the table event cannot be read, or not all of it.',
  ]);
  expect(lines).toContain('Only events are lost. The configuration is whole.');
  expect((await commands.check()).at(-1)).toMatch(/^\d+ records examined, 0 damaged$/);
  expect(await there()).toEqual(values(documents));
});

test('a repair of damaged pages is refused while a server uses the file', async () => {
  damage([rootOf('document')]);
  const store = openEmbeddedStore(path);
  expect((await commands.repair({ isSure: true })).at(-1)).toContain('it is in use by another process');
  await store.close();
});

/** Has the store be as a process leaves it that is killed after further writes: they are in its log alone. */
async function killServer(): Promise<void> {
  const store = openEmbeddedStore(path);
  for (let i = 0; i < 12; i += 1) await store.commit([putPool(`q${i}`, { unique: [`q${i}`] })]);
  for (const ending of ['', '-wal', '.epoch']) copyFileSync(path + ending, `${path}.left${ending}`);
  await store.close();
  for (const ending of ['', '-wal', '.epoch']) copyFileSync(`${path}.left${ending}`, path + ending);
}

/** Overwrites some octets in the middle of the log: SQLite passes over all that follows. */
function damageLog(): void {
  const log = readFileSync(`${path}-wal`);
  writeFileSync(`${path}-wal`, log.fill(0xa5, log.length >> 1, (log.length >> 1) + 16));
}

const kept = () => ['', '-wal', '.epoch'].map((ending) => readFileSync(path + ending).toString('base64'));

describe('a dry run of a repair moved the log into the file and removed it, and what followed a damaged part of it was lost', () => {
  test.each([
    { name: 'a page', pages: true, log: false },
    { name: 'the log', pages: false, log: true },
    { name: 'both', pages: true, log: true },
  ])('$name damaged: file, log and mark stay octet by octet', async ({ pages, log }) => {
    const root = rootOf('observation');
    await killServer();
    if (pages) damage([root]);
    if (log) damageLog();
    const before = kept();
    const names = readdirSync(commands.directory);
    const shown = await commands.repair();
    expect(shown.at(-1)).toContain(pages ? 'Nothing was changed.' : 'its log is damaged');
    expect(kept()).toEqual(before);
    const added = pages ? [] : ['lifeguard.sqlite-wal.damaged'];
    expect(readdirSync(commands.directory).sort()).toEqual([...names, ...added].sort());
  });

  test('a repair keeps the damaged file with its whole log', async () => {
    const root = rootOf('observation');
    await killServer();
    damage([root]);
    damageLog();
    const [file, log] = kept();
    await commands.repair({ isSure: true });
    expect(['', '-wal'].map((ending) => readFileSync(`${path}.damaged${ending}`).toString('base64'))).toEqual(
      [file, log],
    );
    expect(existsSync(`${path}.examined`)).toBe(false);
  });
});

test('the end of a repair leaves the log of a server that has started on the new file by then', async () => {
  const root = rootOf('observation');
  await killServer();
  damage([root]);
  const repaired = openSalvagedStore(path);
  await repaired.repair({ kept: [], deleted: [] });
  const server = openEmbeddedStore(path);
  expect(await server.commit([putPool('new', { unique: ['new'] })])).toMatchObject({ ok: true });
  const log = readFileSync(`${path}-wal`);
  await repaired.close();
  expect(readFileSync(`${path}-wal`).equals(log)).toBe(true);
  await server.close();
});
