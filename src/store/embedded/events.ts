import type { AuditEvent, HealthEvent } from '../../pool/event.ts';
import { eventOf } from '../event-text.ts';
import { EVENTS_MAX, type Store } from '../store.ts';
import type { Database, Row } from './database.ts';

/** Keeps events in the present transaction, the last EVENTS_MAX of all. */
export function keepEvents(database: Database, events: readonly (HealthEvent | KeptAudit)[]): void {
  if (events.length === 0) return;
  const by = events.length;
  const row = database.one(`UPDATE meta SET value = value + ? WHERE name = 'event' RETURNING value`, by);
  const newest = Number(row!.value);
  for (const [at, event] of events.entries())
    database.run('INSERT INTO event VALUES (?, ?)', newest - by + 1 + at, JSON.stringify(event));
  database.run('DELETE FROM event WHERE number <= ?', newest - EVENTS_MAX);
}

/** An audit event as it is kept. */
export type KeptAudit = AuditEvent & { readonly revision: number };

/** Reading events. */
export function createEvents(database: Database): Pick<Store, 'events' | 'eventsAfter'> {
  const isCursor = (text: string | undefined) => text === undefined || /^\d{1,15}$/.test(text);
  const atMost = (limit: number) => Math.max(0, Math.min(limit, EVENTS_MAX));
  return {
    events: async (limit, before) => {
      if (!isCursor(before)) return [];
      const rows = database.all(
        'SELECT number, value FROM event WHERE number < ? ORDER BY number DESC LIMIT ?',
        before === undefined ? Number.MAX_SAFE_INTEGER : Number(before),
        atMost(limit),
      );
      return rows.map(storedOf);
    },
    eventsAfter: async (after, limit) => {
      if (!isCursor(after)) return [];
      const rows = database.all(
        'SELECT number, value FROM event WHERE number > ? ORDER BY number LIMIT ?',
        Number(after ?? 0),
        atMost(limit),
      );
      return rows.map(storedOf);
    },
  };
}

function storedOf({ number, value }: Row) {
  const { revision } = JSON.parse(String(value)) as { revision?: number };
  return eventOf(String(value), String(number), revision);
}
