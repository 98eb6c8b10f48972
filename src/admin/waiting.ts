import { apiError } from './errors.ts';

/** Requests that may wait at a time, for events and for revisions together. */
export const WAITING_MAX = 100;
/** Seconds after which a client that was turned away may come again. */
const RETRY_AFTER_SECONDS = 5;

/** Counts the requests that wait. */
export interface Waiting {
  /** One more waits; gives what ends it, once. Throws ApiError when WAITING_MAX do. */
  begin(): () => void;
}

/** Nobody waits yet. */
export function createWaiting(): Waiting {
  let waiting = 0;
  return {
    begin() {
      if (waiting >= WAITING_MAX)
        throw apiError(
          'tooManyWaiting',
          { max: WAITING_MAX },
          { 'retry-after': String(RETRY_AFTER_SECONDS) },
        );
      waiting += 1;
      let isOver = false;
      return () => {
        if (!isOver) waiting -= 1;
        isOver = true;
      };
    },
  };
}
