import type { CheckKey } from '../../check/check.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** What the alarms about endpoints that flap are made of. */
export interface DampingLogOptions {
  readonly alarms: Alarms;
  /** Until when each is held out, milliseconds of the clock of `now`. */
  readonly heldOut: ReadonlyMap<VerdictKey, number>;
  readonly now: () => number;
  readonly checkOf: (view: VerdictKey) => CheckKey;
  /** Names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm when an endpoint is held out for its flapping, and when no more. */
export interface DampingLog {
  /** Looks whether others are held out than before. */
  look(): void;
}

/** Has said nothing yet. */
export function createDampingLog({ alarms, heldOut, now, checkOf, poolsOf }: DampingLogOptions): DampingLog {
  const told = new Set<VerdictKey>();
  const fieldsOf = (view: VerdictKey) => ({ check: view, pools: poolsOf(checkOf(view)) });
  return {
    look() {
      for (const [view, untilMs] of heldOut) {
        if (told.has(view)) continue;
        told.add(view);
        const seconds = Math.ceil((untilMs - now()) / 1_000);
        const fields = fieldsOf(view);
        const pools = fields.pools.slice(0, ALARM_POOLS_MAX);
        alarms.raise({ alarm: 'flapping', about: view, pools }, `for ${seconds} seconds`, {
          ...fields,
          seconds,
        });
      }
      for (const view of told) {
        if (heldOut.has(view)) continue;
        told.delete(view);
        alarms.end('flapping', view, fieldsOf(view));
      }
    },
  };
}
