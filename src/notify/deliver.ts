import { setTimeout as sleep } from 'node:timers/promises';
import { createRetry } from '../check/retry.ts';
import type { Alarm } from '../event/event.ts';
import { type ReportedAlarm, subjectOf } from '../event/reported.ts';
import { type Lead, type Store, StoreUnavailable } from '../store/store.ts';
import type { NotificationReading } from '../telemetry/readings.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { Attempt } from './attempt.ts';
import type { Destination } from './destination.ts';
import type { Logger } from './logger.ts';
import { type Notice, noticeOf } from './notice.ts';

/** How often a destination without news looks for some. */
export const LOOK_MS = 1_000;
/** Events read at a time, which is all that waits in memory for a destination: the queue is the store's. */
export const BATCH = 100;
/** Pauses after a failed attempt: each twice the one before, from the first to the second. */
export const PAUSE_MIN_MS = 1_000;
export const PAUSE_MAX_MS = 300_000;

/** The cursor of a destination that came when there were no events; where it misses the first of them, nobody can tell. */
const FROM_THE_FIRST = '';

const STORE_EMPTIED = subjectOf('alarm', 'store_emptied/');

/** What startDelivering works with. */
export interface DeliverOptions {
  readonly store: Pick<Store, 'cursor' | 'moveCursor' | 'events' | 'eventsAfter' | 'reaches'>;
  /** The lead that this node has now; undefined: another notifies. */
  readonly lead: () => Lead | undefined;
  readonly log: Logger;
  /** Told of what a destination has missed, and, once something reaches it again, that this is over. */
  readonly alarms: {
    raise(alarm: Omit<ReportedAlarm, 'kind'>, detail: string, fields: object): void;
    end(alarm: Alarm, about: string, fields: object): void;
    /** By subject; looked at for what says that the store was emptied. */
    readonly raised: ReadonlyMap<string, unknown>;
  };
}

/** A destination on its way through the events. */
export interface Delivering {
  readonly reading: NotificationReading;
  /** Ends an attempt under way; what it was about comes again from whoever leads next. */
  stop(): Promise<void>;
}

/**
 * Notifies one destination of what is told from now on, in order, one at a time, while this node leads. Its cursor is moved
 * after it has taken a notice, so that whoever leads next repeats at most one; until then the notice is tried again,
 * and whatever comes after it waits in the store. Nobody else waits for it.
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
  /** Whether events were forgotten before it heard of them, and none reached it since; in the lead with this token. */
  let hasLost = false;
  let leadToken: number | undefined;
  /** The notice it has taken whose cursor the store did not take yet: it must not get the same one twice. */
  let unmoved: { readonly from: string | undefined; readonly to: string } | undefined;
  const counts = { delivered: 0, refused: 0, failed: 0 };
  /** When that happened which it is to be notified of next, milliseconds since the epoch. */
  let pendingMs: number | undefined;

  /**
   * Where it is; `fenced`: another leads by now. Who is new hears nothing of what was before; but in a store that was
   * emptied nobody is new, and what was told there, that it was emptied above all, nobody has heard of.
   */
  async function position(lead: Lead): Promise<{ readonly after: string | undefined } | 'fenced'> {
    const cursor = await store.cursor(key);
    if (cursor !== undefined) return { after: cursor === FROM_THE_FIRST ? undefined : cursor };
    const isNew = !alarms.raised.has(STORE_EMPTIED);
    const [newest] = isNew ? await store.events(1, undefined, 'told') : [];
    const moved = await store.moveCursor(lead, key, newest?.cursor ?? FROM_THE_FIRST);
    return moved === 'fenced' ? 'fenced' : { after: newest?.cursor };
  }

  /** Brings it as far as it goes now. How long to wait until the next time, milliseconds. */
  async function goOn(lead: Lead): Promise<number> {
    // What another node has delivered meanwhile, only that one knows.
    if (leadToken !== lead.token) reached();
    leadToken = lead.token;
    if (unmoved !== undefined && (await store.cursor(key)) === unmoved.from)
      if ((await move(lead, unmoved.from, unmoved.to)) === 'fenced') return LOOK_MS;
    unmoved = undefined;
    const at = await position(lead);
    /** Where the store has it. */
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
    // What it was behind with may have been delivered by another, or be wanted no more.
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
      // The store being away is told by those who follow it.
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
      // Whoever pauses may have lost the lead long ago.
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
