import type { Logger } from './logger.ts';

/** Whether the store is there, as its follower hears it. */
export interface StorePresence {
  readonly isConnected: boolean;
  /** Milliseconds since the store went away, or since the start where it was never there; 0 while it is there. */
  readonly awayMs: number;
  /** It is there (true) or away; says so in the log where it was otherwise. */
  note(isUp: boolean): void;
}

/** Begins with a store that is away. `revision`: the one that is served. */
export function createStorePresence(log: Logger, revision: () => number): StorePresence {
  let isConnected = false;
  let awaySinceMs = performance.now();
  return {
    get isConnected() {
      return isConnected;
    },
    get awayMs() {
      return isConnected ? 0 : performance.now() - awaySinceMs;
    },
    note(isUp) {
      if (isUp === isConnected) return;
      isConnected = isUp;
      awaySinceMs = performance.now();
      if (isUp) log.info({ revision: revision() }, 'store connected');
      else log.warn({ revision: revision() }, 'store away: answers stay as they are');
    },
  };
}
