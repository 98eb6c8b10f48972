import { DeadlineExceeded, LocalFault } from './failure.ts';

/** A deadline that is noticed later than this passed while the process was paused, and did not read answers. */
export const PAUSE_MS = 500;

const ENDED = new Error('the attempt is over');

/** Waits for something whose time does not count against a deadline. */
export type Untimed = <T>(work: Promise<T>) => Promise<T>;

/**
 * Runs something that gets a signal and ends with it: after `timeoutMs` the signal aborts with DeadlineExceeded, or
 * with LocalFault when that is noticed more than PAUSE_MS late; when `outer` aborts it aborts with the same reason. What is
 * waited for through `untimed` does not count. When `run` settles the signal aborts too, so that whatever was opened under it is
 * closed on every path.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal, untimed: Untimed) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const ending = new AbortController();
  let endsMs: number;
  let timer: NodeJS.Timeout | undefined;
  function start(ms: number): void {
    endsMs = performance.now() + ms;
    timer = setTimeout(() => {
      const wasPaused = performance.now() > endsMs + PAUSE_MS;
      ending.abort(wasPaused ? new LocalFault('this process was paused') : new DeadlineExceeded());
    }, ms);
  }
  const untimed: Untimed = async (work) => {
    clearTimeout(timer);
    const leftMs = Math.max(0, endsMs - performance.now());
    try {
      return await work;
    } finally {
      if (!ending.signal.aborted) start(leftMs);
    }
  };
  const passOn = () => ending.abort(outer?.reason);
  outer?.addEventListener('abort', passOn);
  start(timeoutMs);
  try {
    return await run(ending.signal, untimed);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', passOn);
    ending.abort(ENDED);
  }
}

/** The promise's result, or a rejection with the signal's reason when that comes first. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
