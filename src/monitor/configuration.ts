import type { CheckKey } from '../check/check.ts';
import { createRetry } from '../check/retry.ts';
import type { Observation } from '../health/observation.ts';
import type { Change, Configuration, StorePosition } from '../store/contract/documents.ts';
import type { Follower, Following } from '../store/contract/feed.ts';
import { type Disbelief, disbeliefIn, positionAfter, positionOf } from '../store/integrity/belief.ts';
import { keepDocuments } from '../store/kept-documents.ts';
import type { Store } from '../store/store.ts';
import { createAwayLog, FLAPS_TEXT } from '../telemetry/away-log.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { CheckIndex } from './assignment/check-index.ts';
import type { Logger } from './logger.ts';

/** Shortest and longest pause between attempts to read, milliseconds; each is twice the one before. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** A change feed that is lost again within this time is reloaded after a pause, which grows up to this time. */
const LOST_AGAIN_MS = 10_000;
/** Time between two reads of a store that is not believed, milliseconds. */
const DOUBTED_MS = 1_000;
/** Time between two log lines about a store that is not believed, milliseconds. */
const REMIND_MS = 60_000;

/** Dependencies of followConfiguration. */
export interface ConfigurationOptions {
  readonly store: Store;
  readonly index: CheckIndex;
  readonly log: Logger;
  /** Called after everything was read: with the checks that may have changed, and all observations. */
  readonly onLoaded: (touched: ReadonlySet<CheckKey>, observations: readonly Observation[]) => void;
  readonly onChanged: (touched: ReadonlySet<CheckKey>) => void;
  readonly onObserved: (observations: readonly Observation[]) => void;
}

/** Keeps the index true to the store's configuration. */
export interface ConfigurationFollower {
  /** The configuration was read at least once. */
  readonly isLoaded: boolean;
  /** true: the store is not believed, and the checks of the last good configuration go on. */
  readonly isSuspect: boolean;
  stop(): Promise<void>;
}

/**
 * Reads the configuration and follows it. A store that was damaged, emptied or set back (store/integrity/belief.ts) is
 * not believed: the checks go on as they were until it is restored, or a person adopts what it has.
 */
export function followConfiguration(options: ConfigurationOptions): ConfigurationFollower {
  const { store, index, log, onLoaded, onChanged, onObserved } = options;
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  const lostRetry = createRetry(RETRY_MIN_MS, LOST_AGAIN_MS);
  const documents = keepDocuments();
  let loadedMs = Number.NEGATIVE_INFINITY;
  let position: StorePosition | undefined;
  let doubted: Configuration | undefined;
  let isAway = false;
  let isStopped = false;
  let following: Following | undefined;
  let timer: NodeJS.Timeout | undefined;
  const repeats = createRepeats();
  const lostRepeats = createRepeats();
  const faults = createRepeats();
  const presence = createPresenceLog(log);
  const trust = createTrust(index, log);

  /** Loads these documents into the index. Where that fails, the ones before stay. */
  function loadWhole(all: Configuration['documents']): Set<CheckKey> {
    try {
      const touched = index.load(all);
      // A monitor has no use for records.
      documents.replace({ documents: all });
      return touched;
    } catch (error) {
      index.load(documents.all.documents);
      throw error;
    }
  }

  async function load(): Promise<void> {
    const found = await store.read(doubted);
    const read = documents.mend(found);
    const { position: observed, observations } = await store.observations();
    if (isStopped) return;
    const disbelief = await disbeliefIn(store, read, { position, has: (kind) => documents.has(kind) });
    if (isStopped) return;
    const seconds = repeats.over();
    if (seconds !== undefined) log.info({}, `The configuration is read again, after ${seconds} s.`);
    if (disbelief !== undefined) {
      trust.lost(disbelief);
      doubted = disbelief.kind === 'damaged' ? undefined : found;
      // Observations of other workers are valid all the same.
      onLoaded(new Set(), observations);
      timer = setTimeout(tryLoad, Math.max(retry.pauseMs(), DOUBTED_MS));
      return;
    }
    doubted = undefined;
    retry.reset();
    trust.regained();
    const touched = loadWhole(read.documents);
    position = positionOf(read);
    loadedMs = performance.now();
    onLoaded(touched, observations);
    await following?.stop();
    if (isStopped) return;
    isAway = false;
    following = store.follow({ ...position, observation: observed }, followerFrom(read));
  }

  /** Takes in what the feed brings after a reading. */
  function followerFrom(read: Configuration): Follower {
    return {
      changed(change) {
        position = positionAfter(read, change);
        documents.apply({ ...change, entries: change.entries.filter(isNoRecord) });
        onChanged(index.apply(change));
      },
      observed: (news) => onObserved(news),
      lost() {
        const unsaid = lostRepeats.due('');
        if (unsaid !== undefined)
          log.warn(
            { epoch: read.epoch, revision: position?.revision, unsaid },
            'The change feed no longer goes back to this revision. The monitor reads the whole store again.',
          );
        if (performance.now() - loadedMs > LOST_AGAIN_MS) {
          lostRetry.reset();
          tryLoad();
        } else timer = setTimeout(tryLoad, lostRetry.pauseMs());
      },
      failed(err) {
        const unsaid = faults.due(String(err));
        const text = 'A change could not be taken in. The monitor reads the whole store again.';
        if (unsaid !== undefined) log.error({ err, unsaid }, text);
      },
      connected(up) {
        if (up) presence.back();
        else if (!isAway) presence.away();
        isAway = !up;
      },
    };
  }

  function tryLoad(): void {
    load().catch((err: unknown) => {
      if (isStopped) return;
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined) log.warn({ err, unsaid }, 'Cannot read the configuration from the store.');
      timer = setTimeout(tryLoad, retry.pauseMs());
    });
  }

  tryLoad();
  return {
    get isLoaded() {
      return position !== undefined;
    },
    get isSuspect() {
      return trust.isLost;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      trust.stop();
      await following?.stop();
    },
  };
}

/** Returns true for a change of something else than a record. */
function isNoRecord(entry: Change['entries'][number]): boolean {
  return (entry.op === 'put' ? entry.document : entry).kind !== 'record';
}

/** Logs that the store went away, and that it is back. */
function createPresenceLog(log: Logger) {
  return createAwayLog({
    away(unsaid, isFlapping) {
      const flaps = isFlapping ? ` ${FLAPS_TEXT}` : '';
      log.warn({ ...(unsaid > 0 && { unsaid }) }, `The store is away. The checks go on.${flaps}`);
    },
    back: () => log.info({}, 'The store is back.'),
  });
}

/** Whether the store is believed. While it is not, the log says so again and again. */
interface Trust {
  readonly isLost: boolean;
  lost(disbelief: Disbelief): void;
  regained(): void;
  stop(): void;
}

function createTrust(index: Pick<CheckIndex, 'size'>, log: Logger): Trust {
  let isLost = false;
  let reminder: NodeJS.Timeout | undefined;
  return {
    get isLost() {
      return isLost;
    },
    lost({ why }) {
      if (isLost) return;
      isLost = true;
      const remind = () =>
        log.error(
          { why, checks: index.size },
          'The store cannot be trusted. The checks of the last good configuration go on.',
        );
      remind();
      reminder = setInterval(remind, REMIND_MS);
    },
    regained() {
      if (isLost) log.info({}, 'The store can be trusted again. The worker uses its configuration.');
      isLost = false;
      clearInterval(reminder);
    },
    stop() {
      clearInterval(reminder);
    },
  };
}
