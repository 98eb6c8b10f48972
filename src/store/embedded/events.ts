import { type Event, TRAILS, type Trail, trailOf } from '../../pool/event.ts';
import { eventOf } from '../event-text.ts';
import { readEvents } from '../read-events.ts';
import { EVENTS_ALL_MAX, EVENTS_MAX, type Store } from '../store.ts';
import type { Database, Row } from './database.ts';
import type { AsideIn } from './documents.ts';
import { advance } from './meta.ts';

/** Keeps events in the present transaction, and the last EVENTS_MAX of each trail. */
export function keepEvents(database: Database, events: readonly (Event | KeptAudit)[]): void {
  if (events.length === 0) return;
  const by = events.length;
  const newest = advance(database, 'event', by);
  for (const [at, event] of events.entries())
    database.run(
      'INSERT INTO event (number, value, trail) VALUES (?, ?, ?)',
      newest - by + 1 + at,
      JSON.stringify(event),
      trailOf(event),
    );
  for (const trail of new Set(events.map(trailOf)))
    database.run(
      `DELETE FROM event WHERE trail = ? AND number <=
         (SELECT number FROM event WHERE trail = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
      trail,
      trail,
      EVENTS_MAX[trail],
    );
}

/** An audit event as it is kept. */
export type KeptAudit = Extract<Event, { kind: 'audit' }> & { readonly revision: number };

/** Reading events. */
export function createEvents(
  database: Database,
  aside: AsideIn,
): Pick<Store, 'events' | 'eventsAfter' | 'reaches'> {
  const isCursor = (text: string | undefined) => text === undefined || /^\d{1,15}$/.test(text);
  const atMost = (limit: number) => Math.max(0, Math.min(limit, EVENTS_ALL_MAX));
  /** All trails as JSON, or one. */
  const among = (trail: Trail | undefined) => JSON.stringify(trail === undefined ? TRAILS : [trail]);
  const storedOf = ({ number, value }: Row) =>
    eventOf(value, String(number), undefined, aside('event', String(number)));
  return {
    events: async (limit, before, trail) => {
      if (!isCursor(before)) return [];
      const page = async (from: string | undefined, count: number) =>
        database.all(
          `SELECT number, value FROM event WHERE number < ? AND trail IN (SELECT value FROM json_each(?))
           ORDER BY number DESC LIMIT ?`,
          from === undefined ? Number.MAX_SAFE_INTEGER : Number(from),
          among(trail),
          count,
        );
      return readEvents({ page, cursorOf, eventOf: storedOf }, before, atMost(limit));
    },
    eventsAfter: async (after, limit, trail) => {
      if (!isCursor(after)) return [];
      const page = async (from: string | undefined, count: number) =>
        database.all(
          `SELECT number, value FROM event WHERE number > ? AND trail IN (SELECT value FROM json_each(?))
           ORDER BY number LIMIT ?`,
          Number(from ?? 0),
          among(trail),
          count,
        );
      return readEvents({ page, cursorOf, eventOf: storedOf }, after, atMost(limit));
    },
    reaches: async (cursor, trail) =>
      isCursor(cursor) &&
      database.one('SELECT 1 FROM event WHERE trail = ? AND number <= ? LIMIT 1', trail, Number(cursor)) !==
        undefined,
  };
}

function cursorOf({ number }: Row): string {
  return String(number);
}
