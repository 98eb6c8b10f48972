import type { CheckKey } from '../pool/check.ts';
import type { Observation } from '../pool/observation.ts';
import { createRetry } from '../pool/retry.ts';
import type { Configuration, Following, Store } from '../store/store.ts';
import type { CheckIndex } from './check-index.ts';
import type { Logger } from './logger.ts';

/** Pauses between attempts to read: doubling from the first to the second. */
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 2_000;
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

  async function load(): Promise<void> {
    const read = await store.read();
    const { position, observations } = await store.observations();
    if (isStopped) return;
    let touched: Set<CheckKey> = new Set();
    const isOther = epoch !== undefined && read.epoch !== epoch;
    if ((isOther || isSuspect) && read.documents.length === 0 && index.size > 0) suspect(read);
    else {
      trust();
      touched = index.load(read.documents);
    }
    epoch = read.epoch;
    retry.reset();
    isFirstFailure = true;
    onLoaded(touched, observations);
    following = store.follow(
      { epoch: read.epoch, revision: read.revision, observation: position },
      {
        changed(change) {
          const forgotten = isSuspect ? index.load([]) : [];
          trust();
          onChanged(new Set([...forgotten, ...index.apply(change)]));
        },
        observed: (news) => onObserved(news),
        lost() {
          log.warn({ epoch }, 'the change feed does not reach back to here: reading everything');
          tryLoad();
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
