import type { ServerResponse } from 'node:http';
import type { Trail } from '../../event/event.ts';
import { nextTurn } from '../../pace/next-turn.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import type { EventStore, StoredEvent } from '../../store/contract/events.ts';
import { StoreUnavailable } from '../../store/contract/failure.ts';
import type { Presence } from '../access/admission.ts';
import type { Caller } from '../access/call.ts';
import { timestamp } from '../schema/timestamp.ts';
import { type EventGap, type EventIndex, READ_MAX } from './event-index.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import { eventView } from './view.ts';

/** Time between two reads of new events while there are listeners, milliseconds. */
const LOOK_MS = 200;
/** Maximum octets that wait for a slow client. Then its connection is closed, and the client returns with Last-Event-ID. */
export const BACKLOG_OCTETS_MAX = 1_048_576;
/** Why a listener misses events. */
const GAP_REASON = 'events may be missing here, since the store keeps them no longer';

/** A listener and its filter. */
export interface Listening {
  readonly to: ServerResponse;
  /** The trails that it picks from. */
  readonly trails: readonly Trail[];
  /** The token of the listener, which gets no more events after its token or its session has ended. */
  readonly caller: Caller;
  /** It gets all events after this cursor. */
  readonly after: string | undefined;
  /** Events that it misses already, after that cursor; undefined: none. */
  readonly gap: EventGap | undefined;
  readonly picked: (event: StoredEvent) => boolean;
  /** Shortest time between two deliveries, milliseconds; events in between come together. 0: as soon as they are read. */
  readonly everyMs: number;
  /** Called once, when no more events will be sent. */
  readonly ended: () => void;
}

/** The listeners to events (server-sent events, HTML §9.2). */
export interface LiveEvents {
  /** Begins the stream, and sends events until the connection ends. */
  listen(listening: Listening): void;
  /** Ends every connection. */
  stop(): void;
}

/** The options of createLiveEvents. */
export interface LiveEventsOptions {
  readonly store: Pick<EventStore, 'eventsAfter' | 'reaches'>;
  readonly index: Pick<EventIndex, 'gapAfter'>;
  readonly epochMs: () => number;
  /** A clock that never jumps, milliseconds; absent: the machine's. */
  readonly monotonicMs?: () => number;
  /** Whether listeners would be let in still. */
  readonly presence: Presence;
  /** Called for an unexpected error, once until it is over; listeners stay. */
  readonly failed: (error: unknown) => void;
}

interface Listener extends Pick<Listening, 'to' | 'caller' | 'picked' | 'trails' | 'gap' | 'everyMs'> {
  after: string | undefined;
  sentMs: number;
  /** It gets no events before this time. */
  dueMs: number;
}

/** New events of a listener, and those that it misses. */
interface Batch {
  readonly listener: Listener;
  readonly events: readonly StoredEvent[];
  /** Whether there may be more events. */
  readonly isPart: boolean;
  readonly gap: EventGap | undefined;
}

/** Creates a set without listeners. Listeners at the same cursor share one read of the store; those with the same token share one check of it. */
export function createLiveEvents({
  store,
  index,
  presence,
  epochMs,
  monotonicMs = () => performance.now(),
  failed,
}: LiveEventsOptions): LiveEvents {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let isFailing = false;
  /** True when a listener has more events to get than one read returned. */
  let isBehind = false;

  async function look(): Promise<void> {
    const batches: Batch[] = [];
    isBehind = false;
    const nowMs = monotonicMs();
    const due = [...listeners].filter(({ dueMs }) => dueMs <= nowMs);
    for (const [after, alike] of Map.groupBy(due, (listener) => listener.after)) {
      const events = await store.eventsAfter(after, READ_MAX);
      const isPart = events.length === READ_MAX;
      isBehind ||= isPart;
      await nextTurn();
      const gapFor = events.length === 0 ? undefined : await gapsAfter(after, alike);
      for (const listener of alike) {
        const gap = listener.gap?.after === after ? undefined : await gapFor?.(listener.trails);
        batches.push({ listener, events, isPart, gap });
      }
    }
    // Checked after the events are read, so that no listener gets an event from after the end of its token.
    for (const [, same] of Map.groupBy(batches, ({ listener }) => listener.caller.id)) {
      const isIn = await presence.isTokenIn(same[0]!.listener.caller);
      for (const batch of same) {
        // The listener was ended in the meantime; a write would throw where nothing catches it.
        if (!listeners.has(batch.listener)) continue;
        if (isIn && presence.isSessionIn(batch.listener.caller)) sendEvents(batch);
        else end(batch.listener);
        await nextTurn();
      }
    }
  }

  /**
   * Finds what the store may have removed before these listeners got it, by their trails; undefined: nothing. Asked after the events were
   * read, as what was kept then had not been removed.
   */
  async function gapsAfter(
    after: string | undefined,
    alike: readonly Listener[],
  ): Promise<((trails: readonly Trail[]) => Promise<EventGap | undefined>) | undefined> {
    if (after === undefined) return undefined;
    const lacking: Trail[] = [];
    for (const trail of new Set(alike.flatMap(({ trails }) => trails)))
      if (!(await store.reaches(after, trail))) lacking.push(trail);
    const found = new Map<string, Promise<EventGap | undefined>>();
    return async (trails) =>
      trails.some((trail) => lacking.includes(trail))
        ? found.getOrInsertComputed(String(trails), () => index.gapAfter(after, trails))
        : undefined;
  }

  function end(listener: Listener): void {
    listeners.delete(listener);
    listener.to.end();
  }

  function sendEvents({ listener, events, isPart, gap }: Batch): void {
    const missing = gap === undefined ? '' : gapFrameOf(gap, undefined, epochMs());
    const text = missing + events.filter(listener.picked).map(frameOf).join('');
    listener.after = events.at(-1)?.cursor ?? listener.after;
    const nowMs = monotonicMs();
    if (text !== '' && !isPart) listener.dueMs = nowMs + listener.everyMs;
    if (text !== '') send(listener, text, nowMs);
    else if (nowMs - listener.sentMs >= HEARTBEAT_MS) send(listener, ':\n\n', nowMs);
  }

  async function lookOnce(): Promise<void> {
    try {
      await look();
      isFailing = false;
    } catch (error) {
      // While the store is unreachable there are no new events.
      if (error instanceof StoreUnavailable) return;
      if (!isFailing) failed(error);
      isFailing = true;
    }
  }

  function lookLater(): void {
    if (listeners.size === 0) return;
    timer ??= setTimeout(
      () => {
        void lookOnce().then(() => {
          timer = undefined;
          lookLater();
        });
      },
      isBehind ? 0 : LOOK_MS,
    );
  }

  return {
    listen({ to, caller, after, gap, trails, picked, everyMs, ended }) {
      // The client may have closed the connection in the meantime.
      if (to.destroyed) return ended();
      const nowMs = monotonicMs();
      const times = { everyMs, sentMs: nowMs, dueMs: nowMs };
      const listener: Listener = { to, caller, after, gap, trails, picked, ...times };
      to.write(`retry: 1000\n\n${gap === undefined ? '' : gapFrameOf(gap, after, epochMs())}`);
      listeners.add(listener);
      to.once('close', () => {
        listeners.delete(listener);
        ended();
      });
      lookLater();
    },
    stop() {
      clearTimeout(timer);
      for (const listener of listeners) end(listener);
    },
  };
}

function send(listener: Listener, text: string, nowMs: number): void {
  listener.sentMs = nowMs;
  listener.to.write(text);
  if (listener.to.writableLength > BACKLOG_OCTETS_MAX) listener.to.destroy();
}

/** Formats an event once for all its listeners. */
const frames = new WeakMap<StoredEvent, string>();

function frameOf(event: StoredEvent): string {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = newFrame(event);
  frames.set(event, frame);
  return frame;
}

function newFrame(event: StoredEvent): string {
  return `id: ${event.cursor}\nevent: ${event.kind}\ndata: ${escapeJson(JSON.stringify(eventView(event)))}\n\n`;
}

/** Formats the event that says which events are missing. A client that is cut off after it continues with `id`. */
function gapFrameOf({ after, before }: EventGap, start: string | undefined, epochMs: number): string {
  const id = before === null && start !== undefined ? `id: ${start}\n` : '';
  const data = { kind: 'gap', time: timestamp(epochMs), after, before, reason: GAP_REASON };
  return `${id}event: gap\ndata: ${escapeJson(JSON.stringify(data))}\n\n`;
}
