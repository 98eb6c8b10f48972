import { createRepeats, type Repeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';

/** Pools whose answers cannot be updated that are told of by name; of more, one line says that there are. */
export const UNPUBLISHED_TOLD_MAX = 20;

/** Logs pools whose answers cannot be updated, seldom while it lasts, and when each of them can again. */
export interface UnpublishedLog {
  failed(pool: string, err: unknown): void;
  /** The answer of a pool was updated. */
  updated(pool: string): void;
}

/** Creates the log, which has told of no pool. `now`: milliseconds of a clock that does not jump. */
export function createUnpublishedLog(
  log: Logger,
  now: () => number = () => performance.now(),
): UnpublishedLog {
  const failing = new Map<string, Repeats>();
  const others = createRepeats(now);
  return {
    failed(pool, err) {
      const known =
        failing.get(pool) ?? (failing.size < UNPUBLISHED_TOLD_MAX ? createRepeats(now) : undefined);
      if (known !== undefined) failing.set(pool, known);
      const unsaid = (known ?? others).due(String(err));
      if (unsaid === undefined) return;
      log.error(
        { err, pool, unsaid },
        `Cannot update the answer of pool "${pool}". The previous answer stays.`,
      );
    },
    updated(pool) {
      if (failing.size === 0) return;
      const seconds = failing.get(pool)?.over();
      failing.delete(pool);
      if (seconds !== undefined)
        log.info({ pool }, `The answer of pool "${pool}" is updated again, after ${seconds} s.`);
    },
  };
}
