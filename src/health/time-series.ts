/** Milliseconds between two times of a series, and how many a series has: those of a day. */
export const STEP_MS = 60_000;
export const STEPS = 1_440;

/** Response times of one check in one region, one a minute; the oldest ones are replaced. */
export interface TimeSeries {
  /** Takes in the response time at a moment, milliseconds since the epoch; undefined: the check failed then. */
  add(rttMs: number | undefined, atMs: number): void;
  /** Returns the times of `count` steps from that of a moment on; null where nothing was measured. */
  read(fromMs: number, count: number): (number | null)[];
}

/** Creates an empty series. */
export function createTimeSeries(): TimeSeries {
  const times = new Float32Array(STEPS).fill(Number.NaN);
  /** The newest step, since the epoch. */
  let last = Number.NEGATIVE_INFINITY;
  return {
    add(rttMs, atMs) {
      const step = stepOf(atMs);
      // After the clock was set back, what it measured before stays until that time comes again.
      if (step < last) return;
      if (step - last >= STEPS) times.fill(Number.NaN);
      else for (let each = last + 1; each < step; each += 1) times[each % STEPS] = Number.NaN;
      times[step % STEPS] = rttMs ?? Number.NaN;
      last = step;
    },
    read(fromMs, count) {
      const from = stepOf(fromMs);
      return Array.from({ length: count }, (_, i) => {
        const step = from + i;
        const value = step > last || step <= last - STEPS ? Number.NaN : times[step % STEPS]!;
        return Number.isNaN(value) ? null : value;
      });
    },
  };
}

/** Returns the step, since the epoch, that a moment lies in. */
export function stepOf(atMs: number): number {
  return Math.floor(atMs / STEP_MS);
}
