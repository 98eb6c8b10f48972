import { BROUGHT_FORWARD_MAX, type Change, type StorePosition } from '../contract/documents.ts';
import { StoreUnavailable } from '../contract/failure.ts';
import type { Follower, Following, Position } from '../contract/feed.ts';
import { mayHaveLink } from '../integrity/kept-links.ts';
import { areSame } from '../integrity/tally.ts';
import { formatObserved, parseObserved } from '../observed-position.ts';
import { parseObservation } from '../record/observation-text.ts';
import { changeBy, changeOf, linksOf, type ReadSteps, type RowStep } from './change.ts';
import type { Database, Row } from './database/database.ts';
import { readMeta } from './database/meta.ts';
import { type AsideIn, presentDocument } from './documents.ts';
import { linksAt } from './integrity/kept-links.ts';
import { readTally } from './integrity/tally.ts';

/** Delivered in one turn of the event loop, so that a long replay holds up nothing; of large ones fewer. */
const TURN_REVISIONS = 64;
/** How long it delivers in one turn, milliseconds. */
const TURN_MS = 5;
const TURN_OBSERVATIONS = 512;
/** Pause before another look at a file that could not be read. */
const RETRY_MS = 1_000;

/** The followers of one open file. */
export interface Feed {
  follow(from: Position, follower: Follower): Following;
  /** There may be something new: every follower looks, in a later turn of the event loop. */
  announce(): void;
  close(): void;
}

interface Reader {
  wake(): void;
  stop(): void;
}

/** The feed of one open file, which is not read while it is `isClosed`; announce() is called when that is over. */
export function createFeed(
  database: Database,
  aside: AsideIn,
  readSteps: ReadSteps,
  isClosed: () => boolean,
): Feed {
  const readers = new Set<Reader>();
  let closed = false;
  return {
    follow: (from, follower) => {
      if (closed) throw new StoreUnavailable('the store is closed');
      const ended = () => readers.delete(reader);
      const reader = readFeed(database, aside, readSteps, from, follower, isClosed, ended);
      readers.add(reader);
      reader.wake();
      return { stop: async () => reader.stop() };
    },
    announce: () => {
      for (const reader of readers) reader.wake();
    },
    close: () => {
      closed = true;
      for (const reader of readers) reader.stop();
    },
  };
}

/** One follower. The tables are its queue: it keeps only how far it has read. */
function readFeed(
  database: Database,
  aside: AsideIn,
  readSteps: ReadSteps,
  from: Position,
  follower: Follower,
  isClosed: () => boolean,
  ended: () => unknown,
): Reader {
  let { revision, link } = from;
  let { number: observed } = parseObserved(from.epoch, from.observation);
  let scheduled: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let up = true;
  let stopped = false;
  /** Revisions that are read at a time. */
  let revisions = TURN_REVISIONS;

  const stop = () => {
    stopped = true;
    clearImmediate(scheduled);
    clearTimeout(retry);
    ended();
  };
  const wake = () => {
    if (stopped) return;
    scheduled ??= setImmediate(() => {
      scheduled = undefined;
      if (isClosed()) return;
      try {
        look();
      } catch (error) {
        // An error that a follower throws is a bug: everything is read anew, as after a loss.
        if (stopped) return;
        stop();
        follower.failed?.(error);
        follower.lost();
      }
    });
  };
  /** Reads a row. A document that it does not contain is read from the file as it is now. */
  const readChange = (row: Row): Change | undefined => {
    const number = Number(row.revision);
    const steps = readSteps(number, row.entries, aside('change', String(number)));
    const change = steps && changeBy(number, steps);
    if (steps === undefined) return undefined;
    if (change !== undefined) return { ...change, ...linksOf(row.entries) };
    const known = steps.flatMap((step): RowStep[] => {
      if (step.became !== 'damaged') return [step];
      const present = presentDocument(database, step.ref, aside);
      return present === 'damaged' ? [] : [{ ref: step.ref, became: present ?? 'deleted' }];
    });
    const rest = changeBy(number, known);
    return rest && { ...rest, ...linksOf(row.entries) };
  };
  const look = () => {
    let next: ReturnType<typeof readAfter>;
    try {
      next = readAfter(
        database,
        aside,
        { epoch: from.epoch, revision, ...(link && { link }) },
        observed,
        revisions,
      );
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      retry = setTimeout(wake, RETRY_MS);
      if (up) follower.connected((up = false));
      return;
    }
    // Before any callback, which may throw: the rest is then still read in a later turn.
    if (next !== 'lost' && next.hasMore) wake();
    if (!up) follower.connected((up = true));
    if (stopped) return;
    if (next === 'lost') {
      stop();
      follower.lost();
      return;
    }
    const fromMs = performance.now();
    for (const [at, row] of next.changes.entries()) {
      if (at > 0 && performance.now() - fromMs >= TURN_MS) {
        // The others are read again.
        revisions = at;
        wake();
        return;
      }
      const change = readChange(row);
      if (change === undefined) {
        stop();
        follower.lost();
        return;
      }
      ({ revision, link } = change);
      follower.changed(change);
      if (stopped) return;
    }
    if (performance.now() - fromMs < TURN_MS) revisions = Math.min(2 * revisions, TURN_REVISIONS);
    if (next.news.length === 0) return;
    observed = Number(next.news.at(-1)!.number);
    follower.observed(
      next.news.flatMap(
        ({ number, value }) => parseObservation(value, aside('observed', String(number))) ?? [],
      ),
      formatObserved(from.epoch, observed),
    );
  };
  return { wake, stop };
}

/** The next rows of both feeds, and whether there are more; `lost` when the rows that are kept do not begin right after the position. */
function readAfter(
  database: Database,
  aside: AsideIn,
  { epoch, revision, link }: StorePosition,
  observed: number,
  revisions: number,
): 'lost' | { changes: Row[]; news: Row[]; hasMore: boolean } {
  const now = readMeta(database, aside);
  // Rows beyond the counters are not valid.
  const changes = database.all(
    'SELECT revision, entries FROM change WHERE revision > ? AND revision <= ? ORDER BY revision LIMIT ?',
    revision,
    now.revision,
    revisions,
  );
  const news = database.all(
    'SELECT number, value FROM observed WHERE number > ? AND number <= ? ORDER BY number LIMIT ?',
    observed,
    now.observed,
    TURN_OBSERVATIONS,
  );
  const known =
    changes.length === 0 ? readTally(database, revision)?.link : linksOf(changes[0]!.entries).previous;
  const reaches =
    now.epoch === epoch &&
    areSame(known, link) &&
    (now.revision === revision || changes[0]?.revision === revision + 1) &&
    (now.observed === observed || news[0]?.number === observed + 1);
  if (!reaches) return 'lost';
  const readTo = Number(news.at(-1)?.number ?? observed);
  const hasMore = revision + changes.length < now.revision || readTo < now.observed;
  return { changes, news, hasMore };
}

/**
 * The revisions after `from` up to the present one; undefined where they are more than BROUGHT_FORWARD_MAX, are not all
 * kept or cannot be read, or `from` is not of the past.
 */
export function readChanges(
  database: Database,
  aside: AsideIn,
  readSteps: ReadSteps,
  { revision: from, link }: StorePosition,
  present: number,
): Change[] | undefined {
  if (from > present || present - from > BROUGHT_FORWARD_MAX) return undefined;
  const rows = database.all(
    'SELECT revision, entries FROM change WHERE revision > ? AND revision <= ? ORDER BY revision',
    from,
    present,
  );
  if (rows.length !== present - from) return undefined;
  const known = rows.length === 0 ? readTally(database, present)?.link : linksOf(rows[0]!.entries).previous;
  if (!areSame(known, link)) return undefined;
  const changes: Change[] = [];
  for (const { revision, entries } of rows) {
    const change = changeOf(Number(revision), entries, aside('change', String(revision)), readSteps);
    if (change === undefined) return undefined;
    changes.push(change);
  }
  return changes;
}

/** See Store.continues. */
export function continuesFrom(
  database: Database,
  aside: AsideIn,
  { epoch, revision, link }: StorePosition,
): boolean {
  const now = readMeta(database, aside);
  if (now.epoch !== epoch || now.revision < revision) return false;
  if (now.revision === revision) return areSame(readTally(database, revision)?.link, link);
  const entries = database.one('SELECT entries FROM change WHERE revision = ?', revision)?.entries;
  const known = linksOf(entries).link;
  return known === undefined
    ? mayHaveLink(linksAt(database, revision), revision, link)
    : areSame(known, link);
}
