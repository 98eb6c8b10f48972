import type { ObservationKey } from '../../health/observation.ts';
import { StoreUnavailable } from '../../store/contract/failure.ts';
import type { ObservationStore } from '../../store/contract/observations.ts';
import type { Logger } from '../logger.ts';
import type { AssignedChecks } from './assigned-checks.ts';

/**
 * Observations of this worker that are looked up in the store at each beat, in turn. A Redis that evicts keys loses all of
 * them at once, which the first look finds.
 */
export const LOOKED_UP_MAX = 50;

/** Dependencies of createLostResults. */
export interface LostResultsOptions {
  readonly store: Pick<ObservationStore, 'observed'>;
  readonly assignedChecks: Pick<AssignedChecks, 'has' | 'sample'>;
  /** Reads all observations, and publishes those of this worker that are missing. Never rejects. */
  readonly publishAgain: () => Promise<void>;
  readonly log: Pick<Logger, 'warn'>;
}

/**
 * Finds observations of this worker that the store lost, or has only damaged. The next result of their checks may be an
 * hour away, and a server that starts meanwhile would not answer their endpoints.
 */
export interface LostResults {
  /** Looks up the next observations, and those that were missing at the last look. Rejects for a fault of its own only. */
  look(): Promise<void>;
}

/** Creates the search, which has found nothing yet. */
export function createLostResults(options: LostResultsOptions): LostResults {
  const { store, assignedChecks, publishAgain, log } = options;
  /** Missing at the last look. One that was just made may still be on its way. */
  let missing: readonly ObservationKey[] = [];
  let isLooking = false;

  async function lookOnce(): Promise<void> {
    const again = missing.filter(({ check }) => assignedChecks.has(check));
    const keys = again.length > 0 ? again : assignedChecks.sample(LOOKED_UP_MAX);
    const stored = await store.observed(keys);
    missing = keys.filter((_, at) => stored[at] === undefined);
    if (again.length === 0 || missing.length === 0) return;
    log.warn({ missing: missing.length }, 'The store lost results of this worker. It publishes them again.');
    missing = [];
    await publishAgain();
  }

  return {
    async look() {
      if (isLooking) return;
      isLooking = true;
      await lookOnce().catch((error: unknown) => {
        // The beat says that the store is away.
        if (!(error instanceof StoreUnavailable)) throw error;
      });
      isLooking = false;
    },
  };
}
