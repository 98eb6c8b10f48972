import type { CheckKey } from '../check/check.ts';
import type { Health } from './health.ts';

/** When so much turns unhealthy in one region at a time that the region itself is the suspect. */
export interface MassFailureRule {
  /** More than this share of the checks that the region reports on, 0 to 1. */
  readonly share: number;
  /** Within so long. */
  readonly windowMs: number;
  /** And at least so many checks, so that a few that belong together may fail together. */
  readonly minimum: number;
}

/**
 * Holds back what turns unhealthy in a mass failure until it fails once more. It looks at each region by itself and
 * needs nothing but what the region's workers say, as it comes.
 */
export interface MassFailureGuard {
  /** A check turned from healthy to unhealthy in a region. decide() follows, once all that came together is noted. */
  turned(region: string, check: CheckKey, nowMs: number): void;
  /**
   * Where something turned since the last call and it is a mass failure, holds back all that turned within the window
   * and has not failed again: what was withdrawn before so much had turned comes back for a round. Returns what was not
   * held back before. `monitored`: checks that the region reports on.
   */
  decide(region: string, monitored: number, nowMs: number): readonly CheckKey[];
  /** It failed again, is well again or is not checked any more: nothing is held back of it. */
  release(region: string, check: CheckKey): void;
  holdsBack(region: string, check: CheckKey): boolean;
  /** What is held back, by region; a region where nothing is has no entry. */
  readonly heldBack: ReadonlyMap<string, ReadonlySet<CheckKey>>;
}

/** What of one region turned within the window, when, the oldest first; what of it neither failed again nor is well; whether something turned since it was decided last. */
interface Turns {
  readonly recent: Map<CheckKey, number>;
  readonly unsettled: Set<CheckKey>;
  isDecided: boolean;
}

/** A guard that holds nothing back. What it remembers is bounded by the checks there are. */
export function createMassFailureGuard({ share, windowMs, minimum }: MassFailureRule): MassFailureGuard {
  const turns = new Map<string, Turns>();
  const heldBack = new Map<string, Set<CheckKey>>();

  function forgetBefore({ recent, unsettled }: Turns, beforeMs: number): void {
    for (const [check, atMs] of recent) {
      if (atMs > beforeMs) return;
      recent.delete(check);
      unsettled.delete(check);
    }
  }

  return {
    turned(region, check, nowMs) {
      const known: Turns = turns.get(region) ?? { recent: new Map(), unsettled: new Set(), isDecided: true };
      turns.set(region, known);
      known.recent.delete(check);
      known.recent.set(check, nowMs);
      known.unsettled.add(check);
      known.isDecided = false;
    },
    decide(region, monitored, nowMs) {
      const known = turns.get(region);
      if (known === undefined || known.isDecided) return [];
      known.isDecided = true;
      forgetBefore(known, nowMs - windowMs);
      const { size } = known.recent;
      if (size < minimum || size <= share * monitored) return [];
      const held = heldBack.get(region) ?? new Set<CheckKey>();
      const more = [...known.unsettled].filter((check) => !held.has(check));
      for (const check of more) held.add(check);
      if (held.size > 0) heldBack.set(region, held);
      return more;
    },
    release(region, check) {
      turns.get(region)?.unsettled.delete(check);
      const held = heldBack.get(region);
      if (held?.delete(check) && held.size === 0) heldBack.delete(region);
    },
    holdsBack: (region, check) => heldBack.get(region)?.has(check) ?? false,
    heldBack,
  };
}

/**
 * Whether an unhealthy observation is the second failure or a later one: its newest check failed, after the one it turned
 * by. Results are counted and no times compared, which may be of two workers with two clocks.
 */
export function confirms({ healthy, lastOk, sinceResults = 0 }: Health): boolean {
  return !healthy && !lastOk && sinceResults > 0;
}
