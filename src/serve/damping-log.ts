import type { CheckKey } from '../pool/check.ts';
import type { ViewKey } from '../pool/sight.ts';
import type { Logger } from './logger.ts';

/** What the log tells of endpoints that flap. */
export interface DampingLogOptions {
  readonly log: Logger;
  /** Until when each is held out, milliseconds of the clock of `now`. */
  readonly heldOut: ReadonlyMap<ViewKey, number>;
  readonly now: () => number;
  readonly checkOf: (view: ViewKey) => CheckKey;
  /** Names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Says in the log when an endpoint is held out for its flapping, and when no more. */
export interface DampingLog {
  /** Looks whether others are held out than before. */
  look(): void;
}

/** Has said nothing yet. */
export function createDampingLog({ log, heldOut, now, checkOf, poolsOf }: DampingLogOptions): DampingLog {
  const told = new Set<ViewKey>();
  const fieldsOf = (view: ViewKey) => ({ check: view, pools: poolsOf(checkOf(view)) });
  return {
    look() {
      for (const [view, untilMs] of heldOut) {
        if (told.has(view)) continue;
        told.add(view);
        const seconds = Math.ceil((untilMs - now()) / 1_000);
        log.warn({ ...fieldsOf(view), seconds }, 'flapping: held out, whatever its checks say');
      }
      for (const view of told) {
        if (heldOut.has(view)) continue;
        told.delete(view);
        log.info(fieldsOf(view), 'flapping: held out no longer');
      }
    },
  };
}
