import type { Monitor } from './monitor.ts';

/** Intervals without a result after which a worker has no say in a check, unless a check may take longer. */
export const SILENT_INTERVALS_MAX = 3;

/**
 * Whether a check that was due so often since its last result has had none for too long: for SILENT_INTERVALS_MAX
 * intervals, or for an interval and the longest that a check may take where that is more. What is counted is how often it was due, an
 * interval apart, so that neither a clock that jumps nor a worker that stood still makes a check silent. `lookupSeconds`: the longest that it takes to look its
 * host name up before.
 */
export function isSilent(
  due: number,
  {
    intervalSeconds,
    timeoutSeconds,
    retries,
  }: Pick<Monitor, 'intervalSeconds' | 'timeoutSeconds' | 'retries'>,
  lookupSeconds = 0,
): boolean {
  const longestSeconds = intervalSeconds + lookupSeconds + timeoutSeconds * (retries + 1);
  // The first time it was due is no silence yet.
  return (due - 1) * intervalSeconds >= Math.max(SILENT_INTERVALS_MAX * intervalSeconds, longestSeconds);
}
