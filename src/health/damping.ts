/** When an endpoint that flaps is held out, and for how long. */
export interface DampingRule {
  /** More flips of its verdict than this, at least 1. */
  readonly flips: number;
  /** Within so long; also how long it is held out for the first time. */
  readonly windowMs: number;
  /** Longest time it is held out at once. */
  readonly holdMaxMs: number;
}

/** What is remembered of a verdict that flips; times are milliseconds of one clock that does not jump. */
export interface Damping {
  /** When it flipped last, the oldest first; one more than the rule allows at most. */
  readonly flips: readonly number[];
  /** It is held out until then. */
  readonly untilMs: number;
  /** For how long it was held out the last time; 0: it never was. */
  readonly holdMs: number;
}

/** A verdict that never flipped. */
export const CALM: Damping = { flips: [], untilMs: Number.NEGATIVE_INFINITY, holdMs: 0 };

/**
 * Takes in that a verdict flipped, in either direction. One flip too many holds it out: at first for a window, and each
 * time that follows within as long as it was held out for twice as long, up to the bound. Flips while it is held out
 * make that no longer.
 */
export function stepDamping(was: Damping, nowMs: number, rule: DampingRule): Damping {
  const recent = was.flips.filter((atMs) => nowMs - atMs < rule.windowMs);
  const flips = [...recent, nowMs].slice(-(rule.flips + 1));
  if (flips.length <= rule.flips || nowMs < was.untilMs) return { ...was, flips };
  const isAgain = was.holdMs > 0 && nowMs - was.untilMs < was.holdMs;
  const holdMs = Math.min(rule.holdMaxMs, isAgain ? 2 * was.holdMs : rule.windowMs);
  return { flips, untilMs: nowMs + holdMs, holdMs };
}
