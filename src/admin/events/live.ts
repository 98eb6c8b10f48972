import type { ServerResponse } from 'node:http';
import { nextTurn } from '../../pace/next-turn.ts';
import { escapeJson } from '../../pool/plain-text.ts';
import type { EventStore, StoredEvent } from '../../store/contract/events.ts';
import { StoreUnavailable } from '../../store/contract/failure.ts';
import type { Presence } from '../access/admission.ts';
import type { Caller } from '../access/call.ts';
import { READ_MAX } from './event-index.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import { eventView } from './view.ts';

/** Time between two reads of new events while there are listeners, milliseconds. */
const LOOK_MS = 200;
/** Maximum octets that wait for a slow client. Then its connection is closed, and the client returns with Last-Event-ID. */
export const BACKLOG_OCTETS_MAX = 1_048_576;

/** A listener and its filter. */
export interface Listening {
  readonly to: ServerResponse;
  /** The token of the listener, which gets no more events after its token or its session has ended. */
  readonly caller: Caller;
  /** It gets all events after this cursor. */
  readonly after: string | undefined;
  readonly picked: (event: StoredEvent) => boolean;
  /** Called once, when no more events will be sent. */
  readonly ended: () => void;
}

/** The listeners to events (server-sent events, HTML §9.2). */
export interface LiveEvents {
  /** Sends events until the connection ends. */
  listen(listening: Listening): void;
  /** Ends every connection. */
  stop(): void;
}

/** The options of createLiveEvents. */
export interface LiveEventsOptions {
  readonly store: Pick<EventStore, 'eventsAfter'>;
  /** Whether listeners would be let in still. */
  readonly presence: Presence;
  /** Called for an unexpected error, once until it is over; listeners stay. */
  readonly failed: (error: unknown) => void;
}

interface Listener extends Pick<Listening, 'to' | 'caller' | 'picked'> {
  after: string | undefined;
  sentMs: number;
}

/** Creates a set without listeners. Listeners at the same cursor share one read of the store; those with the same token share one check of it. */
export function createLiveEvents({ store, presence, failed }: LiveEventsOptions): LiveEvents {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let isFailing = false;
  /** True when a listener has more events to get than one read returned. */
  let isBehind = false;

  async function look(): Promise<void> {
    const batches: [Listener, readonly StoredEvent[]][] = [];
    isBehind = false;
    for (const [after, alike] of Map.groupBy(listeners, (listener) => listener.after)) {
      const events = await store.eventsAfter(after, READ_MAX);
      isBehind ||= events.length === READ_MAX;
      await nextTurn();
      for (const listener of alike) batches.push([listener, events]);
    }
    // Checked after the events are read, so that no listener gets an event from after the end of its token.
    for (const [, same] of Map.groupBy(batches, ([listener]) => listener.caller.id)) {
      const isIn = await presence.isTokenIn(same[0]![0].caller);
      for (const [listener, events] of same) {
        // The listener was ended in the meantime; a write would throw where nothing catches it.
        if (!listeners.has(listener)) continue;
        if (isIn && presence.isSessionIn(listener.caller)) sendEvents(listener, events);
        else end(listener);
        await nextTurn();
      }
    }
  }

  function end(listener: Listener): void {
    listeners.delete(listener);
    listener.to.end();
  }

  function sendEvents(listener: Listener, events: readonly StoredEvent[]): void {
    const text = events.filter(listener.picked).map(frameOf).join('');
    listener.after = events.at(-1)?.cursor ?? listener.after;
    if (text !== '') send(listener, text);
    else if (performance.now() - listener.sentMs >= HEARTBEAT_MS) send(listener, ':\n\n');
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
    listen({ to, caller, after, picked, ended }) {
      // The client may have closed the connection in the meantime.
      if (to.destroyed) return ended();
      const listener: Listener = { to, caller, after, picked, sentMs: performance.now() };
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

function send(listener: Listener, text: string): void {
  listener.sentMs = performance.now();
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
