import { holdsLink, linkTextOf, withLink } from '../../integrity/kept-links.ts';
import type { Database } from '../database/database.ts';
import type { AsideIn } from '../documents.ts';
import { isNoted, readTally } from './tally.ts';

/** The row of the table meta that holds the link of a revision. */
function rowOf(revision: number): string {
  return `links ${linkTextOf(revision)}`;
}

/** The text that holds the link of a revision; empty where nobody kept it. */
export function linksAt(database: Database, revision: number): string {
  return String(database.one('SELECT value FROM meta WHERE name = ?', rowOf(revision))?.value ?? '');
}

/** Reports a lost link of the revision. */
export function findLostLink(database: Database, aside: AsideIn, revision: number): void {
  const link = isNoted(database, revision) ? readTally(database, revision)?.link : undefined;
  if (link !== undefined && !holdsLink(linksAt(database, revision), revision, link))
    aside('meta', rowOf(revision))({ field: '', rule: `must hold the link of revision ${revision}` });
}

/** Keeps the link of a revision. */
export function keepLink(database: Database, revision: number, link: string): void {
  const text = withLink(linksAt(database, revision), revision, link);
  database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', rowOf(revision), text);
}
