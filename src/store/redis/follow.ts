import { setTimeout as sleep } from 'node:timers/promises';
import { type Change, documentName, type Ref } from '../contract/documents.ts';
import { StoreRefused, StoreUnavailable } from '../contract/failure.ts';
import type { Follower, Following, Position } from '../contract/feed.ts';
import { areSame } from '../integrity/tally.ts';
import { formatObserved, parseObserved } from '../observed-position.ts';
import { parseObservation } from '../record/observation-text.ts';
import {
  changeBy,
  type EntryStep,
  isContinued,
  linksOf,
  numberOf,
  type StreamEntry,
  stepsOf,
} from './change.ts';
import type { Connection } from './connection/connection.ts';
import { streamsByKey, textOrNull } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import type { Keys } from './keys.ts';
import { readPosition } from './position.ts';
import { type AsideIn, documentAt } from './records.ts';

/** Longest wait for news in Redis; after it the store's epoch and numbers are compared with the position. */
export const BLOCK_MS = 1_000;
/** Entries of each feed taken at once. */
const ENTRIES = 64;
/** Entries taken at once while observations come faster than that. Each is small, and one step has room for them. */
const STORM_ENTRIES = 1_024;
/** Pause after a failure, doubled up to the longest; the connection itself comes back in its own time. */
const PAUSE_MIN_MS = 50;
const PAUSE_MAX_MS = 1_000;

/**
 * Follows both feeds with one blocking XREAD on a connection of its own, which it closes in the end; then it calls
 * `ended`. That nothing is missed rests on the entries: each carries the epoch and is numbered one after its
 * predecessor. That a store emptied or set back is noticed rests on looking at its position at first, after every
 * reconnection and when no news comes.
 */
export function followFeeds(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
  from: Position,
  follower: Follower,
  ended: () => void,
): Following {
  let up = true;
  /** Why the feeds were refused last. They are still refused when the store answers other calls. */
  let refusal: string | undefined;
  const stopping = new AbortController();
  const stopped = () => stopping.signal.aborted;
  const answered = () => {
    if (!up && !stopped()) follower.connected((up = true));
  };
  const reader = createFeedReader({ connection, scripts, keys, aside }, from, follower, {
    isStopped: stopped,
    feedsAnswered: () => {
      refusal = undefined;
      answered();
    },
    positionAnswered: () => {
      if (refusal === undefined) answered();
    },
  });

  /** Delivers until no news comes for a while; false: the position was lost. */
  const deliver = async (): Promise<boolean> => {
    if (!(await reader.reaches())) return false;
    while (!stopped()) {
      const outcome = await reader.step(BLOCK_MS);
      if (outcome !== 'news') return outcome === 'quiet';
    }
    return true;
  };

  const run = async () => {
    for (let failures = 0; !stopped(); ) {
      try {
        const kept = await deliver();
        failures = 0;
        if (!kept && !stopped()) return follower.lost();
      } catch (error) {
        // An error that a follower throws is a bug: everything is read anew, as after a loss.
        if (!(error instanceof StoreUnavailable)) return fail(error);
        const why = refusalOf(error);
        if ((up || why !== refusal) && !stopped()) follower.connected((up = false), why);
        refusal = why;
        const pauseMs = Math.min(PAUSE_MIN_MS * 2 ** failures, PAUSE_MAX_MS);
        failures += 1;
        await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
        await connection.usable();
      }
    }
  };
  const fail = (error: unknown) => {
    if (stopped()) return;
    follower.failed?.(error);
    follower.lost();
  };
  const done = run().finally(() => {
    connection.close();
    ended();
  });

  return {
    stop: async () => {
      stopping.abort();
      connection.close();
      await done;
    },
  };
}

/** Where the feeds are read from. */
interface FeedSource {
  readonly connection: Connection;
  readonly scripts: Scripts;
  readonly keys: Keys;
  readonly aside: AsideIn;
}

/** What a feed reader asks and calls back. */
interface FeedEvents {
  isStopped(): boolean;
  /** Redis answered a read of the feeds, or one of its position. */
  feedsAnswered(): void;
  positionAnswered(): void;
}

/** The position of a follower in both feeds, and the reading that moves it. Both calls may throw StoreUnavailable. */
interface FeedReader {
  /** Delivers the next entries of both feeds, waiting up to `blockMs` for the first (0: not at all). */
  step(blockMs: number): Promise<'news' | 'quiet' | 'gap'>;
  /** Returns true where the store has the history of the position, reaches it, and its feeds continue from there. */
  reaches(): Promise<boolean>;
}

function createFeedReader(
  source: FeedSource,
  from: Position,
  follower: Follower,
  { isStopped, feedsAnswered, positionAnswered }: FeedEvents,
): FeedReader {
  const { connection, scripts, keys, aside } = source;
  const { epoch } = from;
  let { revision, link } = from;
  let { number: observed, link: observedLink } = parseObserved(epoch, from.observation);
  /** The last entry of the changes beyond the revision of the store, which no program acknowledged. */
  let beyond: string | undefined;
  let entries = ENTRIES;

  /** Returns true where the store is at the position, so that later entries are not valid. */
  const isOverrun = async () => {
    const now = await readPosition(connection, scripts, keys, aside);
    return now.isOverrun && now.epoch === epoch && now.revision === revision;
  };

  const deliverChanges = async (changes: readonly StreamEntry[]): Promise<'delivered' | 'gap'> => {
    for (const entry of changes) {
      const change = await readChange(source, entry);
      if (change === undefined) return 'gap';
      if (isStopped()) break;
      ({ revision, link } = change);
      follower.changed(change);
    }
    return 'delivered';
  };

  const deliverObservations = (news: readonly StreamEntry[]) => {
    const last = news.at(-1);
    if (last === undefined || isStopped()) return;
    observed = numberOf(last);
    observedLink = linksOf(last).link;
    const observations = news.flatMap(
      ([id, fields]) => parseObservation(fields[3], aside(keys.observed, id)) ?? [],
    );
    follower.observed(observations, formatObserved(epoch, observed, observedLink));
  };

  const step = async (blockMs: number): Promise<'news' | 'quiet' | 'gap'> => {
    const wait = blockMs === 0 ? [] : ['BLOCK', blockMs];
    const streams = [keys.changes, keys.observed, beyond ?? `${revision}-0`, `${observed}-0`];
    const answer = await connection.command('XREAD', 'COUNT', entries, ...wait, 'STREAMS', ...streams);
    feedsAnswered();
    const found = connection.read(answer, streamsByKey);
    let changes = found.get(keys.changes) ?? [];
    const news = found.get(keys.observed) ?? [];
    // Revisions may be large: with them on their way the steps stay small.
    entries = changes.length === 0 && news.length >= ENTRIES ? STORM_ENTRIES : ENTRIES;
    if (!isContinued(changes, epoch, revision, link)) {
      if (!(await isOverrun())) return 'gap';
      beyond = changes.at(-1)![0];
      changes = [];
    }
    if (!isContinued(news, epoch, observed, observedLink)) return 'gap';
    if ((await deliverChanges(changes)) === 'gap') return 'gap';
    deliverObservations(news);
    return changes.length + news.length > 0 ? 'news' : 'quiet';
  };

  return {
    step,
    async reaches() {
      const now = await readPosition(connection, scripts, keys, aside);
      positionAnswered();
      if (now.epoch !== epoch || now.revision < revision || !(now.observed >= observed)) return false;
      if (now.loss !== undefined || (now.revision === revision && !areSame(now.tally?.link, link)))
        return false;
      if (now.observed === observed && !areSame(now.observedLink, observedLink)) return false;
      const behind = { revision: now.revision > revision, observed: now.observed > observed };
      if (!behind.revision && !behind.observed) return true;
      const was = { revision, observed };
      if ((await step(0)) === 'gap') return false;
      if (isStopped()) return true;
      return (!behind.revision || revision > was.revision) && (!behind.observed || observed > was.observed);
    },
  };
}

/** Reads an entry. A document that it does not contain is read from the store as it is now. undefined: it cannot be read. */
async function readChange(source: FeedSource, entry: StreamEntry): Promise<Change | undefined> {
  const { keys, aside } = source;
  const steps = stepsOf(entry, aside(keys.changes, entry[0]));
  const change = steps && changeBy(numberOf(entry), steps);
  if (steps === undefined) return undefined;
  if (change !== undefined) return { ...change, ...linksOf(entry) };
  const known: EntryStep[] = [];
  for (const step of steps) {
    const { ref, became } = step;
    const present = became === 'damaged' ? await readPresent(source, ref) : became;
    if (present !== 'damaged') known.push({ ref, became: present });
  }
  const rest = changeBy(numberOf(entry), known);
  return rest && { ...rest, ...linksOf(entry) };
}

async function readPresent(
  { connection, scripts, keys, aside }: FeedSource,
  ref: Ref,
): Promise<EntryStep['became']> {
  const key = documentName(ref);
  const stored = connection.read(await connection.command('HGET', keys.documents, key), textOrNull);
  if (stored === null) return 'deleted';
  return (await documentAt(connection, scripts, keys, key, stored, aside)) ?? 'damaged';
}

function refusalOf(error: StoreUnavailable): string | undefined {
  return error instanceof StoreRefused ? error.why : undefined;
}
