import { TRAILS, type Trail } from '../../pool/event.ts';
import { eventOf } from '../event-text.ts';
import { EVENTS_ALL_MAX, type Store, type StoredEvent } from '../store.ts';
import type { StreamEntry } from './change.ts';
import type { Connection } from './connection.ts';
import { type Keys, trailKeys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** Reading events. Every method may throw StoreUnavailable. */
export function createEvents(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
): Pick<Store, 'events' | 'eventsAfter' | 'reaches'> {
  async function read(
    command: 'XRANGE' | 'XREVRANGE',
    from: string,
    to: string,
    limit: number,
    trail: Trail | undefined,
  ): Promise<StoredEvent[]> {
    const found =
      trail === undefined
        ? await connection.script(scripts.events, trailKeys(keys), [command, from, to, limit])
        : [await connection.command(command, trailKey(keys, trail), from, to, 'COUNT', limit)];
    const sign = command === 'XRANGE' ? 1 : -1;
    return (found as StreamEntry[][])
      .flat()
      .sort(([a], [b]) => sign * inOrder(a, b))
      .slice(0, limit)
      .map(([cursor, [, text, , revision]]) => eventOf(text!, cursor, Number(revision)));
  }
  const atMost = (limit: number) => Math.max(0, Math.min(limit, EVENTS_ALL_MAX));
  return {
    events: async (limit, before, trail) => {
      if (atMost(limit) === 0 || !isCursor(before ?? '0-0')) return [];
      return read('XREVRANGE', before === undefined ? '+' : `(${before}`, '-', atMost(limit), trail);
    },
    eventsAfter: async (after, limit, trail) => {
      if (atMost(limit) === 0 || !isCursor(after ?? '0-0')) return [];
      return read('XRANGE', after === undefined ? '-' : `(${after}`, '+', atMost(limit), trail);
    },
    reaches: async (cursor, trail) => {
      if (!isCursor(cursor)) return false;
      const stream = trailKey(keys, trail);
      const found = await connection.command('XRANGE', stream, '-', cursor, 'COUNT', 1);
      return (found as StreamEntry[]).length > 0;
    },
  };
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
