import type { CheckKey } from '../check/check.ts';
import { createRetry } from '../check/retry.ts';
import type { Observation } from '../health/observation.ts';
import { holdDocuments } from '../store/held-documents.ts';
import { type Disbelief, disbeliefIn, standingAfter, standingOf } from '../store/integrity/belief.ts';
import type { Configuration, Following, Standing, Store } from '../store/store.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { CheckIndex } from './assignment/check-index.ts';
import type { Logger } from './logger.ts';

/** Pauses between attempts to read: doubling from the first to the second. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** A feed that is lost again so soon is not read anew at once, but after a pause that gets as long. */
const LOST_AGAIN_MS = 10_000;
/** Between two looks at a store that is not believed. */
const DOUBTED_MS = 1_000;
/** How often it is said again that the store has lost its configuration. */
const REMIND_MS = 60_000;

/** What follows the configuration, and who is told of it. */
export interface ConfigurationOptions {
  readonly store: Store;
  readonly index: CheckIndex;
  readonly log: Logger;
  /** Everything was read anew: the checks that may be others now, and all observations held. */
  readonly onLoaded: (touched: ReadonlySet<CheckKey>, observations: readonly Observation[]) => void;
  readonly onChanged: (touched: ReadonlySet<CheckKey>) => void;
  readonly onObserved: (observations: readonly Observation[]) => void;
}

/** Keeps the index true to the store's configuration. */
export interface ConfigurationFollower {
  /** The configuration was read at least once. */
  readonly isLoaded: boolean;
  /** The store is not believed, and the checks go on as they were. */
  readonly isSuspect: boolean;
  stop(): Promise<void>;
}

/**
 * Reads the configuration and follows it. A store that was damaged, emptied or set back (store/integrity/belief.ts) is not believed:
 * the checks go on as they were until it is itself again, or a person decides for what it has.
 */
export function followConfiguration(options: ConfigurationOptions): ConfigurationFollower {
  const { store, index, log, onLoaded, onChanged, onObserved } = options;
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  const lostRetry = createRetry(RETRY_MIN_MS, LOST_AGAIN_MS);
  const held = holdDocuments();
  let loadedMs = Number.NEGATIVE_INFINITY;
  let standing: Standing | undefined;
  let doubted: Configuration | undefined;
  let isSuspect = false;
  let isStopped = false;
  let following: Following | undefined;
  let timer: NodeJS.Timeout | undefined;
  let reminder: NodeJS.Timeout | undefined;
  const repeats = createRepeats();
  const lostRepeats = createRepeats();
  const faults = createRepeats();

  function suspect({ why }: Disbelief): void {
    if (isSuspect) return;
    isSuspect = true;
    const say = () =>
      log.error(
        { why, checks: index.size },
        'The store cannot be trusted. The checks of the last good configuration go on.',
      );
    say();
    clearInterval(reminder);
    reminder = setInterval(say, REMIND_MS);
  }

  function trust(): void {
    if (isSuspect) log.info({}, 'The store can be trusted again. The worker uses its configuration.');
    isSuspect = false;
    clearInterval(reminder);
  }

  /** Runs the checks of these documents, or, where they cannot be taken in, goes on with those before. */
  function loadWhole(documents: Configuration['documents']): Set<CheckKey> {
    try {
      const touched = index.load(documents);
      held.replace(documents);
      return touched;
    } catch (error) {
      index.load([...held.all]);
      throw error;
    }
  }

  async function load(): Promise<void> {
    const found = await store.read(doubted);
    const read = held.mend(found);
    const { position, observations } = await store.observations();
    if (isStopped) return;
    const disbelief = await disbeliefIn(store, read, { standing, has: (kind) => held.has(kind) });
    if (isStopped) return;
    const seconds = repeats.over();
    if (seconds !== undefined) log.info({}, `The configuration is read again, after ${seconds} s.`);
    if (disbelief !== undefined) {
      suspect(disbelief);
      doubted = disbelief.kind === 'damaged' ? undefined : found;
      // What others find is true all the same: it is taken in each time the store is looked at.
      onLoaded(new Set(), observations);
      timer = setTimeout(tryLoad, Math.max(retry.pauseMs(), DOUBTED_MS));
      return;
    }
    doubted = undefined;
    retry.reset();
    trust();
    const touched = loadWhole(read.documents);
    standing = standingOf(read);
    loadedMs = performance.now();
    onLoaded(touched, observations);
    await following?.stop();
    if (isStopped) return;
    following = store.follow(
      { ...standing, observation: position },
      {
        changed(change) {
          standing = standingAfter(read, change);
          held.apply(change);
          onChanged(index.apply(change));
        },
        observed: (news) => onObserved(news),
        lost() {
          const unsaid = lostRepeats.due('');
          if (unsaid !== undefined)
            log.warn(
              { epoch: read.epoch, revision: standing?.revision, unsaid },
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
          if (up) log.info({}, 'the store is back');
          else log.warn({}, 'the store is away: the checks go on');
        },
      },
    );
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
      return standing !== undefined;
    },
    get isSuspect() {
      return isSuspect;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      clearInterval(reminder);
      await following?.stop();
    },
  };
}
