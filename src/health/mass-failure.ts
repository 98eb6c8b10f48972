import type { CheckKey } from '../check/check.ts';
import type { Health } from './health.ts';

/** When failures of one region are a mass failure, which makes the region itself the suspect. */
export interface MassFailureRule {
  /** Share of the region's checks above which it is a mass failure, 0 to 1. */
  readonly share: number;
  /** Time within which they must fail. */
  readonly windowMs: number;
  /** Least number of checks, so that a few that belong together can fail together. */
  readonly minimum: number;
}

/**
 * Detects mass failures, and holds back the failures of their checks until each fails once more. It judges each region
 * by itself, from the observations of that region's workers.
 */
export interface MassFailureGuard {
  /** Notes that a check became unhealthy in a region. decide() follows, once all that came together is noted. */
  failed(region: string, check: CheckKey, monotonicMs: number): void;
  /**
   * Decides whether the failures noted since the last call make a mass failure. If so, it holds back all checks that
   * failed within the window and have not failed again: those withdrawn before it was detected come back for one round.
   * Returns the checks that were not held back before. `monitored`: number of checks that the region observes.
   */
  decide(region: string, monitored: number, monotonicMs: number): readonly CheckKey[];
  /** Ends the holding back of a check that failed again, is healthy again or is no longer checked. */
  release(region: string, check: CheckKey): void;
  holdsBack(region: string, check: CheckKey): boolean;
  /** The checks that are held back, by region. A region without any has no entry. */
  readonly heldBack: ReadonlyMap<string, ReadonlySet<CheckKey>>;
}

/** Failures of one region. */
interface Failures {
  /** When each check failed within the window, oldest first. */
  readonly recent: Map<CheckKey, number>;
  /** Those of them that neither failed again nor are healthy again. */
  readonly unsettled: Set<CheckKey>;
  /** No check failed since the last decision. */
  isDecided: boolean;
}

/** Creates a guard that holds back what `heldBack` has, by region: nothing, where it is absent. Its memory is bounded by the number of checks. */
export function createMassFailureGuard(
  { share, windowMs, minimum }: MassFailureRule,
  heldBack = new Map<string, Set<CheckKey>>(),
): MassFailureGuard {
  const failures = new Map<string, Failures>();

  function forgetBefore({ recent, unsettled }: Failures, beforeMs: number): void {
    for (const [check, atMs] of recent) {
      if (atMs > beforeMs) return;
      recent.delete(check);
      unsettled.delete(check);
    }
  }

  return {
    failed(region, check, monotonicMs) {
      const known: Failures = failures.get(region) ?? {
        recent: new Map(),
        unsettled: new Set(),
        isDecided: true,
      };
      failures.set(region, known);
      known.recent.delete(check);
      known.recent.set(check, monotonicMs);
      known.unsettled.add(check);
      known.isDecided = false;
    },
    decide(region, monitored, monotonicMs) {
      const known = failures.get(region);
      if (known === undefined || known.isDecided) return [];
      known.isDecided = true;
      forgetBefore(known, monotonicMs - windowMs);
      const { size } = known.recent;
      if (size < minimum || size <= share * monitored) return [];
      const held = heldBack.get(region) ?? new Set<CheckKey>();
      const more = [...known.unsettled].filter((check) => !held.has(check));
      for (const check of more) held.add(check);
      if (held.size > 0) heldBack.set(region, held);
      return more;
    },
    release(region, check) {
      failures.get(region)?.unsettled.delete(check);
      const held = heldBack.get(region);
      if (held?.delete(check) && held.size === 0) heldBack.delete(region);
    },
    holdsBack: (region, check) => heldBack.get(region)?.has(check) ?? false,
    heldBack,
  };
}

/**
 * Returns true for an unhealthy observation whose latest check failed after the one that made it unhealthy. It counts
 * results and compares no times, which may come from the clocks of two workers.
 */
export function confirms({ healthy, lastOk, sinceResults = 0 }: Health): boolean {
  return !healthy && !lastOk && sinceResults > 0;
}
