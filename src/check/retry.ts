/** Pauses between attempts at something that failed: each twice the one before, up to a bound, until it works. */
export interface Retry {
  /** The next pause, milliseconds. */
  pauseMs(): number;
  /** It worked: the next pause is the shortest again. */
  reset(): void;
}

/** A retry whose first wait is `minMs` and no wait longer than `maxMs`. */
export function createRetry(minMs: number, maxMs: number): Retry {
  let nextMs = minMs;
  return {
    pauseMs() {
      const pauseMs = nextMs;
      nextMs = Math.min(maxMs, 2 * nextMs);
      return pauseMs;
    },
    reset() {
      nextMs = minMs;
    },
  };
}
