import type { CheckKey } from '../check/check.ts';
import type { Observation } from '../health/observation.ts';
import { assigned } from './assignment.ts';
import type { Attendance } from './roster.ts';

/** By what it is decided who speaks. */
export interface Speaking {
  readonly attendance: Attendance;
  /** Workers of a region that run each check. */
  readonly probersPerRegion: number;
}

/** Of all observations of a check, in the order in which they came, those that count, if any of them is of a live worker. */
export function countingOf(
  check: CheckKey,
  all: readonly Observation[],
  speaking: Speaking,
): readonly Observation[] {
  const known = all.some(isUnable) ? all.filter((each) => !isUnable(each)) : all;
  const { isLive, hasVote } = speaking.attendance;
  if (!known.some(({ worker }) => isLive(worker))) return [];
  if (known.length === 1) return known;
  // So it is mostly, and there may be hundreds of thousands of checks to look at.
  if (isOneEach(known)) return known.filter(({ region }) => hasVote(region));
  return [...Map.groupBy(known, ({ region }) => region)].flatMap(([region, reports]) =>
    hasVote(region) ? speakersOf(check, region, reports, speaking) : [],
  );
}

/** Whether no region has two reports, so that whoever reports speaks for it. */
function isOneEach(known: readonly Observation[]): boolean {
  return known.every(({ region }, at) => known.findIndex((each) => each.region === region) === at);
}

/** Whether an observation is of a worker that cannot make the check. */
function isUnable({ fault }: Observation): boolean {
  return fault !== undefined;
}

/**
 * Who speaks for a region. A check that has moved to another live worker leaves its last observation behind, which no
 * news ever corrects: only those count that have the check now, or all while none of them reports yet. Whoever is
 * gone speaks until the one that takes its check over does.
 */
function speakersOf(
  check: CheckKey,
  region: string,
  reports: readonly Observation[],
  speaking: Speaking,
): readonly Observation[] {
  const { attendance, probersPerRegion } = speaking;
  const members = attendance.of(region);
  const reporting = notLeftBehind(check, region, reports, speaking);
  if (reporting.length > probersPerRegion) {
    const holders = assigned(check, members, probersPerRegion);
    const holding = reporting.filter(({ worker }) => holders.includes(worker));
    return holding.length > 0 ? holding : reporting;
  }
  const missing = Math.min(probersPerRegion, members.length || probersPerRegion) - reporting.length;
  const gone = reports.filter(({ worker }) => !attendance.isLive(worker)).sort((a, b) => b.atMs - a.atMs);
  return [...reporting, ...gone.slice(0, missing)];
}

/**
 * The reports of live workers, without those of workers that had handed the check over to one that has gone since: until
 * somebody reports anew the last word is the one of who is gone.
 */
function notLeftBehind(
  check: CheckKey,
  region: string,
  reports: readonly Observation[],
  { attendance, probersPerRegion }: Speaking,
): readonly Observation[] {
  const reporting = reports.filter(({ worker }) => attendance.isLive(worker));
  if (!attendance.hasDeparted || reporting.length === reports.length) return reporting;
  const gone = attendance.departedFrom(region);
  const holders = assigned(check, [...attendance.of(region), ...gone], probersPerRegion);
  const lastAt = reports.findLastIndex(({ worker }) => gone.includes(worker) && holders.includes(worker));
  return reporting.filter((each) => holders.includes(each.worker) || reports.indexOf(each) > lastAt);
}
