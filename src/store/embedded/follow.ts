import { parseObservation } from '../observation-text.ts';
import { formatObserved, parseObserved } from '../observed-position.ts';
import {
  BROUGHT_FORWARD_MAX,
  type Change,
  type Follower,
  type Following,
  type Position,
  StoreUnavailable,
} from '../store.ts';
import { changeOf } from './commit.ts';
import type { Database, Row } from './database.ts';

/** Delivered in one turn of the event loop, so that a long replay holds up nothing. */
const TURN_REVISIONS = 64;
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

/** The feed of one open file. */
export function createFeed(database: Database): Feed {
  const readers = new Set<Reader>();
  let closed = false;
  return {
    follow: (from, follower) => {
      if (closed) throw new StoreUnavailable('the store is closed');
      const reader = readFeed(database, from, follower, () => readers.delete(reader));
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
function readFeed(database: Database, from: Position, follower: Follower, ended: () => void): Reader {
  let revision = from.revision;
  let observed = parseObserved(from.epoch, from.observation);
  let scheduled: NodeJS.Immediate | undefined;
  let retry: NodeJS.Timeout | undefined;
  let up = true;
  let stopped = false;

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
      look();
    });
  };
  const look = () => {
    let next: ReturnType<typeof readAfter>;
    try {
      next = readAfter(database, from.epoch, revision, observed);
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      retry = setTimeout(wake, RETRY_MS);
      if (up) follower.connected((up = false));
      return;
    }
    // Before any callback, which may throw: the rest is then still read in a later turn.
    if (next !== 'lost' && next.changes.length + next.news.length > 0) wake();
    if (!up) follower.connected((up = true));
    if (stopped) return;
    if (next === 'lost') {
      stop();
      follower.lost();
      return;
    }
    for (const row of next.changes) {
      revision = Number(row.revision);
      follower.changed(changeOf(revision, String(row.entries)));
      if (stopped) return;
    }
    if (next.news.length === 0) return;
    observed = Number(next.news.at(-1)!.number);
    follower.observed(
      next.news.map((row) => parseObservation(String(row.value))),
      formatObserved(from.epoch, observed),
    );
  };
  return { wake, stop };
}

/** The next rows of both feeds; `lost` when the rows that are kept do not begin right after the position. */
function readAfter(
  database: Database,
  epoch: string,
  revision: number,
  observed: number,
): 'lost' | { changes: Row[]; news: Row[] } {
  const now = readMeta(database);
  const changes = database.all(
    'SELECT revision, entries FROM change WHERE revision > ? ORDER BY revision LIMIT ?',
    revision,
    TURN_REVISIONS,
  );
  const news = database.all(
    'SELECT number, value FROM observed WHERE number > ? ORDER BY number LIMIT ?',
    observed,
    TURN_OBSERVATIONS,
  );
  const reaches =
    now.epoch === epoch &&
    (now.revision === revision || changes[0]?.revision === revision + 1) &&
    (now.observed === observed || news[0]?.number === observed + 1);
  return reaches ? { changes, news } : 'lost';
}

/**
 * The revisions after `from` up to the present one; undefined where they are more than BROUGHT_FORWARD_MAX, are not all
 * kept, or `from` is not of the past.
 */
export function readChanges(database: Database, from: number, present: number): Change[] | undefined {
  if (from > present || present - from > BROUGHT_FORWARD_MAX) return undefined;
  const rows = database.all(
    'SELECT revision, entries FROM change WHERE revision > ? ORDER BY revision',
    from,
  );
  if (rows.length !== present - from) return undefined;
  return rows.map((row) => changeOf(Number(row.revision), String(row.entries)));
}

/** The counters, and the name of the file's history. */
export function readMeta(database: Database): { epoch: string; revision: number; observed: number } {
  const value = (name: string) => database.one('SELECT value FROM meta WHERE name = ?', name)!.value;
  return {
    epoch: String(value('epoch')),
    revision: Number(value('revision')),
    observed: Number(value('observed')),
  };
}
