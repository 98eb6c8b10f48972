import type { Attempt } from '../../../src/notify/attempt.ts';
import type { Destination } from '../../../src/notify/destination.ts';
import { noticeOf } from '../../../src/notify/notice.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
import { LEAD_MS } from '../../../src/store/contract/lead.ts';
import type { LeadBook } from '../judge/lead-book.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

/** Somebody outside who is notified, and keeps account of it. */
export interface Receiver {
  /** The receiver as the notifier of a node's process reaches it. */
  destination(process: Process, node: string): Destination;
  /** Whether all of these events that are worth a notice have come, from the first on that it was to hear of. */
  hasAll(events: readonly StoredEvent[]): boolean;
  /** The store has lost events, or how far the receiver is, and numbers of cursors go on. */
  forget(): void;
  readonly notices: number;
}

/** What it takes to reach it, and to hear its answer. */
const WAY_MS = 10;
/** Of each such time it is away for a while, and says so. */
const ROUND_MS = 20_000;
const AWAY_MS = 4_000;

/**
 * Tells `fault` when a node begins an attempt that does not lead, and when notices come out of order: only the newest may
 * come again.
 */
export function createReceiver(
  time: VirtualTime,
  leadBook: LeadBook,
  fault: (error: unknown) => void,
): Receiver {
  const received = new Set<string>();
  let newest = -1;
  let forgotten = 0;

  /** `since`: how often the store had forgotten when this was sent. What was on its way then says nothing of the order. */
  function take(cursor: string, since: number): void {
    received.add(cursor);
    if (since !== forgotten) return;
    const number = Number(cursor);
    if (number < newest) fault(new Error(`notified of ${cursor} after ${newest}`));
    newest = number;
  }

  function attempt(process: Process, node: string, cursor: string, signal: AbortSignal): Promise<Attempt> {
    if (!leadBook.mayLead(node) && time.nowMs - leadBook.forgottenMs > LEAD_MS)
      fault(new Error(`${node} notifies of ${cursor} and does not lead`));
    const { promise, resolve } = Promise.withResolvers<Attempt>();
    signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'aborted' }), { once: true });
    const since = forgotten;
    // It gets there whatever becomes of the process meanwhile.
    time.after(WAY_MS, () => {
      const isAway = time.nowMs % ROUND_MS < AWAY_MS;
      if (!isAway) take(cursor, since);
      const answer: Attempt = isAway ? { kind: 'failed', reason: 'away' } : { kind: 'delivered' };
      time.after(WAY_MS, () => resolve(answer), process);
    });
    return promise;
  }

  return {
    destination: (process, node) => ({
      key: 'webhook/ops',
      wants: () => true,
      attempt: ({ event }, signal) => attempt(process, node, event.cursor, signal),
    }),
    hasAll(events) {
      const placedAt = Number(leadBook.placed ?? Number.POSITIVE_INFINITY);
      return events.every(
        (event) =>
          Number(event.cursor) <= placedAt || noticeOf(event) === undefined || received.has(event.cursor),
      );
    },
    forget() {
      newest = -1;
      forgotten++;
    },
    get notices() {
      return received.size;
    },
  };
}
