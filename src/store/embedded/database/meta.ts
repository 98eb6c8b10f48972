import { parseTally } from '../../integrity/tally.ts';
import { isCount } from '../../record/record.ts';
import type { AsideIn } from '../documents.ts';
import type { Database } from './database.ts';

/**
 * The counters, and the name of the file's history, which is empty where it is lost or damaged. A damaged counter is what it was
 * by all else in the file. Throws StoreUnavailable.
 */
export function readMeta(
  database: Database,
  aside: AsideIn,
): { epoch: string; revision: number; observed: number } {
  const rows = database.all(`SELECT name, value FROM meta WHERE name IN ('epoch', 'revision', 'observed')`);
  const value = (name: string) => rows.find((row) => row.name === name)?.value;
  const count = (name: string) => {
    const found = value(name);
    if (isCount(found)) return found;
    aside('meta', name)({ field: '', rule: 'must be a whole number from 0' });
    return undefined;
  };
  const named = value('epoch');
  const epoch = typeof named === 'string' ? named : '';
  if (epoch === '') aside('meta', 'epoch')({ field: '', rule: 'must be text, and not empty' });
  const revision = count('revision') ?? talliedRevision(database);
  const observed = count('observed') ?? newestObserved(database);
  return { epoch, revision, observed };
}

/** The revision that the tally says it is of; without one the newest that is in the file. */
function talliedRevision(database: Database): number {
  const text = String(database.one(`SELECT value FROM meta WHERE name = 'tally'`)?.value);
  const tally = parseTally(text, Number.parseInt(text, 10));
  return tally?.revision ?? newestRevision(database);
}

/** The newest revision that is in the file. */
export function newestRevision(database: Database): number {
  const inChanges = newest(database, 'SELECT MAX(revision) AS newest FROM change');
  return Math.max(inChanges, newest(database, 'SELECT MAX(revision) AS newest FROM document'));
}

/** The number of the newest changed observation that is in the file. */
export function newestObserved(database: Database): number {
  return newest(database, 'SELECT MAX(number) AS newest FROM observed');
}

function newest(database: Database, sql: string): number {
  const found = database.one(sql)?.newest;
  return isCount(found) ? found : 0;
}

/**
 * Moves a counter on by `by`; returns its new value. A counter that is damaged or lost begins anew after all that it counted; of
 * tokens, which are kept nowhere, at the time, since there were fewer.
 */
export function advance(database: Database, counter: 'observed' | 'token' | 'event', by: number): number {
  const sql = 'UPDATE meta SET value = value + ? WHERE name = ? RETURNING value';
  const value = database.one(sql, by, counter)?.value;
  const last = counter === 'event' ? newestEvent(database) : 0;
  if (isCount(value) && value - by >= last) return value;
  const anew = (counter === 'token' ? Date.now() : last) + by;
  database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', counter, anew);
  if (counter === 'observed') database.run('DELETE FROM observed');
  return anew;
}

/** The number of the newest event; one that leaves no room for another is not valid. */
function newestEvent(database: Database): number {
  const row = database.one('SELECT MAX(number) AS newest FROM event WHERE number < ?', 10 ** 15);
  return Number(row?.newest ?? 0);
}
