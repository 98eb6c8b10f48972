import { type Event, TRAILS, type Trail, trailOf } from '../../event/event.ts';
import { EVENTS_ALL_MAX, EVENTS_MAX, EVENTS_OCTETS_MAX } from '../event-bounds.ts';
import { readEvents } from '../read-events.ts';
import { eventOf } from '../record/event-text.ts';
import type { Store } from '../store.ts';
import type { Database, Row } from './database/database.ts';
import { advance } from './database/meta.ts';
import type { AsideIn } from './documents.ts';

/** Keeps events in the present transaction; of each trail the last EVENTS_MAX, and no more than EVENTS_OCTETS_MAX. */
export function keepEvents(database: Database, events: readonly (Event | KeptAudit)[]): void {
  if (events.length === 0) return;
  const by = events.length;
  const first = advance(database, 'event', by) - by + 1;
  const added = new Map<Trail, number>();
  const before = new Map<Trail, number>();
  for (const [at, event] of events.entries()) {
    const trail = trailOf(event);
    if (!added.has(trail)) before.set(trail, keptOctets(database, trail));
    const text = JSON.stringify(event);
    database.run('INSERT INTO event (number, value, trail) VALUES (?, ?, ?)', first + at, text, trail);
    added.set(trail, (added.get(trail) ?? 0) + Buffer.byteLength(text));
  }
  for (const [trail, octets] of added) {
    const left = forgetOldest(database, trail, before.get(trail)! + octets, first);
    const newest = String(newestOf(database, trail));
    database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', `octets_${trail}`, `${newest} ${left}`);
  }
}

/** Forgets what is over the bounds of a trail that has so many octets, but nothing from number `first` on; returns the octets left. */
function forgetOldest(database: Database, trail: Trail, octets: number, first: number): number {
  const dropped = database.all(
    `DELETE FROM event WHERE trail = ? AND number <=
       (SELECT number FROM event WHERE trail = ? ORDER BY number DESC LIMIT 1 OFFSET ?)
     RETURNING octet_length(value) AS octets`,
    trail,
    trail,
    EVENTS_MAX[trail],
  );
  let left = dropped.reduce((sum, row) => sum - Number(row.octets), octets);
  while (left > EVENTS_OCTETS_MAX[trail]) {
    const oldest = database.one(
      'SELECT number, octet_length(value) AS octets FROM event WHERE trail = ? AND number < ? ORDER BY number LIMIT 1',
      trail,
      first,
    );
    if (oldest === undefined) break;
    database.run('DELETE FROM event WHERE number = ?', oldest.number!);
    left -= Number(oldest.octets);
  }
  return left;
}

/** Octets of a trail: kept beside the number of its newest event, and counted where a program wrote that keeps none. */
function keptOctets(database: Database, trail: Trail): number {
  const kept = database.one('SELECT value FROM meta WHERE name = ?', `octets_${trail}`)?.value;
  const found = /^(\d{1,15}) (\d{1,15})$/.exec(String(kept));
  if (found !== null && Number(found[1]) === newestOf(database, trail)) return Number(found[2]);
  const row = database.one('SELECT SUM(octet_length(value)) AS octets FROM event WHERE trail = ?', trail);
  return Number(row?.octets ?? 0);
}

/** The number of the newest event of a trail; 0: it has none. */
function newestOf(database: Database, trail: Trail): number {
  return Number(database.one('SELECT MAX(number) AS newest FROM event WHERE trail = ?', trail)?.newest ?? 0);
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
