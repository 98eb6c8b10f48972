import type { ServerResponse } from 'node:http';
import { escapeJson } from '../../pool/plain-text.ts';
import { nextTurn } from '../../store/next-turn.ts';
import { type Store, type StoredEvent, StoreUnavailable } from '../../store/store.ts';
import type { Caller } from '../access/call.ts';
import { READ_MAX } from './event-index.ts';
import { HEARTBEAT_MS } from './heartbeat.ts';
import { eventView } from './view.ts';

/** How often the store is asked for new events while somebody listens. */
const LOOK_MS = 200;
/** Octets that may wait for a slow client before its connection is cut; it comes back with Last-Event-ID. */
export const BACKLOG_OCTETS_MAX = 1_048_576;

/** What is told to whom. */
export interface Listening {
  readonly to: ServerResponse;
  /** Who listens; hears nothing more once its token has ended. */
  readonly caller: Caller;
  /** Sent is what came after this cursor, and what comes. */
  readonly after: string | undefined;
  readonly picked: (event: StoredEvent) => boolean;
  /** Called once, when nothing more will be sent. */
  readonly ended: () => void;
}

/** Who listens to events (server-sent events, HTML §9.2). */
export interface LiveEvents {
  /** Sends events until the connection ends; at once, when it has ended already. */
  listen(listening: Listening): void;
  /** Ends every connection. */
  stop(): void;
}

/** What createLiveEvents needs. */
export interface LiveEventsOptions {
  readonly store: Pick<Store, 'eventsAfter'>;
  /** Whether a caller that was let in would still be. */
  readonly isStillIn: (caller: Caller) => Promise<boolean>;
  /** Told of a fault of ours, once until it is over; listeners go on. */
  readonly failed: (error: unknown) => void;
}

interface Listener extends Pick<Listening, 'to' | 'caller' | 'picked'> {
  after: string | undefined;
  sentMs: number;
}

/** Nobody listens yet. Those who have heard the same share one reading of the store, those with one token one look at it. */
export function createLiveEvents({ store, isStillIn, failed }: LiveEventsOptions): LiveEvents {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;
  let isFailing = false;
  /** Whether there is more for somebody than was read at once. */
  let isBehind = false;

  async function look(): Promise<void> {
    const heard: [Listener, readonly StoredEvent[]][] = [];
    isBehind = false;
    for (const [after, alike] of Map.groupBy(listeners, (listener) => listener.after)) {
      const events = await store.eventsAfter(after, READ_MAX);
      isBehind ||= events.length === READ_MAX;
      await nextTurn();
      for (const listener of alike) heard.push([listener, events]);
    }
    // After the events are read: none that came after a token's end is told to who had it.
    for (const [, same] of Map.groupBy(heard, ([listener]) => listener.caller.id)) {
      const isIn = await isStillIn(same[0]![0].caller);
      for (const [listener, events] of same) {
        // Who was ended meanwhile: to write there would be an error that nobody catches.
        if (!listeners.has(listener)) continue;
        if (isIn) tell(listener, events);
        else end(listener);
        await nextTurn();
      }
    }
  }

  function end(listener: Listener): void {
    listeners.delete(listener);
    listener.to.end();
  }

  function tell(listener: Listener, events: readonly StoredEvent[]): void {
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
      // While the store is away there is nothing to tell.
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
      // Who has hung up meanwhile closes nothing again.
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

/** Made once for all who hear of the event. */
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
