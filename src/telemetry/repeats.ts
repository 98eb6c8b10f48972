/** A line that comes again and again is said at first and then so seldom. */
export const REPEAT_MS = 60_000;
/** Reasons that are told apart while something lasts: what alternates between more is one thing. */
export const REASONS_MAX = 8;

/** Decides which of a line's repetitions are said, so that what lasts does not fill the log. */
export interface Repeats {
  /**
   * How many repetitions were not said, where the line is to be said now: at first, when what it is about is another than
   * ever, and REPEAT_MS after it was said last. undefined: it is not.
   */
  due(about: string): number | undefined;
  /** What the line tells of is over: the next time it is said at once. For how long it lasted, in whole seconds, at least 1; undefined: it was not told of. */
  over(): number | undefined;
}

/** Creates a decision that has said nothing. `now`: milliseconds of a clock that does not jump. */
export function createRepeats(monotonicMs: () => number = () => performance.now()): Repeats {
  /** What was said since it began. */
  const said = new Set<string>();
  let sinceMs: number | undefined;
  let saidMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  return {
    due(about) {
      sinceMs ??= monotonicMs();
      const isKnown = said.has(about) || said.size >= REASONS_MAX;
      if (isKnown && monotonicMs() - saidMs < REPEAT_MS) {
        unsaid += 1;
        return undefined;
      }
      const count = unsaid;
      unsaid = 0;
      if (!isKnown) said.add(about);
      saidMs = monotonicMs();
      return count;
    },
    over() {
      const lastedMs = sinceMs === undefined ? undefined : monotonicMs() - sinceMs;
      said.clear();
      sinceMs = undefined;
      unsaid = 0;
      return lastedMs === undefined ? undefined : Math.max(1, Math.round(lastedMs / 1_000));
    },
  };
}
