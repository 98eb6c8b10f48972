/** Computes the pauses between failed attempts: each is twice the one before, up to a bound. */
export interface Retry {
  /** The next pause, milliseconds. */
  pauseMs(): number;
  /** Makes the next pause the shortest again, after an attempt that worked. */
  reset(): void;
}

/** Creates a retry whose first pause is `minMs` and whose longest is `maxMs`. */
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
