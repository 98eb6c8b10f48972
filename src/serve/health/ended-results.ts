import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import { link, unlink } from '../../store/multimap.ts';

/** Checks whose last results a node keeps. Of more, it forgets those that it learned of first. */
export const ENDED_CHECKS_MAX = 20_000;

/** The last results of checks that ended. They decide nothing, and are only shown in explanations. */
export interface EndedResults {
  /** Takes in observations. Returns those of checks that go on. */
  take(observations: readonly Observation[]): readonly Observation[];
  /** The last results of a check; none: it goes on, or no worker left any. */
  of(check: CheckKey): readonly Observation[];
  /** Those of checks that endpoints of this pool had. */
  inPool(id: string): readonly Observation[];
}

/** Creates an empty set of results. */
export function createEndedResults(): EndedResults {
  /** The check that this node learned of first is first. */
  const results = new Map<CheckKey, readonly Observation[]>();
  const checksOfPool = new Map<string, Set<CheckKey>>();

  function put(check: CheckKey, next: readonly Observation[]): void {
    for (const { ended } of results.get(check) ?? [])
      for (const pool of ended?.pools ?? []) unlink(checksOfPool, pool, check);
    results.delete(check);
    if (next.length === 0) return;
    results.set(check, next);
    for (const { ended } of next) for (const pool of ended?.pools ?? []) link(checksOfPool, pool, check);
  }

  function takeOne(observation: Observation): void {
    const { check, region, worker, ended } = observation;
    const known = results.get(check) ?? [];
    if (ended === undefined) {
      // The region observes the check again.
      put(
        check,
        known.filter((each) => each.region !== region),
      );
      return;
    }
    const others = known.filter((each) => each.region !== region || each.worker !== worker);
    put(check, [...others, observation]);
    if (results.size > ENDED_CHECKS_MAX) put(results.keys().next().value!, []);
  }

  return {
    take(observations) {
      for (const each of observations) if (each.ended !== undefined || results.has(each.check)) takeOne(each);
      const isPlain = observations.every(({ ended }) => ended === undefined);
      return isPlain ? observations : observations.filter(({ ended }) => ended === undefined);
    },
    of: (check) => results.get(check) ?? [],
    inPool: (id) => [...(checksOfPool.get(id) ?? [])].flatMap((check) => results.get(check) ?? []),
  };
}
