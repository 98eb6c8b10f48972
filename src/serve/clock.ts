/** Time between two updates of the shared second, milliseconds. */
const TICK_MS = 250;

/** The time for threads that must not ask for it. */
export interface Clock {
  /** One word: seconds since the epoch. */
  readonly seconds: SharedArrayBuffer;
  stop(): void;
}

/** Keeps a word of shared memory at the present second. */
export function startClock(epochMs: () => number = Date.now): Clock {
  const seconds = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const word = new Int32Array(seconds);
  const tick = () => {
    Atomics.store(word, 0, Math.floor(epochMs() / 1_000));
  };
  tick();
  const timer = setInterval(tick, TICK_MS);
  return { seconds, stop: () => clearInterval(timer) };
}
