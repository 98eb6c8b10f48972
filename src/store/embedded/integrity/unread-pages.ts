import { StoreDamaged } from '../../contract/failure.ts';
import type { DamagedRecord } from '../../integrity/damage.ts';
import { type Database, PUT_BACK } from '../database/database.ts';

/** What a start spends on looking for damaged pages before it takes the next table, milliseconds: about 400 MB. */
export const START_CHECK_MS = 1_000;

const UNREAD_RULE = `has pages that cannot be read. ${PUT_BACK}`;
/** A file of which pages cannot be read. */
export const UNREAD_PAGES: DamagedRecord = unreadPagesOf('database');

/** A table of which pages cannot be read. */
export function unreadPagesOf(place: string): DamagedRecord {
  return { place, key: '', field: '', rule: UNREAD_RULE };
}

/** These can be large, and are looked at last. */
const LAST = ['event', 'change'];

/**
 * The tables of which pages, or pages of whose indexes, are damaged, as SQLite's own check says; of those that were looked at
 * within `boundMs`. It holds up the thread. Throws StoreUnavailable.
 */
export function tablesUnread(database: Database, boundMs = Number.POSITIVE_INFINITY): string[] {
  const startMs = performance.now();
  const tables = database.all(`SELECT name FROM main.sqlite_schema WHERE type = 'table'`);
  const names = tables.map(({ name }) => String(name));
  return names
    .toSorted((a, b) => LAST.indexOf(a) - LAST.indexOf(b))
    .filter((name) => performance.now() - startMs < boundMs && isUnread(database, name));
}

function isUnread(database: Database, table: string): boolean {
  try {
    const found = database.one(`PRAGMA main.quick_check("${table.replaceAll('"', '""')}")`)!;
    return Object.values(found)[0] !== 'ok';
  } catch (error) {
    if (error instanceof StoreDamaged) return true;
    throw error;
  }
}
