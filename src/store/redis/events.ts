import { eventOf } from '../event-text.ts';
import { EVENTS_MAX, type Store } from '../store.ts';
import type { StreamEntry } from './change.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';

/** Reading events. Every method may throw StoreUnavailable. */
export function createEvents(
  connection: Connection,
  { events }: Keys,
): Pick<Store, 'events' | 'eventsAfter'> {
  async function read(command: 'XRANGE' | 'XREVRANGE', from: string, to: string, limit: number) {
    const entries = await connection.command(command, events, from, to, 'COUNT', limit);
    return (entries as StreamEntry[]).map(([cursor, [, text, , revision]]) =>
      eventOf(text!, cursor, Number(revision)),
    );
  }
  const isCursor = (text: string | undefined) => text === undefined || /^\d{1,15}-\d{1,15}$/.test(text);
  const atMost = (limit: number) => Math.max(0, Math.min(limit, EVENTS_MAX));
  return {
    events: async (limit, before) => {
      if (atMost(limit) === 0 || !isCursor(before)) return [];
      return read('XREVRANGE', before === undefined ? '+' : `(${before}`, '-', atMost(limit));
    },
    eventsAfter: async (after, limit) => {
      if (atMost(limit) === 0 || !isCursor(after)) return [];
      return read('XRANGE', after === undefined ? '-' : `(${after}`, '+', atMost(limit));
    },
  };
}
