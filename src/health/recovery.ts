/** Number of steps in which a recovered endpoint gets its weight back. Each step is another answer. */
export const RECOVERY_STEPS = 10;

/**
 * Returns the share of its weight, above 0 and up to 1, that an endpoint has which recovered at `sinceMs` and gets all
 * of it back over `overMs`: a whole number of steps, at least one.
 */
export function recoveredShare(sinceMs: number, monotonicMs: number, overMs: number): number {
  const step = Math.floor(((monotonicMs - sinceMs) * RECOVERY_STEPS) / overMs) + 1;
  return Math.min(Math.max(step, 1), RECOVERY_STEPS) / RECOVERY_STEPS;
}
