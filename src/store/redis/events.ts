import { TRAILS, type Trail } from '../../event/event.ts';
import type { EventStore, StoredEvent } from '../contract/events.ts';
import { EVENTS_ALL_MAX, EVENTS_MAX, EVENTS_OCTETS_MAX } from '../event-bounds.ts';
import { readEvents } from '../read-events.ts';
import { eventOf } from '../record/event-text.ts';
import type { SetAside } from '../record/record.ts';
import type { StreamEntry } from './change.ts';
import type { Connection } from './connection/connection.ts';
import { streamEntries } from './connection/reply.ts';
import type { Scripts } from './connection/scripts.ts';
import { type Keys, trailKeys } from './keys.ts';
import type { AsideIn } from './records.ts';

/** An entry, and the key of its trail. */
interface TrailEntry {
  readonly entry: StreamEntry;
  readonly place: string;
}

/** Reads events. Every method may throw StoreUnavailable. */
export function createEvents(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): EventStore {
  /** Entries of all trails, or one, with the key of the trail; at most `count`. */
  async function page(
    [command, from, to]: readonly ['XRANGE' | 'XREVRANGE', from: string, to: string],
    count: number,
    trail: Trail | undefined,
  ): Promise<TrailEntry[]> {
    const trails = trail === undefined ? trailKeys(keys) : [trailKey(keys, trail)];
    const answer =
      trail === undefined
        ? await connection.script(scripts.events, trails, [command, from, to, count])
        : [await connection.command(command, trails[0]!, from, to, 'COUNT', count)];
    const found = connection.read(answer, (all) =>
      Array.isArray(all) && all.every((each) => streamEntries(each)) ? (all as StreamEntry[][]) : undefined,
    );
    const sign = command === 'XRANGE' ? 1 : -1;
    return found
      .flatMap((entries, at) => entries.map((entry) => ({ entry, place: trails[at]! })))
      .sort((a, b) => sign * inOrder(a.entry[0], b.entry[0]))
      .slice(0, count);
  }
  const taken = {
    cursorOf: ({ entry }: TrailEntry) => entry[0],
    eventOf: ({ entry, place }: TrailEntry) => eventAt(entry, aside(place, entry[0])),
  };
  const atMost = (limit: number) => Math.max(0, Math.min(limit, EVENTS_ALL_MAX));
  return {
    events: async (limit, before, trail) => {
      if (atMost(limit) === 0 || !isCursor(before ?? '0-0')) return [];
      const older = (from: string | undefined, count: number) =>
        page(['XREVRANGE', from === undefined ? '+' : `(${from}`, '-'], count, trail);
      return readEvents({ ...taken, page: older }, before, atMost(limit));
    },
    eventsAfter: async (after, limit, trail) => {
      if (atMost(limit) === 0 || !isCursor(after ?? '0-0')) return [];
      const newer = (from: string | undefined, count: number) =>
        page(['XRANGE', from === undefined ? '-' : `(${from}`, '+'], count, trail);
      return readEvents({ ...taken, page: newer }, after, atMost(limit));
    },
    reaches: async (cursor, trail) => {
      if (!isCursor(cursor)) return false;
      const stream = trailKey(keys, trail);
      const found = await connection.command('XRANGE', stream, '-', cursor, 'COUNT', 1);
      return connection.read(found, streamEntries).length > 0;
    },
  };
}

/** The bounds of a trail, as keepEvents of keep-events.lua takes them. */
export function boundsOf(trail: Trail): string {
  return `${EVENTS_MAX[trail]} ${EVENTS_OCTETS_MAX[trail]}`;
}

/** The event that an entry of a trail holds; undefined: it is set aside. */
export function eventAt([cursor, fields]: StreamEntry, setAside: SetAside): StoredEvent | undefined {
  if (!isCursor(cursor)) return void setAside({ field: '', rule: 'must have an identifier of a time' });
  const [, text, , revision] = fields;
  return eventOf(text, cursor, revision === undefined ? undefined : Number(revision), setAside);
}

function trailKey(keys: Keys, trail: Trail): string {
  return trailKeys(keys)[TRAILS.indexOf(trail)]!;
}

function isCursor(text: string): boolean {
  return /^\d{1,15}-\d{1,15}$/.test(text);
}

/** Order of two ids, which are a time and a number. */
function inOrder(a: string, b: string): number {
  const [aMs, aNumber] = a.split('-').map(Number) as [number, number];
  const [bMs, bNumber] = b.split('-').map(Number) as [number, number];
  return aMs - bMs || aNumber - bNumber;
}
