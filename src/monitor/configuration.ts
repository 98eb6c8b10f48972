import type { CheckKey } from '../pool/check.ts';
import type { Observation } from '../pool/observation.ts';
import { createRetry } from '../pool/retry.ts';
import { holdDocuments } from '../store/held-documents.ts';
import type { Configuration, Following, Store } from '../store/store.ts';
import type { CheckIndex } from './check-index.ts';
import type { Logger } from './logger.ts';

/** Pauses between attempts to read: doubling from the first to the second. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
/** A feed that is lost again so soon is not read anew at once, but after a pause that gets as long. */
const LOST_AGAIN_MS = 10_000;
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
  /** The store is empty and of another history than the checks that still run. */
  readonly isSuspect: boolean;
  stop(): Promise<void>;
}

/**
 * Reads the configuration and follows it. A store that comes back empty with another history has lost its data: the
 * checks go on as they were until something is configured there again.
 */
export function followConfiguration(options: ConfigurationOptions): ConfigurationFollower {
  const { store, index, log, onLoaded, onChanged, onObserved } = options;
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  const lostRetry = createRetry(RETRY_MIN_MS, LOST_AGAIN_MS);
  const held = holdDocuments();
  let loadedMs = Number.NEGATIVE_INFINITY;
  let epoch: string | undefined;
  let isSuspect = false;
  let isStopped = false;
  let following: Following | undefined;
  let timer: NodeJS.Timeout | undefined;
  let reminder: NodeJS.Timeout | undefined;
  let isFirstFailure = true;

  function suspect({ epoch: now }: Configuration): void {
    isSuspect = true;
    const say = () =>
      log.error(
        { was: epoch, now, checks: index.size },
        'the store has lost its configuration: the checks go on',
      );
    say();
    clearInterval(reminder);
    reminder = setInterval(say, REMIND_MS);
  }

  function trust(): void {
    if (isSuspect) log.info({}, 'the store is configured again: its configuration holds');
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
    const read = held.mend(await store.read());
    const { position, observations } = await store.observations();
    if (isStopped) return;
    let touched: Set<CheckKey> = new Set();
    const isOther = epoch !== undefined && read.epoch !== epoch;
    if ((isOther || isSuspect) && read.documents.length === 0 && index.size > 0) suspect(read);
    else {
      trust();
      touched = loadWhole(read.documents);
    }
    epoch = read.epoch;
    retry.reset();
    isFirstFailure = true;
    loadedMs = performance.now();
    onLoaded(touched, observations);
    await following?.stop();
    if (isStopped) return;
    following = store.follow(
      { epoch: read.epoch, revision: read.revision, observation: position },
      {
        changed(change) {
          held.apply(change);
          const forgotten = isSuspect ? index.load([]) : [];
          trust();
          onChanged(new Set([...forgotten, ...index.apply(change)]));
        },
        observed: (news) => onObserved(news),
        lost() {
          log.warn({ epoch }, 'the change feed does not reach back to here: reading everything');
          if (performance.now() - loadedMs > LOST_AGAIN_MS) {
            lostRetry.reset();
            tryLoad();
          } else timer = setTimeout(tryLoad, lostRetry.pauseMs());
        },
        failed(err) {
          log.error({ err }, 'A change could not be taken in. The monitor reads the whole store again.');
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
      if (isFirstFailure) log.warn({ err }, 'the configuration cannot be read');
      isFirstFailure = false;
      timer = setTimeout(tryLoad, retry.pauseMs());
    });
  }

  tryLoad();
  return {
    get isLoaded() {
      return epoch !== undefined;
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
