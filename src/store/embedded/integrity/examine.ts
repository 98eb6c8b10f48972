import { setImmediate as turn } from 'node:timers/promises';
import { StoreDamaged, StoreUnavailable } from '../../contract/failure.ts';
import type { DamagedRecord } from '../../integrity/damage.ts';
import { eventOf } from '../../record/event-text.ts';
import { parseObservation } from '../../record/observation-text.ts';
import { parseReported } from '../../record/reported-text.ts';
import { changeOf } from '../change.ts';
import type { Database, Row } from '../database/database.ts';
import { readMeta } from '../database/meta.ts';
import { asideIn, documentOf, keyIn } from '../documents.ts';
import { observationIn } from '../observations.ts';
import { findLostLink } from './kept-links.ts';
import { findLostTally, isOverrun } from './tally.ts';
import { tablesUnread, UNREAD_PAGES, unreadPagesOf } from './unread-pages.ts';

/** Rows looked at in one turn of the event loop. */
const TURN_ROWS = 256;

/**
 * Examines every record of the file, a few at a time; resolves with how many there are. `withPages`: also all pages, which
 * holds up the thread. `known`: tables that were found to have damaged pages. Throws StoreUnavailable.
 */
export async function examineFile(
  database: Database,
  found: (record: DamagedRecord) => void,
  withPages: boolean,
  known: readonly string[],
): Promise<number> {
  const aside = asideIn({ found });
  let count = 0;

  /** Every row of a table; where pages of it cannot be read, the others are read all the same. */
  async function table(sql: string, key: readonly string[], look: (row: Row) => void): Promise<void> {
    try {
      await rows(sql, key, look);
    } catch (error) {
      if (!(error instanceof StoreDamaged)) throw error;
      unread(/FROM (\w+)/.exec(sql)![1]!);
    }
  }

  const unreadTables = new Set<string>();
  function unread(place: string): void {
    if (unreadTables.has(place)) return;
    unreadTables.add(place);
    found(unreadPagesOf(place));
  }

  /** Every row of a table, by pages of its key, so that what is written meanwhile disturbs nothing. */
  async function rows(sql: string, key: readonly string[], look: (row: Row) => void): Promise<void> {
    const columns = key.join(', ');
    const after = key.map(() => '?').join(', ');
    for (let last: Row | undefined; ; ) {
      const where = last === undefined ? '' : `WHERE (${columns}) > (${after})`;
      const values = last === undefined ? [] : key.map((column) => last![column]!);
      const rows = database.all(`${sql} ${where} ORDER BY ${columns} LIMIT ${TURN_ROWS}`, ...values);
      for (const row of rows) look(row);
      count += rows.length;
      if (rows.length < TURN_ROWS) return;
      last = rows.at(-1);
      await turn();
    }
  }

  for (const { table: place, rule } of database.flaws) found({ place, key: '', field: '', rule });
  count += 1;
  try {
    const { revision } = readMeta(database, aside);
    isOverrun(database, aside, revision);
    findLostTally(database, aside, revision);
    findLostLink(database, aside, revision);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
  await table(
    'SELECT kind, id, revision, value FROM document',
    ['kind', 'id'],
    (row) => void documentOf(row, aside('document', keyIn(row))),
  );
  await table(
    'SELECT revision, entries FROM change',
    ['revision'],
    ({ revision, entries }) => void changeOf(Number(revision), entries, aside('change', String(revision))),
  );
  await table(
    'SELECT check_key, region, worker, value FROM observation',
    ['check_key', 'region', 'worker'],
    (row) => void observationIn(row, aside),
  );
  await table(
    'SELECT number, value FROM observed',
    ['number'],
    ({ number, value }) => void parseObservation(value, aside('observed', String(number))),
  );
  await table(
    'SELECT number, value FROM event',
    ['number'],
    ({ number, value }) => void eventOf(value, String(number), undefined, aside('event', String(number))),
  );
  await table(
    'SELECT subject, state FROM told',
    ['subject'],
    ({ subject, state }) => void parseReported(String(subject), state, aside('told', String(subject))),
  );
  for (const place of withPages ? tablesUnread(database) : known) unread(place);
  if (database.unreadPages !== undefined && unreadTables.size === 0) found(UNREAD_PAGES);
  return count;
}
