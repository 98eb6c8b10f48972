import { type Event, TRAILS, type Trail, trailOf } from '../../event/event.ts';
import type { EventStore } from '../contract/events.ts';
import { EVENTS_ALL_MAX, EVENTS_MAX, EVENTS_OCTETS_MAX } from '../event-bounds.ts';
import { readEvents } from '../read-events.ts';
import { eventOf } from '../record/event-text.ts';
import type { Database, Row } from './database/database.ts';
import { advance } from './database/meta.ts';
import type { AsideIn } from './documents.ts';

/** Events looked at in one step to forget the oldest. */
const FORGET_PAGE = 64;

/**
 * The note of how much is kept may be damaged but look valid. So all is counted again after this number of events,
 * before any is deleted.
 */
const RECOUNT_EVENTS = 256;

/** How much of a trail is kept. */
interface Kept {
  readonly number: number;
  readonly octets: number;
  /** Events that were kept since all were counted. */
  readonly since: number;
}

/** Keeps events in the present transaction; of each trail the last EVENTS_MAX, and no more than EVENTS_OCTETS_MAX. */
export function keepEvents(database: Database, events: readonly (Event | KeptAudit)[]): void {
  if (events.length === 0) return;
  const first = advance(database, 'event', events.length) - events.length + 1;
  const trails = new Map<Trail, Kept & { readonly newest: number }>();
  for (const [at, event] of events.entries()) {
    const trail = trailOf(event);
    const { number, octets, since } =
      trails.get(trail) ?? notedOf(database, trail) ?? countedOf(database, trail);
    const text = JSON.stringify(event);
    const newest = first + at;
    database.run('INSERT INTO event (number, value, trail) VALUES (?, ?, ?)', newest, text, trail);
    const more = { number: number + 1, octets: octets + Buffer.byteLength(text), since: since + 1 };
    trails.set(trail, { ...more, newest });
  }
  for (const [trail, { newest, ...all }] of trails) {
    const isDoubtful = isOver(trail, all) && all.since >= RECOUNT_EVENTS;
    const kept = isDoubtful ? countedOf(database, trail) : all;
    const { number, octets, since } = forgetOldest(database, trail, kept, first);
    const text = `${newest} ${octets} ${number} ${since}`;
    database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', `kept_${trail}`, text);
  }
}

/** Forgets what is over the bounds of a trail, but nothing from number `first` on that has room in it; what is left then. */
function forgetOldest(database: Database, trail: Trail, kept: Kept, first: number): Kept {
  let { number, octets } = kept;
  while (isOver(trail, { number, octets })) {
    const oldest = database.all(
      'SELECT number, octet_length(value) AS octets FROM event WHERE trail = ? ORDER BY number LIMIT ?',
      trail,
      FORGET_PAGE,
    );
    let border = 0;
    for (const row of oldest) {
      const at = Number(row.number);
      if (!isOver(trail, { number, octets }) || (at >= first && number <= EVENTS_MAX[trail])) break;
      border = at;
      number -= 1;
      octets -= Number(row.octets);
    }
    if (border === 0) break;
    database.run('DELETE FROM event WHERE trail = ? AND number <= ?', trail, border);
  }
  return { ...kept, number, octets };
}

function isOver(trail: Trail, { number, octets }: Pick<Kept, 'number' | 'octets'>): boolean {
  return number > EVENTS_MAX[trail] || octets > EVENTS_OCTETS_MAX[trail];
}

/** How much of a trail is kept by the note beside the number of its newest event; undefined: a program wrote that notes nothing, or the note is more than the bounds. */
function notedOf(database: Database, trail: Trail): Kept | undefined {
  const noted = database.one('SELECT value FROM meta WHERE name = ?', `kept_${trail}`)?.value;
  const [, newest, octets, number, since] =
    /^(\d{1,15}) (\d{1,15}) (\d{1,15})(?: (\d{1,15}))?$/.exec(String(noted)) ?? [];
  const found = database.one('SELECT MAX(number) AS newest FROM event WHERE trail = ?', trail)?.newest;
  const isWithin = Number(number) <= EVENTS_MAX[trail] && Number(octets) <= EVENTS_OCTETS_MAX[trail];
  if (newest === undefined || Number(newest) !== found || !isWithin) return undefined;
  return { number: Number(number), octets: Number(octets), since: Number(since ?? RECOUNT_EVENTS) };
}

/** How much of a trail is kept, as it is counted. */
function countedOf(database: Database, trail: Trail): Kept {
  const counted = database.one(
    'SELECT COUNT(*) AS number, SUM(octet_length(value)) AS octets FROM event WHERE trail = ?',
    trail,
  );
  return { number: Number(counted?.number ?? 0), octets: Number(counted?.octets ?? 0), since: 0 };
}

/** An audit event as it is kept. */
export type KeptAudit = Extract<Event, { kind: 'audit' }> & { readonly revision: number };

/** Reads events. */
export function createEvents(database: Database, aside: AsideIn): EventStore {
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
