/** Calls its owner when the next check is due, with one timer for all. */
export interface Metronome {
  /** Sets the timer anew, where a check may be due earlier than before. */
  arm(): void;
  stop(): void;
}

/** Shortest time between two calls, milliseconds: checks that are due within it run together. */
export const TICK_MS = 5;

/** Creates a metronome. `nextDueMs`, `gridMs` and the time passed to `onTick` are of the same clock. */
export function createMetronome(options: {
  readonly gridMs: () => number;
  readonly nextDueMs: () => number | undefined;
  readonly onTick: (gridMs: number) => void;
}): Metronome {
  const { gridMs, nextDueMs, onTick } = options;
  let timer: NodeJS.Timeout | undefined;
  let timerAtMs = Number.POSITIVE_INFINITY;
  let lastMs = Number.NEGATIVE_INFINITY;
  let isStopped = false;

  function arm(): void {
    const dueMs = nextDueMs();
    if (isStopped || dueMs === undefined) return;
    const atMs = Math.max(dueMs, lastMs + TICK_MS);
    if (atMs >= timerAtMs) return;
    clearTimeout(timer);
    timerAtMs = atMs;
    timer = setTimeout(tick, Math.max(0, atMs - gridMs()));
  }

  function tick(): void {
    timerAtMs = Number.POSITIVE_INFINITY;
    lastMs = gridMs();
    onTick(lastMs);
    arm();
  }

  return {
    arm,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
