import { isCount } from '../../record/record.ts';
import { StoreUnavailable } from '../../store.ts';
import type { AsideIn } from '../documents.ts';
import type { Database } from './database.ts';

/** The counters, and the name of the file's history. Throws StoreUnavailable, also where they are damaged. */
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
  const epoch = value('epoch');
  if (typeof epoch !== 'string' || epoch === '')
    aside('meta', 'epoch')({ field: '', rule: 'must be text, and not empty' });
  const [revision, observed] = [count('revision'), count('observed')];
  if (typeof epoch !== 'string' || epoch === '' || revision === undefined || observed === undefined)
    throw new StoreUnavailable('where the store stands cannot be read: its table meta is damaged');
  return { epoch, revision, observed };
}

/**
 * Moves a counter on by `by`; returns its new value. A counter that is damaged begins anew after all that it counted, or,
 * where nothing counted is kept, from the beginning.
 */
export function advance(database: Database, counter: 'observed' | 'token' | 'event', by: number): number {
  const sql = 'UPDATE meta SET value = value + ? WHERE name = ? RETURNING value';
  const value = database.one(sql, by, counter)?.value;
  const newest = counter === 'event' ? newestEvent(database) : 0;
  if (isCount(value) && value - by >= newest) return value;
  database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', counter, newest + by);
  if (counter === 'observed') database.run('DELETE FROM observed');
  return newest + by;
}

/** The number of the newest event; one that leaves no room for another is nobody's. */
function newestEvent(database: Database): number {
  const row = database.one('SELECT MAX(number) AS newest FROM event WHERE number < ?', 10 ** 15);
  return Number(row?.newest ?? 0);
}
