import type { CheckKey } from '../../check/check.ts';
import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import type { Alarms } from './alarms.ts';

/** Dependencies of createDampingLog. */
export interface DampingLogOptions {
  readonly alarms: Alarms;
  /** Until when each is held out, by `monotonicMs`. */
  readonly heldOut: ReadonlyMap<VerdictKey, number>;
  readonly monotonicMs: () => number;
  readonly checkOf: (view: VerdictKey) => CheckKey;
  /** Returns the names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm while damping holds an endpoint out. */
export interface DampingLog {
  /** Compares the held-out endpoints with the raised alarms. */
  look(): void;
}

/** Creates the log. */
export function createDampingLog({
  alarms,
  heldOut,
  monotonicMs,
  checkOf,
  poolsOf,
}: DampingLogOptions): DampingLog {
  const raised = new Set<VerdictKey>();
  const fieldsOf = (view: VerdictKey) => ({ check: view, pools: poolsOf(checkOf(view)) });
  return {
    look() {
      for (const [view, untilMs] of heldOut) {
        if (raised.has(view)) continue;
        raised.add(view);
        const seconds = Math.ceil((untilMs - monotonicMs()) / 1_000);
        const fields = fieldsOf(view);
        const pools = fields.pools.slice(0, ALARM_POOLS_MAX);
        alarms.raise({ alarm: 'flapping', about: view, pools }, `for ${seconds} seconds`, {
          ...fields,
          seconds,
        });
      }
      for (const view of raised) {
        if (heldOut.has(view)) continue;
        raised.delete(view);
        alarms.end('flapping', view, fieldsOf(view));
      }
    },
  };
}
