import type { HealthEvent } from '../../event/event.ts';
import type { Observation, ObservationKey } from '../../health/observation.ts';
import type { Lease } from './workers.ts';

/** What a worker publishes in one step: all of it or nothing. */
export interface Publication {
  readonly put: readonly {
    readonly observation: Observation;
    /** true: followers get it, because the health or the addresses changed. They always get one that the store did not hold. */
    readonly changed: boolean;
  }[];
  /** Observations to forget: of checks that ended, or of workers that are gone. */
  readonly drop: readonly ObservationKey[];
  readonly events: readonly HealthEvent[];
}

/** Changed observations that can be followed again; a follower further behind must read everything. */
export const OBSERVED_MAX = 100_000;

/** Holds the observations of workers. Only a worker with a lease can write. */
export interface ObservationStore {
  /**
   * Every stored observation, of live workers and others, and the position from which to follow. One that is published
   * meanwhile may come twice, the newer last.
   */
  observations(): Promise<{ readonly position: string; readonly observations: readonly Observation[] }>;
  /** The newest of these observations, in their order; undefined where one is not stored. */
  observed(keys: readonly ObservationKey[]): Promise<readonly (Observation | undefined)[]>;
  /** Writes a publication of a worker; `fenced` (and nothing written) when its lease has ended. */
  publish(lease: Lease, publication: Publication): Promise<'published' | 'fenced'>;
}
