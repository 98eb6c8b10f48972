import { DeadlineExceeded, LocalFault } from './failure.ts';

/** A deadline that is noticed later than this was missed by a process that stood still, and that has not read what came. */
export const PAUSE_MS = 500;

const ENDED = new Error('the attempt is over');

/**
 * Runs something that gets a signal and ends with it: after `timeoutMs` the signal aborts with DeadlineExceeded, or
 * with LocalFault when that is noticed more than PAUSE_MS late; when `outer` aborts it aborts with the same reason. When `run` settles the signal aborts too, so that whatever was
 * opened under it is closed on every path.
 */
export async function withDeadline<T>(
  timeoutMs: number,
  outer: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const ending = new AbortController();
  const endsMs = performance.now() + timeoutMs;
  const timer = setTimeout(() => {
    const wasPaused = performance.now() > endsMs + PAUSE_MS;
    ending.abort(wasPaused ? new LocalFault('this process was paused') : new DeadlineExceeded());
  }, timeoutMs);
  const passOn = () => ending.abort(outer?.reason);
  outer?.addEventListener('abort', passOn);
  try {
    return await run(ending.signal);
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
