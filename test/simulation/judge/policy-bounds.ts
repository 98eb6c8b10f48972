import { WORKERS_INTERVAL_MS } from '../../../src/serve/follow/refresh.ts';
import type { Plan } from '../plan.ts';

/** What the policies of a history allow at the most, whichever of them a node goes by. */
export interface PolicyBounds {
  /** What flapped may be held out for this time. */
  readonly heldOutMs: number;
  /** The fewest checks that may be a mass failure. */
  readonly massFailureMinimum: number;
  /** What came back has its whole weight after this time. */
  readonly recoveryMs: number;
  /** A stale verdict that is older than this may be replaced by a word; undefined: never. */
  readonly staleMs: number | undefined;
  /** Only the checks decide what a node answers that knows nothing but verdicts. */
  readonly areVerdictsAll: boolean;
}

/** Finds the bounds of a plan. */
export function policyBounds({ policies }: Plan): PolicyBounds {
  const most = (values: readonly (number | undefined)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  const stale = policies.flatMap(({ stale: { afterMs, policy } }) =>
    afterMs === undefined || policy === 'hold' ? [] : [afterMs],
  );
  const holdMs = policies.flatMap(({ damping }) =>
    damping ? [damping.holdMaxMs + WORKERS_INTERVAL_MS] : [],
  );
  return {
    heldOutMs: most(holdMs),
    massFailureMinimum: Math.min(
      ...policies.map(({ massFailure }) => massFailure?.minimum ?? Number.POSITIVE_INFINITY),
    ),
    recoveryMs: most(policies.map(({ recoveryMs }) => recoveryMs)),
    staleMs: stale.length === 0 ? undefined : Math.max(...stale),
    areVerdictsAll: policies.every(({ damping, stale: { afterMs } }) => !damping && !afterMs),
  };
}
