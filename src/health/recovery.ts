/** Steps by which what comes back reaches its whole weight: each is an answer of its own. */
export const RECOVERY_STEPS = 10;

/**
 * What of its weight an endpoint has that came back at `sinceMs` and is to have all of it `overMs` later: a whole number
 * of steps, never none.
 */
export function recoveredShare(sinceMs: number, nowMs: number, overMs: number): number {
  const step = Math.floor(((nowMs - sinceMs) * RECOVERY_STEPS) / overMs) + 1;
  return Math.min(Math.max(step, 1), RECOVERY_STEPS) / RECOVERY_STEPS;
}
