import { REPORT_MAX, type Report } from '../contract/lead.ts';

/** Throws RangeError when a report holds more than REPORT_MAX of anything. */
export function boundReport({ events, put, drop }: Report): void {
  const most = Math.max(events.length, put.length, drop.length);
  if (most > REPORT_MAX) throw new RangeError(`a report has ${most} of a kind; ${REPORT_MAX} at most`);
}
