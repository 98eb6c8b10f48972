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
  /** Stops, and aborts a running attempt, which the next leader repeats. */
  stop(): Promise<void>;
}

/**
 * Starts to notify one destination of the reported events, in order, one at a time, while this node leads. Its cursor
 * moves after it took a notification, so that the next leader repeats at most one. Until then the notification is tried
 * again, and the next ones wait in the store. No other destination waits for it.
 */
export function startDelivering(destination: Destination, options: DeliverOptions): Delivering {
  const { store, lead: leadNow, log, alarms } = options;
  const { key } = destination;
  const stopping = new AbortController();
  const { signal } = stopping;
  const retry = createRetry(PAUSE_MIN_MS, PAUSE_MAX_MS);
  const unreachable = createRepeats();
  const faulty = createRepeats();
  let failingSinceMs: number | undefined;
  /** true: events were deleted before it was notified of them, and it took none since; in the lead with this token. */
  let hasLost = false;
  let leadToken: number | undefined;
  /** The notification that it took and whose cursor the store did not take yet. It must not get the same one twice. */
  let unmoved: { readonly from: string | undefined; readonly to: string } | undefined;
  const counts = { delivered: 0, refused: 0, failed: 0 };
  /** Time of the next event that it is to be notified of, milliseconds since the epoch. */
  let pendingMs: number | undefined;

  /**
   * Returns its cursor; `fenced`: another node leads by now. A new destination is not notified of earlier events. In a
   * store that was emptied no destination is new, and all events there are new, above all that it was emptied.
   */
  async function position(lead: Lead): Promise<{ readonly after: string | undefined } | 'fenced'> {
    const cursor = await store.cursor(key);
    if (cursor !== undefined) return { after: cursor === FROM_THE_FIRST ? undefined : cursor };
    const isNew = !alarms.raised.has(STORE_EMPTIED);
    const [newest] = isNew ? await store.events(1, undefined, 'told') : [];
    const moved = await store.moveCursor(lead, key, newest?.cursor ?? FROM_THE_FIRST);
    return moved === 'fenced' ? 'fenced' : { after: newest?.cursor };
  }

  /** Notifies it of as many events as possible. Returns the pause until the next time, milliseconds. */
  async function goOn(lead: Lead): Promise<number> {
    // This node does not know what another one has delivered meanwhile.
    if (leadToken !== lead.token) reached();
    leadToken = lead.token;
    if (unmoved !== undefined && (await store.cursor(key)) === unmoved.from)
      if ((await move(lead, unmoved.from, unmoved.to)) === 'fenced') return LOOK_MS;
    unmoved = undefined;
    const at = await position(lead);
    /** The cursor in the store. */
    let from = at === 'fenced' ? undefined : (at.after ?? FROM_THE_FIRST);
    if (at === 'fenced') return LOOK_MS;
    const events = await store.eventsAfter(at.after, BATCH, 'told');
    if (events.length === 0) {
      pendingMs = undefined;
      return LOOK_MS;
    }
    if (at.after !== undefined && !hasLost && !(await store.reaches(at.after, 'told'))) lose(at.after);
    let passed: string | undefined;
    for (const event of events) {
      const notice = noticeOf(event);
      if (notice === undefined || !destination.wants(notice)) {
        passed = event.cursor;
        continue;
      }
      if (signal.aborted || leadNow()?.token !== lead.token) return LOOK_MS;
      pendingMs = event.atMs;
      const attempt = await destination.attempt(notice, signal);
      if (!signal.aborted) counts[attempt.kind] += 1;
      if (attempt.kind === 'failed') return signal.aborted ? LOOK_MS : fail(attempt.reason, notice);
      settle(attempt, notice);
      pendingMs = undefined;
      passed = undefined;
      if ((await move(lead, from, event.cursor)) === 'fenced') return LOOK_MS;
      from = event.cursor;
    }
    // Another node may have delivered the pending event, or it may no longer be wanted.
    pendingMs = undefined;
    if (passed !== undefined) await store.moveCursor(lead, key, passed);
    return events.length < BATCH ? LOOK_MS : 0;
  }

  async function move(lead: Lead, from: string | undefined, to: string): Promise<'moved' | 'fenced'> {
    unmoved = { from, to };
    const moved = await store.moveCursor(lead, key, to);
    unmoved = undefined;
    return moved;
  }

  function lose(cursor: string): void {
    hasLost = true;
    const alarm = { alarm: 'notifications_lost', about: key, pools: [] } as const;
    alarms.raise(alarm, key, { destination: key, cursor });
  }

  function reached(): void {
    if (hasLost) alarms.end('notifications_lost', key, { destination: key });
    hasLost = false;
  }

  function fail(reason: string, { event }: Notice): number {
    const unsaid = unreachable.due(key);
    if (unsaid !== undefined)
      log.warn({ destination: key, reason, event: event.cursor, unsaid }, 'Cannot notify a destination.');
    failingSinceMs ??= performance.now();
    return retry.pauseMs();
  }

  function settle(attempt: Exclude<Attempt, { kind: 'failed' }>, { event }: Notice): void {
    if (attempt.kind === 'refused')
      log.error(
        { destination: key, reason: attempt.reason, event: event.cursor },
        'A destination refuses a notification. Lifeguard skips it.',
      );
    else reached();
    if (failingSinceMs !== undefined)
      log.info(
        { destination: key, failedMs: Math.round(performance.now() - failingSinceMs) },
        'A destination takes notifications again.',
      );
    failingSinceMs = undefined;
    unreachable.over();
    retry.reset();
  }

  async function look(): Promise<number> {
    const lead = leadNow();
    if (lead === undefined) return LOOK_MS;
    try {
      return await goOn(lead);
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
      return { destination: key, ...counts, behindMs };
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
