import type { Monitor } from './monitor.ts';

/** Number of intervals without a result after which a worker loses its vote on a check, unless a probe may take longer. */
export const SILENT_INTERVALS_MAX = 3;

/**
 * Returns true where a check had no result for too long: for SILENT_INTERVALS_MAX intervals, or for one interval and the
 * longest time of a probe where that is more. It counts how often the check was due (`due`), so that neither a clock that
 * jumps nor a paused worker makes a check silent. `lookupSeconds`: the longest time of the look-up of its host name.
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
  // The first time that it is due is no silence yet.
  return (due - 1) * intervalSeconds >= Math.max(SILENT_INTERVALS_MAX * intervalSeconds, longestSeconds);
}
