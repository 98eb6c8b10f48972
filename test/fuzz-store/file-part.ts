import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StoredDocument } from '../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { nameOfRecord } from '../../src/store/integrity/damage.ts';
import { numbersOfCase, oneOf, type Random } from '../fuzz/random.ts';
import { type Done, judge, StoreFuzzFailure } from './judge.ts';
import { mutate } from './mutate.ts';
import type { Cases } from './redis-part.ts';
import { makeSound } from './sound.ts';

/** Files in memory, where the machine has them: each write is brought to the disk. */
const MEMORY = '/dev/shm';
/** Mutations made at a time, before everything of the store is used. */
const BATCH = 60;
/** Of so many batches one changes octets of the file itself instead of its rows. */
const OCTETS_IN = 8;

/** Where records are, and by what they are told apart. */
const TABLES = [
  { table: 'document', keys: ['kind', 'id'], value: 'value' },
  { table: 'change', keys: ['revision'], value: 'entries' },
  { table: 'observation', keys: ['check_key', 'region', 'worker'], value: 'value' },
  { table: 'observed', keys: ['number'], value: 'value' },
  { table: 'event', keys: ['number'], value: 'value' },
  { table: 'told', keys: ['subject'], value: 'state' },
  { table: 'notified', keys: ['destination'], value: 'cursor' },
  { table: 'meta', keys: ['name'], value: 'value' },
] as const;

interface RowRecord {
  readonly table: (typeof TABLES)[number]['table'];
  readonly keys: readonly (string | number)[];
  readonly octets: Buffer;
}

/** Damages a store in a file again and again. Resolves with how many mutations there were; rejects with StoreFuzzFailure. */
export async function fuzzFile({ seed, from, mutations }: Cases): Promise<number> {
  const directory = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), 'lifeguard-fuzz-'));
  const whole = join(directory, 'whole.sqlite');
  const path = join(directory, 'store.sqlite');
  try {
    const store = openEmbeddedStore(whole);
    const sound = await makeSound(store);
    await store.close();
    const records = readRows(whole);
    let done = 0;
    for (let batch = from; done < mutations; batch += 1) {
      const random = numbersOfCase(seed, 'file', batch);
      const count = Math.min(mutations - done, random(4) === 0 ? 1 + random(4) : BATCH);
      rmSync(`${path}-wal`, { force: true });
      for (const ending of ['', '.epoch']) copyFileSync(whole + ending, path + ending);
      const made =
        random(OCTETS_IN) === 0
          ? changeOctets(path, count, random)
          : changeRows(path, records, count, random);
      await use(path, sound, made).catch((error: unknown) => {
        throw new StoreFuzzFailure(`file, batch ${batch}: ${(error as Error).message}`, { cause: error });
      });
      done += count;
    }
    return done;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function use(path: string, sound: readonly StoredDocument[], made: Done): Promise<void> {
  let store: ReturnType<typeof openEmbeddedStore>;
  try {
    store = openEmbeddedStore(path);
  } catch (error) {
    if (error instanceof StoreUnavailable && made.mayBeUnreadable) return;
    throw error;
  }
  try {
    await judge(store, sound, made);
  } finally {
    await store.close();
  }
}

function readRows(path: string): RowRecord[] {
  const file = new DatabaseSync(path);
  const records = TABLES.flatMap(({ table, keys, value }) =>
    file
      .prepare(`SELECT ${keys.join(', ')}, ${value} AS value FROM ${table}`)
      .all()
      .map((row) => ({
        table,
        keys: keys.map((key) => (row as Record<string, string | number>)[key]!),
        octets: Buffer.from(String(row.value)),
      })),
  );
  file.close();
  return records;
}

function changeOctets(path: string, count: number, random: Random): Done {
  const octets = readFileSync(path);
  for (let i = 0; i < count; i += 1) {
    const at = random(octets.length);
    octets[at] = octets[at]! ^ (1 << random(8));
  }
  writeFileSync(path, octets);
  return { untouched: new Set(), bad: new Set(), mayBeUnreadable: true };
}

function changeRows(path: string, records: readonly RowRecord[], count: number, random: Random): Done {
  const others = records.map(({ octets }) => octets);
  const touched = new Set<string>();
  const bad = new Set<string>();
  let mayBeUnreadable = false;
  const file = new DatabaseSync(path);
  file.exec('BEGIN');
  for (let i = 0; i < count; i += 1) {
    const record = oneOf(random, records);
    const { keys, value } = TABLES.find(({ table }) => table === record.table)!;
    const { octets, isBad } = mutate(random, record.octets, others);
    const where = keys.map((key) => `${key} = ?`).join(' AND ');
    const name = nameOfRecord({
      place: record.table,
      key: record.keys.join(record.table === 'document' ? '/' : ' '),
    });
    if (record.table === 'meta') mayBeUnreadable = true;
    if (record.table === 'document') touched.add(record.keys.join('/'));
    // As text, of whatever octets; a counter may be anything.
    const cell = record.table === 'meta' ? oneOf(random, [-1, 2 ** 62, 1e300, 'x', octets]) : octets;
    const cast = record.table === 'meta' ? '?' : 'CAST(? AS TEXT)';
    file.prepare(`UPDATE ${record.table} SET ${value} = ${cast} WHERE ${where}`).run(cell, ...record.keys);
    // The value was written again: what was wrong with the one before is gone.
    bad.delete(name);
    if (random(20) === 0 && record.table === 'document') {
      file
        .prepare(`UPDATE document SET revision = ? WHERE ${where}`)
        .run(oneOf(random, [-1n, 2n ** 62n, 0n]), ...record.keys);
      continue;
    }
    const isJudged = ['document', 'observation', 'told'].includes(record.table);
    if (isBad && isJudged) bad.add(name);
  }
  file.exec('COMMIT');
  file.close();
  const untouched = new Set(
    mayBeUnreadable
      ? []
      : records
          .filter(({ table, keys }) => table === 'document' && !touched.has(keys.join('/')))
          .map(({ keys }) => keys.join('/')),
  );
  return { untouched, bad, mayBeUnreadable };
}
