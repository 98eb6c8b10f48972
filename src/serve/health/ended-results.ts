import type { CheckKey } from '../../check/check.ts';
import type { Observation } from '../../health/observation.ts';
import { link, unlink } from '../../store/multimap.ts';

/** Checks whose last results a node keeps. Of more, it forgets those that it learned of first. */
export const ENDED_CHECKS_MAX = 20_000;

/** What workers found last of checks that ended: it decides nothing, and is shown to whoever asks why. */
export interface EndedResults {
  /** Takes in what workers found; returns what of it is about checks that go on. */
  take(observations: readonly Observation[]): readonly Observation[];
  /** The last results of a check; none: it goes on, or nobody left any. */
  of(check: CheckKey): readonly Observation[];
  /** Those of checks that endpoints of this pool had. */
  inPool(id: string): readonly Observation[];
}

/** None are known. */
export function createEndedResults(): EndedResults {
  /** The check that this node learned of first stands first. */
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
      // Its region looks again.
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
