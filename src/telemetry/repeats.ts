/** A line that comes again and again is said at first and then so seldom. */
export const REPEAT_MS = 60_000;

/** Decides which of a line's repetitions are said, so that what lasts does not fill the log. */
export interface Repeats {
  /**
   * How many repetitions were not said, where the line is to be said now: at first, when what it is about is another, and
   * REPEAT_MS after it was said last. undefined: it is not.
   */
  due(about: string): number | undefined;
  /** What the line tells of is over: the next time it is said at once. */
  over(): void;
}

/** Creates a decision that has said nothing. `now`: milliseconds of a clock that does not jump. */
export function createRepeats(now: () => number = () => performance.now()): Repeats {
  let last: { readonly about: string; readonly atMs: number; unsaid: number } | undefined;
  return {
    due(about) {
      if (last?.about === about && now() - last.atMs < REPEAT_MS) {
        last.unsaid += 1;
        return undefined;
      }
      const unsaid = last?.about === about ? last.unsaid : 0;
      last = { about, atMs: now(), unsaid: 0 };
      return unsaid;
    },
    over() {
      last = undefined;
    },
  };
}
