import type { CheckKey } from '../../check/check.ts';
import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import type { Alarms } from './alarms.ts';

/** Dependencies of createMassFailureLog. */
export interface MassFailureLogOptions {
  readonly alarms: Alarms;
  readonly heldBack: ReadonlyMap<string, ReadonlySet<CheckKey>>;
  /** Returns the number of checks that a region observes. */
  readonly monitoredIn: (region: string) => number;
  /** Returns the names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm while a mass failure is held back in a region. */
export interface MassFailureLog {
  /** Compares the regions with held-back checks with the raised alarms. */
  look(): void;
}

/** Creates the log. */
export function createMassFailureLog(options: MassFailureLogOptions): MassFailureLog {
  const { alarms, heldBack, monitoredIn, poolsOf } = options;
  const raised = new Set<string>();

  function begin(region: string, checks: ReadonlySet<CheckKey>): void {
    raised.add(region);
    const pools = new Set<string>();
    for (const check of checks) {
      for (const name of poolsOf(check)) pools.add(name);
      if (pools.size >= ALARM_POOLS_MAX) break;
    }
    const names = [...pools].slice(0, ALARM_POOLS_MAX);
    const monitored = monitoredIn(region);
    alarms.raise(
      { alarm: 'mass_failure', about: region, region, pools: names },
      `${checks.size} of ${monitored} checks in region ${region}`,
      { region, heldBack: checks.size, monitored, pools: names },
    );
  }

  return {
    look() {
      for (const [region, checks] of heldBack) if (!raised.has(region)) begin(region, checks);
      for (const region of raised) {
        if (heldBack.has(region)) continue;
        raised.delete(region);
        alarms.end('mass_failure', region, { region });
      }
    },
  };
}
