import { TELLING_MAX, type Telling } from '../store.ts';

/** Throws RangeError when a telling holds more than TELLING_MAX of anything. */
export function boundTelling({ events, put, drop }: Telling): void {
  const most = Math.max(events.length, put.length, drop.length);
  if (most > TELLING_MAX) throw new RangeError(`a telling has ${most} of a kind; ${TELLING_MAX} at most`);
}
