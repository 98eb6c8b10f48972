import type { Pool } from '../pool/pool.ts';
import type { Configuration } from '../store/store.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** How often the log says that the store is empty. */
const REPEAT_MS = 60_000;

/** Says that the store lost what is served, and that it has it again. */
export interface EmptiedStore {
  /** The store is this, while these pools of this revision are served. */
  found(store: Configuration, pools: Iterable<Pool>, revision: number): void;
  /** The store is of this revision, and what is served. */
  over(revision: number): void;
}

/** Nothing was found yet. `now`: milliseconds of a clock that does not jump. */
export function createEmptiedStore(alarms: Alarms, now: () => number): EmptiedStore {
  /** When it was last said; undefined: it is not so. */
  let saidMs: number | undefined;
  return {
    found({ epoch }, pools, revision) {
      if (saidMs !== undefined && now() - saidMs < REPEAT_MS) return;
      saidMs = now();
      const names = Iterator.from(pools).take(ALARM_POOLS_MAX);
      alarms.raise(
        { alarm: 'store_emptied', about: '', pools: [...names].map(({ name }) => name) },
        `revision ${revision} of what it had is served`,
        { epoch, served: revision },
      );
    },
    over(revision) {
      if (saidMs !== undefined) alarms.end('store_emptied', '', { revision });
      saidMs = undefined;
    },
  };
}
