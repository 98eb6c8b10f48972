import type { CheckKey } from '../../check/check.ts';
import { isTurning, type Observation } from '../../health/observation.ts';
import { type RegionScope, scopeIncludes } from '../../voting/region-scope.ts';

/** Which checks have latest results that contradict their health, so that their verdict may change soon. */
export interface Contradictions {
  /** Looks at the votes on a check again. Returns true where other regions than before contradict it. */
  update(check: CheckKey): boolean;
  /** Returns true where a live worker of the scope contradicts the health of a check now. */
  isIn(check: CheckKey, scope: RegionScope): boolean;
  forget(check: CheckKey): void;
}

/** Creates an empty set. `isUsed`: returns whether anything depends on it; `liveVotesOf`: the votes of live workers on a check. */
export function createContradictions({
  isUsed,
  liveVotesOf,
}: {
  readonly isUsed: () => boolean;
  readonly liveVotesOf: (check: CheckKey) => readonly Observation[];
}): Contradictions {
  /** The regions of each contradicted check, as one text. */
  const known = new Map<CheckKey, string>();
  const regionsOf = (check: CheckKey): readonly string[] =>
    isUsed() ? liveVotesOf(check).flatMap((each) => (isTurning(each) ? each.region : [])) : [];
  return {
    update(check) {
      const regions = [...regionsOf(check)].sort().join();
      if (regions === (known.get(check) ?? '')) return false;
      if (regions === '') known.delete(check);
      else known.set(check, regions);
      return true;
    },
    isIn: (check, scope) => regionsOf(check).some((region) => scopeIncludes(scope, region)),
    forget: (check) => void known.delete(check),
  };
}
