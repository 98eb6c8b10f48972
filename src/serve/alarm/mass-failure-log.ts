import type { CheckKey } from '../../check/check.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** What the alarms about mass failures are made of: what is held back, of whom, and how much there is. */
export interface MassFailureLogOptions {
  readonly alarms: Alarms;
  readonly heldBack: ReadonlyMap<string, ReadonlySet<CheckKey>>;
  /** Checks that a region reports on. */
  readonly monitoredIn: (region: string) => number;
  /** Names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm when mass failures begin and when they are over. */
export interface MassFailureLog {
  /** Looks whether anything is held back that was not, or the other way round. */
  look(): void;
}

/** Has said nothing yet. */
export function createMassFailureLog(options: MassFailureLogOptions): MassFailureLog {
  const { alarms, heldBack, monitoredIn, poolsOf } = options;
  const told = new Set<string>();

  function begin(region: string, checks: ReadonlySet<CheckKey>): void {
    told.add(region);
    const pools = new Set<string>();
    for (const check of checks) {
      for (const name of poolsOf(check)) pools.add(name);
      if (pools.size >= ALARM_POOLS_MAX) break;
    }
    const names = [...pools].slice(0, ALARM_POOLS_MAX);
    const monitored = monitoredIn(region);
    alarms.raise(
      { alarm: 'mass_failure', about: region, region, pools: names },
      `${checks.size} of the ${monitored} checks of ${region} are held back`,
      { region, heldBack: checks.size, monitored, pools: names },
    );
  }

  return {
    look() {
      for (const [region, checks] of heldBack) if (!told.has(region)) begin(region, checks);
      for (const region of told) {
        if (heldBack.has(region)) continue;
        told.delete(region);
        alarms.end('mass_failure', region, { region });
      }
    },
  };
}
