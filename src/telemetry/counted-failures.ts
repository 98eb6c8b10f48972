/** Time between two lines about failures of one reason, milliseconds. */
export const COUNT_MS = 30_000;
/** Reasons that are counted apart at a time. Failures of others are counted together. */
export const REASONS_MAX = 16;

const OTHERS = 'others';

/** Logs failures that may come by the thousand: the first of each reason, then how many there were. */
export interface CountedFailures {
  /** Notes a failure. `log` is called where it has a line of its own. */
  note(reason: string, log: () => void): void;
  /** Logs the failures that were counted and have no line yet. */
  stop(): void;
}

/**
 * Creates what has the first failure of each reason logged, and every COUNT_MS after it calls `more` with how many there were in this
 * time, until there was none.
 */
export function createCountedFailures(
  more: (count: number, reason: string, seconds: number) => void,
): CountedFailures {
  /** How many there were since the last line, by reason. */
  const counts = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();

  function say(reason: string): void {
    const { count, timer } = counts.get(reason)!;
    if (count === 0) {
      clearInterval(timer);
      counts.delete(reason);
      return;
    }
    counts.get(reason)!.count = 0;
    more(count, reason, COUNT_MS / 1_000);
  }

  return {
    note(given, log) {
      const reason = counts.has(given) || counts.size < REASONS_MAX ? given : OTHERS;
      const known = counts.get(reason);
      if (known !== undefined) {
        known.count += 1;
        return;
      }
      log();
      counts.set(reason, { count: 0, timer: setInterval(() => say(reason), COUNT_MS).unref() });
    },
    stop() {
      for (const [reason, { count, timer }] of counts) {
        clearInterval(timer);
        if (count > 0) more(count, reason, COUNT_MS / 1_000);
      }
      counts.clear();
    },
  };
}
