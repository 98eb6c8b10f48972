import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';

/** The observations of each check, and which checks are to be judged again in the present round. */
export interface ObservedChecks {
  of(check: CheckKey): readonly Observation[];
  /** Sets the observations of a check. A new check is judged already. */
  put(check: CheckKey, observations: readonly Observation[]): void;
  forget(check: CheckKey): void;
  /** Judges a check that this round has not judged. Returns true where its verdict changed. */
  judgeIfDue(check: CheckKey): boolean;
  /**
   * Begins a round that judges every check again, one a step. Each step returns the check if its verdict changed. `late` comes
   * first.
   */
  beginRound(late: readonly (CheckKey | undefined)[]): Iterable<CheckKey | undefined>;
  /** Does the steps that are left of the round before. Returns what they found. */
  endRound(): readonly (CheckKey | undefined)[];
}

/** A check as it is kept. */
interface ObservedCheck {
  observations: readonly Observation[];
  /** The round in which it was judged last. */
  round: number;
}

const NONE: readonly Observation[] = [];

/** Creates an empty set. `judge` judges a check, and returns true where its verdict changed. */
export function createObservedChecks(judge: (check: CheckKey) => boolean): ObservedChecks {
  const checks = new Map<CheckKey, ObservedCheck>();
  let round = 0;
  /** The steps of the round; undefined: all are done. */
  let steps: Iterator<CheckKey | undefined> | undefined;

  function judgeNow(check: CheckKey, kept: ObservedCheck): boolean {
    kept.round = round;
    return judge(check);
  }

  function* judgeAll(): Generator<CheckKey | undefined> {
    for (const [check, kept] of checks)
      if (kept.round !== round) yield judgeNow(check, kept) ? check : undefined;
    steps = undefined;
  }

  return {
    of: (check) => checks.get(check)?.observations ?? NONE,
    put(check, observations) {
      const kept = checks.get(check);
      if (kept === undefined) checks.set(check, { observations, round });
      else kept.observations = observations;
    },
    forget: (check) => void checks.delete(check),
    judgeIfDue(check) {
      const kept = checks.get(check);
      return kept !== undefined && kept.round !== round && judgeNow(check, kept);
    },
    beginRound(late) {
      round += 1;
      const own = judgeAll();
      steps = own;
      return (function* () {
        yield* late;
        yield* own;
      })();
    },
    endRound: () => (steps === undefined ? [] : [...Iterator.from(steps)]),
  };
}
