/** The least time between two repetitions of a line in the log, milliseconds. The first line is logged at once. */
export const REPEAT_MS = 60_000;
/** Reasons that are distinguished while a condition lasts. Further ones count as repetitions. */
export const REASONS_MAX = 8;

/** A condition that begins this often within REPEAT_MS is flapping: it is logged once in that time, until it has been over for as long. */
export const TIMES_MAX = 3;

/** Decides which repetitions of a line are logged, so that a condition that lasts, or flaps, does not fill the log. */
export interface Repeats {
  /**
   * Returns how many repetitions were suppressed, if the line is to be logged now: the first time, for each new reason
   * (`about`), and REPEAT_MS after the last line. Otherwise returns undefined. A condition that was over is logged at once when
   * it begins again, unless it is flapping (TIMES_MAX).
   */
  due(about: string): number | undefined;
  /** Notes that the condition is over. Returns for how long it lasted, in whole seconds, at least 1; undefined if it was not logged. */
  over(): number | undefined;
  /** Whether the condition is flapping: not every beginning of it is logged. */
  readonly isFlapping: boolean;
}

/** Creates the decision for one line. `monotonicMs` returns milliseconds of a clock that does not jump. */
export function createRepeats(monotonicMs: () => number = () => performance.now()): Repeats {
  /** Reasons that were logged since the condition began. */
  const logged = new Set<string>();
  let sinceMs: number | undefined;
  let loggedMs = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  /** When the condition was first logged after it began, the last TIMES_MAX times. */
  let times: number[] = [];
  let isFlapping = false;
  /** When the condition was last seen, or was over. */
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    due(about) {
      if (sinceMs === undefined && monotonicMs() - lastMs >= REPEAT_MS) isFlapping = false;
      sinceMs ??= monotonicMs();
      lastMs = monotonicMs();
      const isFirst = logged.size === 0;
      const isKnown = logged.has(about) || logged.size >= REASONS_MAX || (isFirst && isFlapping);
      if (isKnown && monotonicMs() - loggedMs < REPEAT_MS) {
        suppressed += 1;
        return undefined;
      }
      const count = suppressed;
      suppressed = 0;
      logged.add(about);
      loggedMs = monotonicMs();
      if (isFirst) times = [...times, loggedMs].slice(-TIMES_MAX);
      isFlapping ||= times.length === TIMES_MAX && loggedMs - times[0]! < REPEAT_MS;
      return count;
    },
    over() {
      const lastedMs = sinceMs === undefined ? undefined : monotonicMs() - sinceMs;
      sinceMs = undefined;
      lastMs = monotonicMs();
      if (lastedMs === undefined || logged.size === 0) return undefined;
      logged.clear();
      suppressed = 0;
      return Math.max(1, Math.round(lastedMs / 1_000));
    },
    get isFlapping() {
      return isFlapping;
    },
  };
}
