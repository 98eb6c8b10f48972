/** Wakes its owner when the next thing is due, with one timer for all of them. */
export interface Metronome {
  /** There may be something due earlier than before. */
  arm(): void;
  stop(): void;
}

/** Shortest time between two wakings, milliseconds: what is due within it is due together. */
export const TICK_MS = 5;

/** `nextDueMs` and `now` are of the same clock; `onTick` gets its time. */
export function createMetronome(options: {
  readonly now: () => number;
  readonly nextDueMs: () => number | undefined;
  readonly onTick: (nowMs: number) => void;
}): Metronome {
  const { now, nextDueMs, onTick } = options;
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
    timer = setTimeout(tick, Math.max(0, atMs - now()));
  }

  function tick(): void {
    timerAtMs = Number.POSITIVE_INFINITY;
    lastMs = now();
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
