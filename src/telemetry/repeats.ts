/** A line that comes again and again is said at first and then so seldom. */
export const REPEAT_MS = 60_000;
/** Reasons that are told apart while something lasts: what alternates between more is one thing. */
export const REASONS_MAX = 8;

/** What comes and goes is said so often within REPEAT_MS, and then once in that time, until it has not come for as long. */
export const TIMES_MAX = 3;

/** Decides which of a line's repetitions are said, so that what lasts, or comes and goes, does not fill the log. */
export interface Repeats {
  /**
   * How many repetitions were not said, where the line is to be said now: at first, when what it is about is another than
   * ever, and REPEAT_MS after it was said last. undefined: it is not. What was over is said anew, unless it comes and goes (TIMES_MAX).
   */
  due(about: string): number | undefined;
  /** What the line tells of is over: the next time it is said at once. For how long it lasted, in whole seconds, at least 1; undefined: it was not told of. */
  over(): number | undefined;
  /** What was said last comes and goes: from here on not all of it is said. */
  readonly isFlapping: boolean;
}

/** Creates a decision that has said nothing. `now`: milliseconds of a clock that does not jump. */
export function createRepeats(monotonicMs: () => number = () => performance.now()): Repeats {
  /** What was said since it began. */
  const said = new Set<string>();
  let sinceMs: number | undefined;
  let saidMs = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  /** When what came was said at first, the last TIMES_MAX times. */
  let times: number[] = [];
  let isFlapping = false;
  /** When it was there last. */
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    due(about) {
      if (sinceMs === undefined && monotonicMs() - lastMs >= REPEAT_MS) isFlapping = false;
      sinceMs ??= monotonicMs();
      lastMs = monotonicMs();
      const isFirst = said.size === 0;
      const isKnown = said.has(about) || said.size >= REASONS_MAX || (isFirst && isFlapping);
      if (isKnown && monotonicMs() - saidMs < REPEAT_MS) {
        unsaid += 1;
        return undefined;
      }
      const count = unsaid;
      unsaid = 0;
      said.add(about);
      saidMs = monotonicMs();
      if (isFirst) times = [...times, saidMs].slice(-TIMES_MAX);
      isFlapping ||= times.length === TIMES_MAX && saidMs - times[0]! < REPEAT_MS;
      return count;
    },
    over() {
      const lastedMs = sinceMs === undefined ? undefined : monotonicMs() - sinceMs;
      sinceMs = undefined;
      lastMs = monotonicMs();
      if (lastedMs === undefined || said.size === 0) return undefined;
      said.clear();
      unsaid = 0;
      return Math.max(1, Math.round(lastedMs / 1_000));
    },
    get isFlapping() {
      return isFlapping;
    },
  };
}
