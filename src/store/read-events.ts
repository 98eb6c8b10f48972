import type { StoredEvent } from './contract/events.ts';

/** Entries read at a time in the place of damaged ones, at the least. */
const INSTEAD_MIN = 64;

/** The source of events. */
export interface EventSource<Entry> {
  /** The next `count` entries, or all there are; `from`: the cursor that they come after, or before. */
  page(from: string | undefined, count: number): Promise<readonly Entry[]>;
  cursorOf(entry: Entry): string;
  /** The event in an entry; undefined: it is damaged. */
  eventOf(entry: Entry): StoredEvent | undefined;
}

/**
 * Reads as many events as are wanted, or all there are: others replace damaged ones. Otherwise a caller that continues
 * after the last event would stop at a run of damaged ones, and take fewer events for the end.
 */
export async function readEvents<Entry>(
  source: EventSource<Entry>,
  from: string | undefined,
  limit: number,
): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for (let at = from, count = limit; events.length < limit; ) {
    const entries = await source.page(at, count);
    events.push(...entries.flatMap((entry) => source.eventOf(entry) ?? []));
    if (entries.length < count) break;
    at = source.cursorOf(entries.at(-1)!);
    count = Math.max(limit - events.length, INSTEAD_MIN);
  }
  return events.slice(0, limit);
}
