import type { Observation } from './observation.ts';

/** What is made of all that is observed about one check. */
export interface Verdict {
  /** Whether the checked address may be answered; undefined: nothing was ever observed. */
  readonly healthy: boolean | undefined;
  /** No live worker reports: the verdict is the last one, held. */
  readonly stale: boolean;
}

/** Nothing is known yet. */
export const UNKNOWN: Verdict = { healthy: undefined, stale: false };

/** There may be hundreds of thousands of verdicts, which are no more than these four. */
const LIVE = [false, true].map((healthy): Verdict => ({ healthy, stale: false }));
const STALE = [false, true].map((healthy): Verdict => ({ healthy, stale: true }));

/** A verdict of live workers. */
function live(healthy: boolean): Verdict {
  return LIVE[Number(healthy)]!;
}

/** A verdict that is no more than held. */
export function staleVerdict(healthy: boolean): Verdict {
  return STALE[Number(healthy)]!;
}

/**
 * The verdict on one check. A region votes by the majority of the workers that count, the regions that have one decide
 * by majority; a tie is healthy, so that it takes more than half to withdraw an address. A worker that is unable to
 * make the check does not count. Where none does, the last verdict (`held`) stands; where there is none either (a node that has just started), what the workers said before
 * they went is judged as if they lived.
 */
export function judge(
  observations: readonly Observation[],
  counts: (worker: string) => boolean,
  held: boolean | undefined,
): Verdict {
  const counting = observations.filter(({ worker, fault }) => fault === undefined && counts(worker));
  if (counting.length > 0) return live(majority(counting));
  if (held !== undefined) return staleVerdict(held);
  const known = observations.filter(({ streak }) => streak > 0);
  return known.length > 0 ? staleVerdict(majority(known)) : UNKNOWN;
}

/** What becomes of verdicts that are too old: they hold, or count as healthy or as unhealthy. */
export const STALE_POLICIES = ['hold', 'healthy', 'unhealthy'] as const;

/** When verdicts are too old, and what becomes of them then. */
export interface StaleRule {
  /** Stale for so long; absent: never. */
  readonly afterMs?: number;
  readonly policy: (typeof STALE_POLICIES)[number];
}

/** A verdict that has been stale for so long, by the rule; what was never known stays unknown. */
export function whenStale(verdict: Verdict, staleMs: number, { afterMs, policy }: StaleRule): Verdict {
  const isTooOld = verdict.stale && afterMs !== undefined && staleMs >= afterMs;
  if (!isTooOld || policy === 'hold' || verdict.healthy === undefined) return verdict;
  return staleVerdict(policy === 'healthy');
}

/** As judge(), but where the workers of the region `own` report, they alone decide (reference API §4.1, regional health). */
export function judgeOwnFirst(
  own: string,
  observations: readonly Observation[],
  counts: (worker: string) => boolean,
  held: boolean | undefined,
): Verdict {
  const near = observations.filter(
    ({ region, worker, fault }) => region === own && fault === undefined && counts(worker),
  );
  return near.length > 0 ? judge(near, counts, held) : judge(observations, counts, held);
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
