import { TRAILS, type Trail, trailOf } from '../../../src/event/event.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
import { EVENTS_MAX, EVENTS_OCTETS_MAX } from '../../../src/store/event-bounds.ts';
import type { Store } from '../../../src/store/store.ts';

/** The events of a simulated store. */
export interface EventTrails extends Pick<Store, 'events' | 'eventsAfter' | 'reaches'> {
  keep(events: readonly Omit<StoredEvent, 'cursor'>[]): void;
  /** Forgets all events, not how many there were. */
  empty(): void;
  /** Returns what forgets the events since, not how many there were. */
  remember(): () => void;
}

const NONE = { health: 0, told: 0, audit: 0 } as const satisfies Record<Trail, number>;

/** No events yet. */
export function createEventTrails(): EventTrails {
  const kept = new Map<Trail, StoredEvent[]>();
  let count = 0;
  /** Octets of each event as JSON, by its number from 1 on, and of those kept of each trail. */
  const sizes = [0];
  let octets: Record<Trail, number> = { ...NONE };
  const forget = (trail: Trail, events: StoredEvent[]) => {
    octets[trail] -= sizes[Number(events.shift()!.cursor)]!;
  };
  const isCursor = (text: string) => /^\d{1,15}$/.test(text);
  const allOf = (trail?: Trail): StoredEvent[] =>
    (trail === undefined ? TRAILS : [trail])
      .flatMap((each) => kept.get(each) ?? [])
      .sort((a, b) => Number(a.cursor) - Number(b.cursor));
  return {
    keep(events) {
      const before = count;
      for (const event of events) {
        const trail = trailOf(event);
        const others = kept.get(trail) ?? [];
        kept.set(trail, others);
        others.push({ ...event, cursor: String(++count) } as StoredEvent);
        sizes.push(Buffer.byteLength(JSON.stringify(event)));
        octets[trail] += sizes.at(-1)!;
        if (others.length > EVENTS_MAX[trail]) forget(trail, others);
      }
      for (const [trail, others] of kept)
        while (octets[trail] > EVENTS_OCTETS_MAX[trail] && Number(others[0]!.cursor) <= before)
          forget(trail, others);
    },
    empty: () => {
      kept.clear();
      octets = { ...NONE };
    },
    remember() {
      const was = [...kept].map(([trail, events]): [Trail, StoredEvent[]] => [trail, [...events]]);
      const wasOctets = { ...octets };
      return () => {
        kept.clear();
        for (const [trail, events] of was) kept.set(trail, events);
        octets = wasOctets;
      };
    },
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
