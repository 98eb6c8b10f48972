import type { ServerResponse } from 'node:http';
import { type Store, type StoredEvent, StoreUnavailable } from '../../store/store.ts';
import { eventView } from './view.ts';

/** How often the store is asked for new events while somebody listens. */
const LOOK_MS = 200;
/** A comment is sent when nothing else was for so long, so that nobody between us takes the connection for dead. */
export const HEARTBEAT_MS = 15_000;
/** Events read at a time. */
const BATCH = 500;
/** Octets that may wait for a slow client before its connection is cut; it comes back with Last-Event-ID. */
export const BACKLOG_OCTETS_MAX = 1_048_576;

/** Who listens to events (server-sent events, HTML §9.2). */
export interface LiveEvents {
  /** Sends what came after `after` and what comes, as far as `picked`, until the connection ends; then calls `ended`. */
  listen(
    to: ServerResponse,
    after: string | undefined,
    picked: (event: StoredEvent) => boolean,
    ended: () => void,
  ): void;
  /** Ends every connection. */
  stop(): void;
}

interface Listener {
  readonly to: ServerResponse;
  readonly picked: (event: StoredEvent) => boolean;
  after: string | undefined;
  sentMs: number;
}

/** Nobody listens yet. Those who have heard the same share one reading of the store. */
export function createLiveEvents(store: Store): LiveEvents {
  const listeners = new Set<Listener>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    for (const [after, alike] of Map.groupBy(listeners, (listener) => listener.after)) {
      const events = await store.eventsAfter(after, BATCH);
      for (const listener of alike) tell(listener, events);
    }
  }

  function tell(listener: Listener, events: readonly StoredEvent[]): void {
    const text = events.filter(listener.picked).map(frameOf).join('');
    listener.after = events.at(-1)?.cursor ?? listener.after;
    if (text !== '') send(listener, text);
    else if (performance.now() - listener.sentMs >= HEARTBEAT_MS) send(listener, ':\n\n');
  }

  function lookLater(): void {
    if (listeners.size === 0) return;
    timer ??= setTimeout(() => {
      look()
        .catch((error: unknown) => {
          // While the store is away there is nothing to tell.
          if (!(error instanceof StoreUnavailable)) throw error;
        })
        .finally(() => {
          timer = undefined;
          lookLater();
        });
    }, LOOK_MS);
  }

  return {
    listen(to, after, picked, ended) {
      const listener: Listener = { to, after, picked, sentMs: performance.now() };
      listeners.add(listener);
      to.once('close', () => {
        listeners.delete(listener);
        ended();
      });
      lookLater();
    },
    stop() {
      clearTimeout(timer);
      for (const { to } of listeners) to.end();
      listeners.clear();
    },
  };
}

function send(listener: Listener, text: string): void {
  listener.sentMs = performance.now();
  listener.to.write(text);
  if (listener.to.writableLength > BACKLOG_OCTETS_MAX) listener.to.destroy();
}

function frameOf(event: StoredEvent): string {
  return `id: ${event.cursor}\nevent: ${event.kind}\ndata: ${JSON.stringify(eventView(event))}\n\n`;
}
