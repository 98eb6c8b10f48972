import type { Logger } from '../logger.ts';

/** An absence of the store that is over, by the clock that createStorePresence is given. */
export interface StoreAbsence {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Whether the store is there, as its follower hears it. */
export interface StorePresence {
  readonly isConnected: boolean;
  /** Milliseconds since the store was heard of last, or since the start where it was never there; 0 while it is there. */
  readonly awayMs: number;
  /** The last absence that is over; undefined: there was none. */
  readonly lastAbsence: StoreAbsence | undefined;
  /** The store answered: an absence that is noticed late, as that the store hangs, counts from here on. */
  heard(): void;
  /** It is there (true) or away; says so in the log where it was otherwise. */
  note(isUp: boolean): void;
}

/** Begins with a store that is away. `revision`: the one that is served; `now`: milliseconds of a clock that does not jump. */
export function createStorePresence(
  log: Logger,
  revision: () => number,
  now: () => number = () => performance.now(),
): StorePresence {
  let isConnected = false;
  let heardMs = now();
  let lastAbsence: StoreAbsence | undefined;
  let wasThere = false;
  return {
    get isConnected() {
      return isConnected;
    },
    get awayMs() {
      return isConnected ? 0 : now() - heardMs;
    },
    get lastAbsence() {
      return lastAbsence;
    },
    heard() {
      if (isConnected) heardMs = now();
    },
    note(isUp) {
      if (isUp === isConnected) return;
      isConnected = isUp;
      if (isUp) {
        lastAbsence = { fromMs: heardMs, untilMs: now() };
        heardMs = now();
        const seconds = Math.max(1, Math.round((lastAbsence.untilMs - lastAbsence.fromMs) / 1_000));
        const text = wasThere ? `store connected again, after ${seconds} s` : 'store connected';
        log.info({ revision: revision() }, text);
        wasThere = true;
      } else
        log.warn({ revision: revision() }, 'The store is away. Answers stay as they are until it is back.');
    },
  };
}
