import type { CheckKey } from '../../../src/check/check.ts';
import type { Worker } from '../../../src/check/worker.ts';
import {
  createHealthState,
  type HealthOptions,
  type HealthState,
} from '../../../src/serve/health/health-state.ts';

/** A health state that judges all checks at once when the roster changes. */
export interface HealthStateAtOnce extends Omit<HealthState, 'setWorkers'> {
  /** Returns the checks whose verdict changed. */
  setWorkers(workers: readonly Worker[]): CheckKey[];
}

/** Creates an empty health state that judges all checks at once. */
export function createHealthStateAtOnce(options: HealthOptions): HealthStateAtOnce {
  const state = createHealthState(options);
  const setWorkers = (workers: readonly Worker[]) =>
    [...state.setWorkers(workers)].flatMap((check) => check ?? []);
  return Object.assign(Object.create(state) as HealthState, { setWorkers });
}
