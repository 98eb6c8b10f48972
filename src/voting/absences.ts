import type { CheckKey } from '../check/check.ts';
import type { Observation } from '../health/observation.ts';
import { type VotingRules, votesOf } from './voters.ts';

/**
 * Tracks which observations are from before an absence: their region had no vote for a time, or another worker of the
 * region had taken the check over. After an absence, a worker's earlier observations no longer count; only new ones do.
 */
export interface Absences {
  /** Takes in a new observation. `before`: the one that it replaces. */
  observed(observation: Observation, before: Observation | undefined): void;
  /** Looks at a check again after the roster changed. `all`: the observations of the check. */
  rosterChanged(check: CheckKey, all: readonly Observation[]): void;
  /** Returns true for an observation from before an absence, which does not count. */
  isFromBefore(observation: Observation): boolean;
  /** Returns these observations without those from before an absence. */
  withoutEarlier(all: readonly Observation[]): readonly Observation[];
  /** Returns true while a region that returned recently has no new observation of a check. `all`: those of the check. */
  isAwaited(all: readonly Observation[]): boolean;
}

/** Creates a tracker that knows of no absence. */
export function createAbsences(voting: VotingRules): Absences {
  const { roster } = voting;
  const earlier = new WeakSet<Observation>();
  const has = (observation: Observation) => earlier.has(observation);

  /** Returns true for an observation that a live worker made in its current incarnation. */
  const isCurrent = ({ worker, stay = 0 }: Observation) =>
    roster.isLive(worker) && stay >= roster.incarnationOf(worker);

  function without(all: readonly Observation[]): readonly Observation[] {
    return all.some(has) ? all.filter((each) => !has(each)) : all;
  }

  return {
    observed(observation, before) {
      if (isCurrent(observation)) return;
      // A first observation of an earlier incarnation: this node did not see the absence.
      const isFromBefore = before === undefined ? roster.isLive(observation.worker) : has(before);
      if (isFromBefore || !roster.hasVote(observation.region)) earlier.add(observation);
    },
    rosterChanged(check, all) {
      // Only a worker that is gone can be replaced, and only by another.
      const mayBeReplaced = all.length > 1 && !all.every(({ worker }) => roster.isLive(worker));
      const votes = mayBeReplaced ? votesOf(check, without(all), voting) : [];
      for (const each of all) {
        const isReplaced =
          !roster.isLive(each.worker) &&
          votes.length > 0 &&
          roster.liveIn(each.region).length > 0 &&
          !votes.includes(each);
        if (isCurrent(each)) earlier.delete(each);
        else if (isReplaced || !roster.hasVote(each.region)) earlier.add(each);
      }
    },
    isFromBefore: has,
    withoutEarlier: without,
    isAwaited: (all) =>
      all.some(
        (each) =>
          has(each) &&
          roster.hasReturned(each.region) &&
          !all.some((other) => other.region === each.region && !has(other)),
      ),
  };
}
