import type { CheckKey } from '../check/check.ts';
import type { Observation } from '../health/observation.ts';
import { assigned } from './assignment.ts';
import type { Roster } from './roster.ts';

/** What decides which observations of a check count as votes. */
export interface VotingRules {
  readonly roster: Roster;
  /** Number of workers of a region that run each check. */
  readonly probersPerRegion: number;
}

/**
 * Returns the observations of a check that count as votes; none where no live worker observes it. `all`: in the order in
 * which they came.
 */
export function votesOf(
  check: CheckKey,
  all: readonly Observation[],
  voting: VotingRules,
): readonly Observation[] {
  const known = all.some(isUnable) ? all.filter((each) => !isUnable(each)) : all;
  const { isLive, hasVote } = voting.roster;
  if (!known.some(({ worker }) => isLive(worker))) return [];
  if (known.length === 1) return known;
  // The common case is quick: there may be hundreds of thousands of checks to look at.
  if (isOneEach(known)) return known.filter(({ region }) => hasVote(region));
  return [...Map.groupBy(known, ({ region }) => region)].flatMap(([region, reports]) =>
    hasVote(region) ? votesOfRegion(check, region, reports, voting) : [],
  );
}

/** Returns true where no region has two observations, so that each is the vote of its region. */
function isOneEach(known: readonly Observation[]): boolean {
  return known.every(({ region }, at) => known.findIndex((each) => each.region === region) === at);
}

/** Returns true for an observation of a worker that cannot run the check. */
function isUnable({ fault }: Observation): boolean {
  return fault !== undefined;
}

/**
 * Returns the votes of one region. A check that moved to another live worker leaves an observation behind that nothing
 * corrects. So only the workers that the check is assigned to have a vote, or all while none of these has observed it.
 * A worker that is gone keeps its vote until the one that takes over its check has observed it.
 */
function votesOfRegion(
  check: CheckKey,
  region: string,
  reports: readonly Observation[],
  voting: VotingRules,
): readonly Observation[] {
  const { roster, probersPerRegion } = voting;
  const members = roster.liveIn(region);
  const reporting = notLeftBehind(check, region, reports, voting);
  if (reporting.length > probersPerRegion) {
    const assignees = assigned(check, members, probersPerRegion);
    const ofAssignees = reporting.filter(({ worker }) => assignees.includes(worker));
    return ofAssignees.length > 0 ? ofAssignees : reporting;
  }
  const missing = Math.min(probersPerRegion, members.length || probersPerRegion) - reporting.length;
  const gone = reports.filter(({ worker }) => !roster.isLive(worker)).sort((a, b) => b.atMs - a.atMs);
  return [...reporting, ...gone.slice(0, missing)];
}

/**
 * Returns the observations of live workers, without those of workers that handed the check over to one that is gone by
 * now: until a live worker observes the check anew, the observation of the one that is gone is the latest.
 */
function notLeftBehind(
  check: CheckKey,
  region: string,
  reports: readonly Observation[],
  { roster, probersPerRegion }: VotingRules,
): readonly Observation[] {
  const reporting = reports.filter(({ worker }) => roster.isLive(worker));
  if (!roster.hasDeparted || reporting.length === reports.length) return reporting;
  const gone = roster.departedFrom(region);
  const assignees = assigned(check, [...roster.liveIn(region), ...gone], probersPerRegion);
  const lastAt = reports.findLastIndex(({ worker }) => gone.includes(worker) && assignees.includes(worker));
  return reporting.filter((each) => assignees.includes(each.worker) || reports.indexOf(each) > lastAt);
}
