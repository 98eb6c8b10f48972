import { existsSync, rmSync } from 'node:fs';
import { documentName, type Kind } from '../../contract/documents.ts';
import { StoreRefused, StoreUnavailable } from '../../contract/failure.ts';
import { newEpoch } from '../../integrity/epoch.ts';
import type { Salvage } from '../../integrity/repair.ts';
import { stepsOf } from '../change.ts';
import { type Database, openDatabase } from '../database/database.ts';
import { nameHistory } from '../database/mark.ts';
import { readMark } from '../database/mark-text.ts';
import { newestRevision } from '../database/meta.ts';
import type { Pages } from './pages.ts';
import { type SalvagedRow, walkFile } from './walk.ts';

/** Damaged files that are kept beside one. */
const KEPT_MAX = 1_000;
/** What SQLite, and the mark, keep beside a file. */
export const FILE_ENDINGS = ['', '-wal', '-journal', '.epoch'];

/**
 * Copies every row that can be read of a file to a new file beside it, `fresh`, in the place of whatever is there; the file itself
 * stays as it is. Throws StoreUnavailable.
 */
export function salvageFile(path: string, pages: Pages, fresh: string): Salvage {
  for (const ending of FILE_ENDINGS) rmSync(fresh + ending, { force: true });
  const marked = readMark(path);
  const database = openDatabase(fresh, { epoch: newEpoch });
  try {
    const rows = new Map<string, number>();
    const stray = new Map<string, SalvagedRow>();
    const { unread, newest } = database.transaction(() => {
      database.run('DELETE FROM meta');
      const unread = walkFile(pages, (row) => {
        if (!keepRow(database, row)) return;
        if (row.isStray && row.table === 'document') stray.set(strayName(row), row);
        rows.set(row.table, (rows.get(row.table) ?? 0) + 1);
      });
      dropDeleted(database, stray);
      return { unread, newest: restoreCounters(database, marked) };
    });
    const acknowledged = marked !== undefined && marked.revision > newest ? marked.revision : undefined;
    return { unread, rows, acknowledged, keptAs: freeName(path) };
  } finally {
    database.close();
  }
}

/** Writes a row, unless one of the same key is there: of documents, one that is as new. Whether it did. Throws StoreRefused. */
function keepRow(database: Database, { table, values }: SalvagedRow): boolean {
  const isNewer =
    table === 'document'
      ? ' ON CONFLICT DO UPDATE SET revision = excluded.revision, value = excluded.value WHERE excluded.revision > revision'
      : ' ON CONFLICT DO NOTHING';
  const places = values.map(() => '?').join(', ');
  try {
    return (
      database.one(`INSERT INTO ${table} VALUES (${places})${isNewer} RETURNING 1`, ...values) !== undefined
    );
  } catch (error) {
    // What no table takes is no row of it.
    if (error instanceof StoreUnavailable && !(error instanceof StoreRefused)) return false;
    throw error;
  }
}

function strayName({ values: [kind, id] }: SalvagedRow): string {
  return documentName({ kind: String(kind) as Kind, id: String(id) });
}

/** Removes documents whose pages nothing leads to, and which were deleted after they were written. */
function dropDeleted(database: Database, stray: ReadonlyMap<string, SalvagedRow>): void {
  if (stray.size === 0) return;
  for (const row of database.all('SELECT revision, entries FROM change')) {
    const steps = stepsOf(Number(row.revision), row.entries, () => {}) ?? [];
    for (const { ref, became } of steps)
      if (became === 'deleted' && stray.has(documentName(ref)))
        database.run(
          'DELETE FROM document WHERE kind = ? AND id = ? AND revision < ?',
          ref.kind,
          ref.id,
          row.revision!,
        );
  }
}

/** Has the file know its history, and be at the latest revision that it, or its mark, shows; returns the one that it shows. */
function restoreCounters(database: Database, marked: ReturnType<typeof readMark>): number {
  const value = (name: string) => database.one('SELECT value FROM meta WHERE name = ?', name)?.value;
  const newest = Math.max(Number(value('revision') ?? 0), newestRevision(database));
  if (typeof value('epoch') !== 'string') nameHistory(database, marked);
  const isSame = marked !== undefined && value('epoch') === marked.epoch;
  const revision = isSame ? Math.max(newest, marked.revision) : newest;
  database.run(`INSERT OR REPLACE INTO meta VALUES ('revision', ?)`, revision);
  return newest;
}

/** The first name beside a file under which nothing is kept. Throws StoreUnavailable where all are taken. */
function freeName(path: string): string {
  for (let number = 1; number <= KEPT_MAX; number += 1) {
    const name = number === 1 ? `${path}.damaged` : `${path}.damaged-${number}`;
    if (!existsSync(name)) return name;
  }
  throw new StoreUnavailable(
    `cannot repair ${path}: ${KEPT_MAX} damaged files are kept beside it. Remove some`,
  );
}
