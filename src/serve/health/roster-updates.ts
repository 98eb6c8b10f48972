import type { CheckKey } from '../../check/check.ts';
import type { Worker } from '../../check/worker.ts';
import type { HealthRules, HealthState } from './health-state.ts';

/** Time for which checks are judged in one turn of the event loop, milliseconds. */
export const JUDGE_SLICE_MS = 8;
/** Checks between two looks at the clock. */
const CHECKS_PER_LOOK = 64;

/** Takes readings of the live workers, and other rules, into the health state, in slices between which other work goes on. */
export interface RosterUpdates {
  /** Takes in a reading. While an earlier one is taken in, only the latest reading waits. */
  take(workers: readonly Worker[]): void;
  /** Has all checks judged again by other rules. */
  useRules(rules: HealthRules): void;
  stop(): void;
}

/** Dependencies of createRosterUpdates. */
export interface RosterUpdatesOptions {
  readonly health: Pick<HealthState, 'setWorkers' | 'useRules'>;
  /** Called after each slice with the checks whose verdict changed. */
  readonly judged: (changed: readonly CheckKey[]) => void;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
}

/** Creates updates that took in nothing. A reading after which little is to be judged is taken in at once. */
export function createRosterUpdates({ health, judged, monotonicMs }: RosterUpdatesOptions): RosterUpdates {
  let judging: Iterator<CheckKey | undefined> | undefined;
  let waiting: readonly Worker[] | undefined;
  let timer: NodeJS.Immediate | undefined;

  function slice(): void {
    timer = undefined;
    const changed: CheckKey[] = [];
    const untilMs = monotonicMs() + JUDGE_SLICE_MS;
    for (let count = 1; judging !== undefined; count += 1) {
      const step = judging;
      judging = undefined;
      const { done, value } = step.next();
      if (done) break;
      judging = step;
      if (value !== undefined) changed.push(value);
      if (count % CHECKS_PER_LOOK === 0 && monotonicMs() >= untilMs) break;
    }
    if (judging !== undefined) timer = setImmediate(slice);
    judged(changed);
    if (judging === undefined && waiting !== undefined) begin(waiting);
  }

  function begin(workers: readonly Worker[]): void {
    waiting = undefined;
    judging = health.setWorkers(workers)[Symbol.iterator]();
    slice();
  }

  return {
    take(workers) {
      if (judging === undefined) begin(workers);
      else waiting = workers;
    },
    useRules(rules) {
      // Its first steps are what was left of those before.
      judging = health.useRules(rules)[Symbol.iterator]();
      if (timer === undefined) slice();
    },
    stop() {
      clearImmediate(timer);
    },
  };
}
