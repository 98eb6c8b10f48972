/** When an endpoint that flaps is held out of answers, and for how long. */
export interface DampingRule {
  /** Flips of a verdict within the window that are tolerated, at least 1. One more holds the endpoint out. */
  readonly flips: number;
  /** Length of the window; also how long the endpoint is held out for the first time. */
  readonly windowMs: number;
  /** Longest time for which the endpoint is held out at once. */
  readonly holdMaxMs: number;
}

/** The recent flips of a verdict. Times are milliseconds of one clock that never jumps. */
export interface Damping {
  /** Times of the latest flips, oldest first; at most one more than the rule tolerates. */
  readonly flips: readonly number[];
  /** When the endpoint is no longer held out. */
  readonly untilMs: number;
  /** How long the endpoint was held out the last time; 0: never. */
  readonly holdMs: number;
}

/** The state of a verdict that never flipped. */
export const CALM: Damping = { flips: [], untilMs: Number.NEGATIVE_INFINITY, holdMs: 0 };

/**
 * Takes in a flip of a verdict, in either direction. One flip too many holds the endpoint out: at first for a window.
 * When that happens again soon (within as long as it was held out), it is held out twice as long, up to `holdMaxMs`.
 * Flips while it is held out do not extend the time.
 */
export function stepDamping(was: Damping, monotonicMs: number, rule: DampingRule): Damping {
  const recent = was.flips.filter((atMs) => monotonicMs - atMs < rule.windowMs);
  const flips = [...recent, monotonicMs].slice(-(rule.flips + 1));
  if (flips.length <= rule.flips || monotonicMs < was.untilMs) return { ...was, flips };
  const isAgain = was.holdMs > 0 && monotonicMs - was.untilMs < was.holdMs;
  const holdMs = Math.min(rule.holdMaxMs, isAgain ? 2 * was.holdMs : rule.windowMs);
  return { flips, untilMs: monotonicMs + holdMs, holdMs };
}
