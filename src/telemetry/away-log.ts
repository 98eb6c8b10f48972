import { createRepeats, REPEAT_MS } from './repeats.ts';

/** Ends a log line after which not every absence is logged. */
export const FLAPS_TEXT =
  'It comes and goes. Until it has not for a minute, Lifeguard logs this once a minute.';

/** The lines of an AwayLog. */
export interface AwayLines {
  /** `unsaid`: how often it went away without a line since the last one. `isFlapping`: the next times may have none. */
  away(unsaid: number, isFlapping: boolean): void;
  /** `seconds`: for how long it was away. Follows an `away` each time. */
  back(seconds: number): void;
}

/** Logs that something is away, and that it is back. Where it comes and goes, it does not log each time (createRepeats). */
export interface AwayLog {
  away(): void;
  back(): void;
}

/** Creates a log of what is there. `monotonicMs`: a clock that never jumps. */
export function createAwayLog(
  lines: AwayLines,
  monotonicMs: () => number = () => performance.now(),
): AwayLog {
  const repeats = createRepeats(monotonicMs);
  let saying: NodeJS.Timeout | undefined;

  function say(): void {
    const unsaid = repeats.due('');
    if (unsaid !== undefined) lines.away(unsaid, repeats.isFlapping);
    // It may stay away this time.
    else saying = setTimeout(say, REPEAT_MS).unref();
  }

  return {
    away: say,
    back() {
      clearTimeout(saying);
      const seconds = repeats.over();
      if (seconds !== undefined) lines.back(seconds);
    },
  };
}
