import type { CheckKey } from '../pool/check.ts';

/** What runs, and how many at a time. */
export interface RunnerOptions {
  /** Checks running at a time, at least 1. */
  readonly inFlightMax: number;
  /** Makes one check; gives up when the signal aborts. Must not reject. */
  readonly run: (key: CheckKey, signal: AbortSignal) => Promise<void>;
}

/** Runs checks side by side, a bounded number at a time, each never more than once; who waits longest is next. */
export interface Runner {
  /**
   * Runs a check as soon as there is room. Skipped when it still waits; while it runs, one offer is kept and the check
   * runs once more when it ends, so that checks which take a whole interval follow each other without a pause.
   */
  offer(key: CheckKey): void;
  /** Ends a check at once, waiting or running. */
  cancel(key: CheckKey): void;
  /** Ends all checks and takes no more; resolves when none runs. */
  stop(): Promise<void>;
  readonly inFlight: number;
  readonly waiting: number;
  /** Offers that found the check waiting or running, so far. */
  readonly skipped: number;
}

/** A runner with nothing in flight. */
export function createRunner({ inFlightMax, run }: RunnerOptions): Runner {
  /** In the order they came: a Set keeps it. */
  const waiting = new Set<CheckKey>();
  const running = new Map<CheckKey, AbortController>();
  /** What was offered while it ran. */
  const again = new Set<CheckKey>();
  const ends = new Set<Promise<void>>();
  let skipped = 0;
  let isStopped = false;

  function fill(): void {
    for (const key of waiting) {
      if (ends.size >= inFlightMax) return;
      waiting.delete(key);
      const ending = new AbortController();
      running.set(key, ending);
      const end = run(key, ending.signal).finally(() => {
        ends.delete(end);
        if (running.get(key) === ending) {
          running.delete(key);
          if (again.delete(key)) waiting.add(key);
        }
        fill();
      });
      ends.add(end);
    }
  }

  function cancel(key: CheckKey): void {
    waiting.delete(key);
    again.delete(key);
    running.get(key)?.abort();
    running.delete(key);
  }

  return {
    offer(key) {
      if (isStopped) return;
      if (waiting.has(key) || running.has(key)) {
        skipped++;
        if (running.has(key)) again.add(key);
        return;
      }
      waiting.add(key);
      fill();
    },
    cancel,
    async stop() {
      isStopped = true;
      for (const key of [...waiting, ...running.keys()]) cancel(key);
      await Promise.all(ends);
    },
    get inFlight() {
      return ends.size;
    },
    get waiting() {
      return waiting.size;
    },
    get skipped() {
      return skipped;
    },
  };
}
