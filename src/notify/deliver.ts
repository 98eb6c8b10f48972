import { setTimeout as sleep } from 'node:timers/promises';
import { createRetry } from '../check/retry.ts';
import type { Alarm } from '../event/event.ts';
import { type ReportedAlarm, subjectOf } from '../event/reported.ts';
import type { EventStore } from '../store/contract/events.ts';
import { StoreUnavailable } from '../store/contract/failure.ts';
import type { Lead, LeadStore } from '../store/contract/lead.ts';
import type { NotificationReading } from '../telemetry/readings.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { Attempt } from './attempt.ts';
import type { Destination } from './destination.ts';
import type { Logger } from './logger.ts';
import { type Notice, noticeOf } from './notice.ts';

/** Time between two looks for new events, milliseconds. */
export const LOOK_MS = 1_000;
/** Maximum of events read at a time. No more wait in memory for a destination: the queue is in the store. */
export const BATCH = 100;
/** Shortest and longest pause after a failed attempt, milliseconds; each is twice the one before. */
export const PAUSE_MIN_MS = 1_000;
export const PAUSE_MAX_MS = 300_000;
/** Time that a running attempt has to end after stop(), milliseconds. A process that stops has twice as long in all. */
export const LAST_ATTEMPT_MS = 1_000;

/** The cursor of a destination that began when there were no events. Whether it missed the first ones cannot be known. */
const FROM_THE_FIRST = '';

const STORE_EMPTIED = subjectOf('alarm', 'store_emptied/');

/** Dependencies of startDelivering. */
export interface DeliverOptions {
  readonly store: EventStore & Pick<LeadStore, 'cursor' | 'moveCursor'>;
  /** Returns the lead of this node; undefined: another node notifies. */
  readonly lead: () => Lead | undefined;
  readonly log: Logger;
  /** Raises the alarm about events that a destination missed, and ends it once it is notified again. */
  readonly alarms: {
    raise(alarm: Omit<ReportedAlarm, 'kind'>, detail: string, fields: object): void;
    end(alarm: Alarm, about: string, fields: object): void;
    /** The raised alarms by subject, among them the one about an emptied store. */
    readonly raised: ReadonlyMap<string, unknown>;
  };
}

/** The notification of one destination. */
export interface Delivering {
  readonly reading: NotificationReading;
  /** Stops after a running attempt. One that takes longer than LAST_ATTEMPT_MS is aborted, and the next leader repeats it. */
  stop(): Promise<void>;
}

/**
 * Starts to notify one destination of the reported events, in order, one at a time, while this node leads. Its cursor
 * moves after it took a notification, so that the next leader repeats at most one. Until then the notification is tried
 * again, and the next ones wait in the store. No other destination waits for it.
 */
export function startDelivering(destination: Destination, options: DeliverOptions): Delivering {
  const { store, lead: leadNow, log } = options;
  const { key } = destination;
  const stopping = new AbortController();
  const { signal } = stopping;
  const givingUp = new AbortController();
  const cursor = createCursor(key, options);
  const deliveries = createDeliveries(key, options);
  const faulty = createRepeats();
  let leadToken: number | undefined;
  /** Time of the next event that it is to be notified of, milliseconds since the epoch. */
  let pendingMs: number | undefined;

  /** Notifies it of as many events as possible. Returns the pause until the next time, milliseconds. */
  async function deliver(lead: Lead): Promise<number> {
    // This node does not know what another one has delivered meanwhile.
    if (leadToken !== lead.token) deliveries.missedNone();
    leadToken = lead.token;
    const at = await cursor.read(lead);
    if (at === 'fenced') return LOOK_MS;
    const events = await store.eventsAfter(at.after, BATCH, 'told');
    if (events.length === 0) {
      pendingMs = undefined;
      return LOOK_MS;
    }
    if (at.after !== undefined && !deliveries.hasMissed && !(await store.reaches(at.after, 'told')))
      deliveries.missed(at.after);
    let passed: string | undefined;
    for (const event of events) {
      const notice = noticeOf(event);
      if (notice === undefined || !destination.wants(notice)) {
        passed = event.cursor;
        continue;
      }
      if (signal.aborted || leadNow()?.token !== lead.token) return LOOK_MS;
      pendingMs = event.atMs;
      const attempt = await destination.attempt(notice, givingUp.signal);
      if (attempt.kind === 'failed')
        return signal.aborted ? LOOK_MS : deliveries.failed(attempt.reason, notice);
      deliveries.took(attempt, notice);
      pendingMs = undefined;
      passed = undefined;
      if ((await cursor.move(lead, event.cursor)) === 'fenced') return LOOK_MS;
    }
    // Another node may have delivered the pending event, or it may no longer be wanted.
    pendingMs = undefined;
    if (passed !== undefined) await cursor.skip(lead, passed);
    return events.length < BATCH ? LOOK_MS : 0;
  }

  async function look(): Promise<number> {
    const lead = leadNow();
    if (lead === undefined) return LOOK_MS;
    try {
      return await deliver(lead);
    } catch (error) {
      // The follower logs that the store is away.
      const unsaid = error instanceof StoreUnavailable ? undefined : faulty.due(String(error));
      if (unsaid !== undefined)
        log.error(
          { destination: key, err: error, unsaid },
          'Cannot read or note what to notify. Lifeguard tries again.',
        );
      return LOOK_MS;
    }
  }

  async function run(): Promise<void> {
    while (!signal.aborted) await sleep(await look(), undefined, { signal }).catch(() => {});
  }

  const running = run();
  return {
    get reading() {
      // The lead may have ended during a pause.
      const isIdle = pendingMs === undefined || leadNow() === undefined;
      const behindMs = isIdle ? 0 : Math.max(0, Date.now() - pendingMs!);
      return { destination: key, ...deliveries.counts, behindMs };
    },
    async stop() {
      stopping.abort();
      const tooLate = setTimeout(() => givingUp.abort(), LAST_ATTEMPT_MS);
      await running;
      clearTimeout(tooLate);
    },
  };
}

/** The cursor of a destination in the store. Every call may throw StoreUnavailable; `fenced`: another node leads by now. */
interface Cursor {
  /** Reads the cursor. A new destination is not notified of earlier events: its cursor is put after the newest. */
  read(lead: Lead): Promise<{ readonly after: string | undefined } | 'fenced'>;
  /** Moves the cursor to the event that the destination took. */
  move(lead: Lead, to: string): Promise<'moved' | 'fenced'>;
  /** Moves the cursor past events that the destination does not want. */
  skip(lead: Lead, to: string): Promise<void>;
}

function createCursor(key: string, { store, alarms }: DeliverOptions): Cursor {
  /** The cursor in the store, as far as this node knows. */
  let stored: string | undefined;
  /** The notification that the destination took and whose cursor the store did not take yet. It must not get the same one twice. */
  let unmoved: { readonly from: string | undefined; readonly to: string } | undefined;

  async function move(lead: Lead, from: string | undefined, to: string): Promise<'moved' | 'fenced'> {
    unmoved = { from, to };
    const moved = await store.moveCursor(lead, key, to);
    unmoved = undefined;
    if (moved === 'moved') stored = to;
    return moved;
  }

  async function begin(lead: Lead): Promise<{ readonly after: string | undefined } | 'fenced'> {
    // In a store that was emptied no destination is new, and all events there are new, above all that it was emptied.
    const isNew = !alarms.raised.has(STORE_EMPTIED);
    const [newest] = isNew ? await store.events(1, undefined, 'told') : [];
    const cursor = newest?.cursor ?? FROM_THE_FIRST;
    if ((await store.moveCursor(lead, key, cursor)) === 'fenced') return 'fenced';
    stored = cursor;
    return { after: newest?.cursor };
  }

  return {
    async read(lead) {
      if (unmoved !== undefined && (await store.cursor(key)) === unmoved.from)
        if ((await move(lead, unmoved.from, unmoved.to)) === 'fenced') return 'fenced';
      unmoved = undefined;
      const cursor = await store.cursor(key);
      if (cursor === undefined) return begin(lead);
      stored = cursor;
      return { after: cursor === FROM_THE_FIRST ? undefined : cursor };
    },
    move: (lead, to) => move(lead, stored, to),
    async skip(lead, to) {
      await store.moveCursor(lead, key, to);
    },
  };
}

/** What became of the notifications of one destination: counts, log lines, the pause after a failure, and the alarm about missed events. */
interface Deliveries {
  readonly counts: Readonly<Record<Attempt['kind'], number>>;
  /** true: events were deleted before the destination was notified of them, and it took none since. */
  readonly hasMissed: boolean;
  /** Raises the alarm that events after a cursor were deleted. */
  missed(cursor: string): void;
  /** Ends that alarm, if it is raised. */
  missedNone(): void;
  /** Notes a failed attempt. Returns the pause before the next one, milliseconds. */
  failed(reason: string, notice: Notice): number;
  /** Notes that the destination took a notification, or refused it for good. */
  took(attempt: Exclude<Attempt, { kind: 'failed' }>, notice: Notice): void;
}

function createDeliveries(key: string, { log, alarms }: DeliverOptions): Deliveries {
  const retry = createRetry(PAUSE_MIN_MS, PAUSE_MAX_MS);
  const unreachable = createRepeats();
  const counts = { delivered: 0, refused: 0, failed: 0 };
  let failingSinceMs: number | undefined;
  let hasMissed = false;

  function missedNone(): void {
    if (hasMissed) alarms.end('notifications_lost', key, { destination: key });
    hasMissed = false;
  }

  return {
    counts,
    get hasMissed() {
      return hasMissed;
    },
    missed(cursor) {
      hasMissed = true;
      const alarm = { alarm: 'notifications_lost', about: key, pools: [] } as const;
      alarms.raise(alarm, key, { destination: key, cursor });
    },
    missedNone,
    failed(reason, { event }) {
      counts.failed += 1;
      const unsaid = unreachable.due(key);
      if (unsaid !== undefined)
        log.warn({ destination: key, reason, event: event.cursor, unsaid }, 'Cannot notify a destination.');
      failingSinceMs ??= performance.now();
      return retry.pauseMs();
    },
    took(attempt, { event }) {
      counts[attempt.kind] += 1;
      if (attempt.kind === 'refused')
        log.error(
          { destination: key, reason: attempt.reason, event: event.cursor },
          'A destination refuses a notification. Lifeguard skips it.',
        );
      else missedNone();
      if (failingSinceMs !== undefined)
        log.info(
          { destination: key, failedMs: Math.round(performance.now() - failingSinceMs) },
          'A destination takes notifications again.',
        );
      failingSinceMs = undefined;
      unreachable.over();
      retry.reset();
    },
  };
}
