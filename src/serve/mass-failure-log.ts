import type { CheckKey } from '../pool/check.ts';
import type { Logger } from './logger.ts';

/** Names of pools in one line. */
const NAMES_MAX = 10;

/** What the log tells of mass failures: what is held back, of whom, and how much there is. */
export interface MassFailureLogOptions {
  readonly log: Logger;
  readonly heldBack: ReadonlyMap<string, ReadonlySet<CheckKey>>;
  /** Checks that a region reports on. */
  readonly monitoredIn: (region: string) => number;
  /** Names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Says in the log when mass failures begin and when they are over. */
export interface MassFailureLog {
  /** Looks whether anything is held back that was not, or the other way round. */
  look(): void;
}

/** Has said nothing yet. */
export function createMassFailureLog(options: MassFailureLogOptions): MassFailureLog {
  const { log, heldBack, monitoredIn, poolsOf } = options;
  const told = new Set<string>();

  function begin(region: string, checks: ReadonlySet<CheckKey>): void {
    told.add(region);
    const pools = new Set<string>();
    for (const check of checks) {
      for (const name of poolsOf(check)) pools.add(name);
      if (pools.size >= NAMES_MAX) break;
    }
    log.error(
      {
        region,
        heldBack: checks.size,
        monitored: monitoredIn(region),
        pools: [...pools].slice(0, NAMES_MAX),
      },
      'mass failure: too much turned unhealthy in one region at a time. What did waits for its next check to fail, too',
    );
  }

  return {
    look() {
      for (const [region, checks] of heldBack) if (!told.has(region)) begin(region, checks);
      for (const region of told) {
        if (heldBack.has(region)) continue;
        told.delete(region);
        log.info({ region }, 'mass failure over: nothing is held back in the region any more');
      }
    },
  };
}
