import { TRAILS, type Trail, trailOf } from '../../event/event.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import { nextTurn } from '../../store/next-turn.ts';
import type { Store, StoredEvent } from '../../store/store.ts';
import { type EventFilter, poolsOf } from './event-filter.ts';

/** Events read at a time: of the largest that there are, some two MiB. */
export const READ_MAX = 64;

/** What filters ask of an event, and where it is found. */
interface Entry {
  readonly cursor: string;
  readonly kind: StoredEvent['kind'];
  readonly trail: Trail;
  /** Ids and names of the pools that it is about, as poolNameKey makes them. */
  readonly pools: readonly string[];
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/** What the events that are kept are about. Every method may throw StoreUnavailable. */
export interface EventIndex {
  /** Whether an event is about a pool with this id, or this name in any case. */
  knowsPool(called: string): Promise<boolean>;
  /** The events that a filter picks, newest first, older than `before` where given, one after the other as they are read. */
  picked(filter: EventFilter, before: string | undefined): AsyncGenerator<StoredEvent>;
}

/** Knows nothing yet. What came since it was asked last is read first, once for all who ask, a few at a time. */
export function createEventIndex(store: Pick<Store, 'events' | 'eventsAfter'>): EventIndex {
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

  /** Forgets what the store has forgotten, which is all before the oldest event of a trail. */
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

  /** Who asks while it is being read shares the next reading, which sees all that was kept before they asked. */
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

  /** Reads entries that follow one another, newest first; what is forgotten meanwhile is left out. */
  async function read(run: readonly Entry[], after: string | undefined): Promise<StoredEvent[]> {
    const trail = run.length === 1 ? run[0]!.trail : undefined;
    const wanted = new Set(run.map(({ cursor }) => cursor));
    return (await store.events(run.length, after, trail)).filter(({ cursor }) => wanted.has(cursor));
  }

  return {
    async knowsPool(called) {
      await upToDate();
      const key = poolNameKey(called);
      return entries.some(({ pools }) => pools.includes(key));
    },
    async *picked(filter, before) {
      await upToDate();
      // As it is now: others may read on meanwhile.
      const all = entries;
      let at = all.length - 1;
      if (before !== undefined) {
        const [older] = await store.events(1, before);
        if (older === undefined) return;
        at = all.findLastIndex(({ cursor }) => cursor === older.cursor);
      }
      const matches = matcherOf(filter);
      let run: Entry[] = [];
      // The event before which the run is read.
      let border = before;
      for (; at >= 0; at -= 1) {
        const entry = all[at]!;
        const isPicked = matches(entry);
        if (isPicked) {
          if (run.length === 0) border = all[at + 1]?.cursor ?? before;
          run.push(entry);
        }
        if (run.length === 0 || (isPicked && run.length < READ_MAX && at > 0)) continue;
        yield* await read(run, border);
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
    pools: pools.map(poolNameKey),
    endpoint,
    region,
  };
}

function matcherOf({ kind, pool, endpoint, region }: EventFilter): (entry: Entry) => boolean {
  const key = pool === undefined ? undefined : poolNameKey(pool);
  return (entry) =>
    (kind === undefined || entry.kind === kind) &&
    (key === undefined || entry.pools.includes(key)) &&
    (endpoint === undefined || entry.endpoint === endpoint) &&
    (region === undefined || entry.region === region);
}
