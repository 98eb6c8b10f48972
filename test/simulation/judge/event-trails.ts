import { TRAILS, type Trail, trailOf } from '../../../src/event/event.ts';
import { EVENTS_MAX } from '../../../src/store/event-bounds.ts';
import type { Store, StoredEvent } from '../../../src/store/store.ts';

/** The events of a simulated store. */
export interface EventTrails extends Pick<Store, 'events' | 'eventsAfter' | 'reaches'> {
  keep(events: readonly Omit<StoredEvent, 'cursor'>[]): void;
  /** Forgets all events, not how many there were. */
  empty(): void;
}

/** No events yet. */
export function createEventTrails(): EventTrails {
  const kept = new Map<Trail, StoredEvent[]>();
  let count = 0;
  const isCursor = (text: string) => /^\d{1,15}$/.test(text);
  const allOf = (trail?: Trail): StoredEvent[] =>
    (trail === undefined ? TRAILS : [trail])
      .flatMap((each) => kept.get(each) ?? [])
      .sort((a, b) => Number(a.cursor) - Number(b.cursor));
  return {
    keep(events) {
      for (const event of events) {
        const trail = trailOf(event);
        const others = kept.get(trail) ?? [];
        kept.set(trail, others);
        others.push({ ...event, cursor: String(++count) } as StoredEvent);
        if (others.length > EVENTS_MAX[trail]) others.shift();
      }
    },
    empty: () => kept.clear(),
    events: async (limit, before, trail) => {
      if (before !== undefined && !isCursor(before)) return [];
      const older = allOf(trail).filter(
        ({ cursor }) => before === undefined || Number(cursor) < Number(before),
      );
      return structuredClone(older.reverse().slice(0, Math.max(0, limit)));
    },
    eventsAfter: async (after, limit, trail) => {
      if (after !== undefined && !isCursor(after)) return [];
      const newer = allOf(trail).filter(({ cursor }) => Number(cursor) > Number(after ?? 0));
      return structuredClone(newer.slice(0, Math.max(0, limit)));
    },
    reaches: async (cursor, trail) =>
      isCursor(cursor) && allOf(trail).some((each) => Number(each.cursor) <= Number(cursor)),
  };
}
