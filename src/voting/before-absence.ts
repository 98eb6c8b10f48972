import type { CheckKey } from '../check/check.ts';
import type { Observation } from '../health/observation.ts';
import { countingOf, type Speaking } from './voters.ts';

/**
 * What was said before an absence by which it lost its weight: by workers of a region that had no vote any more, or by one for
 * which others of its region spoke. Whoever comes back speaks by what it finds then, not by what it found before.
 */
export interface Bygones {
  /** An observation came in, in the place of `before`. */
  heard(observation: Observation, before: Observation | undefined): void;
  /** Others than before are there; `all`: the observations of a check. */
  look(check: CheckKey, all: readonly Observation[]): void;
  has(observation: Observation): boolean;
  /** These observations, without what is bygone. */
  without(all: readonly Observation[]): readonly Observation[];
  /** Whether a region that came back a short while ago is yet to say of a check what it finds now. `all`: its observations. */
  isAwaited(all: readonly Observation[]): boolean;
}

/** Nothing is bygone. */
export function createBygones(speaking: Speaking): Bygones {
  const { attendance } = speaking;
  const bygone = new WeakSet<Observation>();
  const has = (observation: Observation) => bygone.has(observation);

  /** Whether a live worker said it since it is there. */
  const isPresent = ({ worker, stay = 0 }: Observation) =>
    attendance.isLive(worker) && stay >= attendance.stayOf(worker);

  function without(all: readonly Observation[]): readonly Observation[] {
    return all.some(has) ? all.filter((each) => !has(each)) : all;
  }

  return {
    heard(observation, before) {
      if (isPresent(observation)) return;
      // Of a live worker that nothing was known of, this is from an absence that nobody here saw.
      const isFromBefore = before === undefined ? attendance.isLive(observation.worker) : has(before);
      if (isFromBefore || !attendance.hasVote(observation.region)) bygone.add(observation);
    },
    look(check, all) {
      // Only who is gone is replaced, and there must be another.
      const mayBeReplaced = all.length > 1 && !all.every(({ worker }) => attendance.isLive(worker));
      const counting = mayBeReplaced ? countingOf(check, without(all), speaking) : [];
      for (const each of all) {
        const isReplaced =
          !attendance.isLive(each.worker) &&
          counting.length > 0 &&
          attendance.of(each.region).length > 0 &&
          !counting.includes(each);
        if (isPresent(each)) bygone.delete(each);
        else if (isReplaced || !attendance.hasVote(each.region)) bygone.add(each);
      }
    },
    has,
    without,
    isAwaited: (all) =>
      all.some(
        (each) =>
          has(each) &&
          attendance.hasReturned(each.region) &&
          !all.some((other) => other.region === each.region && !has(other)),
      ),
  };
}
