import type { Observation } from './observation.ts';

/** Healthy or not, decided from all votes on one check. */
export interface Verdict {
  /** undefined: nothing was ever observed. */
  readonly healthy: boolean | undefined;
  /** No live worker votes, and the last verdict stays in force. */
  readonly stale: boolean;
}

/** The verdict on a check that was never observed. */
export const UNKNOWN: Verdict = { healthy: undefined, stale: false };

/** The only four other verdicts: there may be hundreds of thousands of references to them. */
const LIVE = [false, true].map((healthy): Verdict => ({ healthy, stale: false }));
const STALE = [false, true].map((healthy): Verdict => ({ healthy, stale: true }));

/** Returns the verdict of live workers. */
function live(healthy: boolean): Verdict {
  return LIVE[Number(healthy)]!;
}

/** Returns a verdict that stays in force without voters. */
export function staleVerdict(healthy: boolean): Verdict {
  return STALE[Number(healthy)]!;
}

/**
 * Decides the verdict on one check. Each region votes by the majority of its workers that count, and the regions decide
 * by majority. A tie is healthy: it takes more than half to withdraw an address. A worker that cannot run the check does
 * not count. Without votes the last verdict (`last`) stays in force. Without that either (the node just started), the
 * observations of workers that are gone decide.
 */
export function judge(
  observations: readonly Observation[],
  counts: (worker: string) => boolean,
  last: boolean | undefined,
): Verdict {
  const counting = observations.filter(({ worker, fault }) => fault === undefined && counts(worker));
  if (counting.length > 0) return live(majority(counting));
  if (last !== undefined) return staleVerdict(last);
  const known = observations.filter(({ streak }) => streak > 0);
  return known.length > 0 ? staleVerdict(majority(known)) : UNKNOWN;
}

/** What happens to verdicts that are too old: they stay in force, or count as healthy or as unhealthy. */
export const STALE_POLICIES = ['hold', 'healthy', 'unhealthy'] as const;

/** When stale verdicts are too old, and what happens to them then. */
export interface StaleRule {
  /** Time after which a stale verdict is too old; absent: never. */
  readonly afterMs?: number;
  readonly policy: (typeof STALE_POLICIES)[number];
}

/** Returns a verdict that has been stale for `staleMs` as the rule has it. An unknown one stays unknown. */
export function whenStale(verdict: Verdict, staleMs: number, { afterMs, policy }: StaleRule): Verdict {
  const isTooOld = verdict.stale && afterMs !== undefined && staleMs >= afterMs;
  if (!isTooOld || policy === 'hold' || verdict.healthy === undefined) return verdict;
  return staleVerdict(policy === 'healthy');
}

/** Decides as judge(), but by the region `own` alone where its workers vote (reference API §4.1, regional health). */
export function judgeOwnFirst(
  own: string,
  observations: readonly Observation[],
  counts: (worker: string) => boolean,
  last: boolean | undefined,
): Verdict {
  const near = observations.filter(
    ({ region, worker, fault }) => region === own && fault === undefined && counts(worker),
  );
  return near.length > 0 ? judge(near, counts, last) : judge(observations, counts, last);
}

function majority(observations: readonly Observation[]): boolean {
  if (observations.length === 1) return observations[0]!.healthy;
  const byRegion = Map.groupBy(observations, ({ region }) => region);
  const votes = [...byRegion.values()].map((reports) => notOutvoted(reports.map(({ healthy }) => healthy)));
  return notOutvoted(votes);
}

function notOutvoted(votes: readonly boolean[]): boolean {
  return votes.filter((healthy) => !healthy).length * 2 <= votes.length;
}
