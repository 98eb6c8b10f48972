import { TRAILS, type Trail, trailOf } from '../../event/event.ts';
import { nextTurn } from '../../pace/next-turn.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { EventStore, StoredEvent } from '../../store/contract/events.ts';
import { EVENTS_MAX, EVENTS_OCTETS_MAX } from '../../store/event-bounds.ts';
import { type EventFilter, loadBalancersOf, poolsOf } from './event-filter.ts';

/** Events that are read at a time: about two MiB of the largest ones. */
export const READ_MAX = 64;

/** Octets that a trail lacks to its bound at the most when the store has removed events of it for their size. */
const FULL_ROOM_OCTETS = 1_048_576;

/** The properties of an event for filters, and its place in the store. */
interface Entry {
  readonly cursor: string;
  readonly kind: StoredEvent['kind'];
  readonly trail: Trail;
  readonly octets: number;
  /** Identifiers and names (poolNameKey) of its pools. */
  readonly pools: readonly string[];
  /** Identifier and name of its load balancer. */
  readonly loadBalancers: readonly string[];
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** An index of the stored events. Every method may throw StoreUnavailable. */
export interface EventIndex {
  /** Returns true when an event is about the pool with an identifier, or with a name in any case. */
  knowsPool(called: string): Promise<boolean>;
  /** Yields the events that match a filter, newest first, and older than `before` where given. */
  picked(filter: EventFilter, before: string | undefined): AsyncGenerator<StoredEvent>;
  /** Finds the events of some trails that the store may have removed after the one with the cursor `after`. */
  gapAfter(after: string, trails: readonly Trail[]): Promise<EventGap | undefined>;
}

/** Events that the store no longer has, or may no longer have. */
export interface EventGap {
  /** They came after the event with this cursor. */
  readonly after: string;
  /** They came before this event; null: before all that are to come. */
  readonly before: string | null;
}

/** Creates an empty index. Each call first reads the new events, a few at a time; simultaneous calls share that. */
export function createEventIndex(store: Pick<EventStore, 'events' | 'eventsAfter'>): EventIndex {
  let entries: Entry[] = [];
  let last: string | undefined;
  let reading: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  async function readOn(): Promise<void> {
    const before = last;
    for (;;) {
      const events = await store.eventsAfter(last, READ_MAX);
      for (const event of events) entries.push(entryOf(event));
      last = events.at(-1)?.cursor ?? last;
      if (events.length < READ_MAX) break;
      await nextTurn();
    }
    if (last !== before) await forget();
  }

  /** Removes the events that the store has removed: all before the oldest event of a trail. */
  async function forget(): Promise<void> {
    const first = new Map<Trail, number>();
    for (const trail of TRAILS) {
      const [oldest] = await store.eventsAfter(undefined, 1, trail);
      first.set(
        trail,
        oldest === undefined ? 0 : entries.findIndex(({ cursor }) => cursor === oldest.cursor),
      );
    }
    const kept = entries.filter(({ trail }, at) => at >= first.get(trail)!);
    if (kept.length < entries.length) entries = kept;
  }

  /** A call during a read waits for the next read, which sees everything that was stored before the call. */
  function upToDate(): Promise<void> {
    if (reading === undefined) {
      const begun = readOn().finally(() => {
        reading = undefined;
      });
      reading = begun;
      return begun;
    }
    next ??= reading
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return upToDate();
      });
    return next;
  }

  /**
   * Reads adjacent entries, newest first, from the entry before them on, so that events which are stored meanwhile take no
   * place of theirs; those that were removed meanwhile are left out.
   */
  async function read(run: readonly Entry[], after: string | undefined): Promise<StoredEvent[]> {
    const trail = run.length === 1 ? run[0]!.trail : undefined;
    const wanted = new Set(run.map(({ cursor }) => cursor));
    const events = await store.eventsAfter(after, run.length, trail);
    return events.filter(({ cursor }) => wanted.has(cursor)).reverse();
  }

  /** Whether a trail has so much that the store removes the oldest of it. */
  function isFull(trail: Trail): boolean {
    const own = entries.filter((entry) => entry.trail === trail);
    const octets = own.reduce((sum, entry) => sum + entry.octets, 0);
    return own.length >= EVENTS_MAX[trail] || octets > EVENTS_OCTETS_MAX[trail] - FULL_ROOM_OCTETS;
  }

  return {
    async gapAfter(after, trails) {
      await upToDate();
      const at = entries.findIndex(({ cursor }) => cursor === after);
      const [next] = await store.eventsAfter(after, 1);
      // Without an event after it, it is the newest, or one of another store.
      if (next === undefined) return at === -1 ? { after, before: null } : undefined;
      const nextAt = entries.findIndex(({ cursor }) => cursor === next.cursor);
      const begins = trails.map((trail) => ({
        trail,
        first: entries.findIndex((entry) => entry.trail === trail),
      }));
      // Each trail is forgotten for itself. Where the event is gone, so may others of any trail that begins after it.
      const lacking = begins.filter(({ trail, first }) => first >= nextAt && (at === -1 || isFull(trail)));
      const before = at === -1 ? nextAt : -1;
      const last = Math.max(before, ...lacking.map(({ first }) => first));
      return last === -1 ? undefined : { after, before: entries[last]?.cursor ?? next.cursor };
    },
    async knowsPool(called) {
      await upToDate();
      const key = poolNameKey(called);
      return entries.some(({ pools }) => pools.includes(key));
    },
    async *picked(filter, before) {
      await upToDate();
      // Read anew: other calls may have continued in the meantime.
      const all = entries;
      let at = all.length - 1;
      if (before !== undefined) {
        const [older] = await store.events(1, before);
        if (older === undefined) return;
        at = all.findLastIndex(({ cursor }) => cursor === older.cursor);
      }
      const matches = matcherOf(filter);
      let run: Entry[] = [];
      for (; at >= 0; at -= 1) {
        const entry = all[at]!;
        const isPicked = matches(entry);
        if (isPicked) run.push(entry);
        if (run.length === 0 || (isPicked && run.length < READ_MAX && at > 0)) continue;
        yield* await read(run, all[isPicked ? at - 1 : at]?.cursor);
        run = [];
        await nextTurn();
      }
    },
  };
}

function entryOf(event: StoredEvent): Entry {
  const { endpoint, region } = event as { endpoint?: string; region?: string };
  const pools = poolsOf(event).filter((each) => each !== undefined);
  return {
    cursor: event.cursor,
    kind: event.kind,
    trail: trailOf(event),
    octets: Buffer.byteLength(JSON.stringify(event)),
    pools: pools.map(poolNameKey),
    loadBalancers: loadBalancersOf(event),
    endpoint,
    region,
  };
}

function matcherOf({
  kind,
  without,
  pool,
  load_balancer: loadBalancer,
  endpoint,
  region,
}: EventFilter): (entry: Entry) => boolean {
  const key = pool === undefined ? undefined : poolNameKey(pool);
  const balancer = loadBalancer?.toLowerCase();
  return (entry) =>
    (kind === undefined || entry.kind === kind) &&
    entry.kind !== without &&
    (key === undefined || entry.pools.includes(key)) &&
    (balancer === undefined || entry.loadBalancers.includes(balancer)) &&
    (endpoint === undefined || entry.endpoint === endpoint) &&
    (region === undefined || entry.region === region);
}
