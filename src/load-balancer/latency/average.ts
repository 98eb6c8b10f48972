/** Time after which a measurement counts half as much as a new one, milliseconds. */
export const HALF_LIFE_MS = 600_000;
/** Time that measurements span before their average is used, milliseconds. */
export const WARM_MS = 180_000;
/** Time after the last measurement at which an average is forgotten, milliseconds: three half-lives. */
export const KEPT_MS = 3 * HALF_LIFE_MS;

/** The exponentially weighted moving average (EWMA) of round-trip times, and how much there is behind it. */
export interface Average {
  readonly rttMs: number;
  /** Sum of the weights of all measurements: 1 for one that is just made. */
  readonly weight: number;
  /** When the first and the last one were made, by a clock that never jumps, milliseconds. */
  readonly sinceMs: number;
  readonly atMs: number;
}

/**
 * Adds a measurement to an average; `was` is undefined before the first. Each counts by its age alone, so the first one has no
 * more weight than any other, unlike in an average that starts from it.
 */
export function averaged(was: Average | undefined, rttMs: number, nowMs: number): Average {
  if (was === undefined) return { rttMs, weight: 1, sinceMs: nowMs, atMs: nowMs };
  const left = was.weight * 2 ** ((was.atMs - nowMs) / HALF_LIFE_MS);
  const weight = left + 1;
  return { rttMs: (was.rttMs * left + rttMs) / weight, weight, sinceMs: was.sinceMs, atMs: nowMs };
}

/** Returns true once the measurements span enough time (WARM_MS) for pools to be ordered by them. */
export function isWarm({ sinceMs, atMs }: Average): boolean {
  return atMs - sinceMs >= WARM_MS;
}

/** Returns true where the last measurement is so old (KEPT_MS) that the average says nothing any more. */
export function isTooOld({ atMs }: Average, nowMs: number): boolean {
  return nowMs - atMs >= KEPT_MS;
}
