import type { Configuration, Kind, Ref, StoredDocument } from './contract/documents.ts';
import { mended } from './kept-documents.ts';
import type { Store } from './store.ts';

/** A reading of more documents than this is dropped when nobody reads for READ_KEPT_MS, because it takes much memory. */
export const KEPT_DOCUMENTS_MAX = 50_000;
/** See KEPT_DOCUMENTS_MAX. */
export const READ_KEPT_MS = 60_000;

/** A store that keeps its last reading. */
export interface CachedReads extends Store {
  /**
   * The store for the part that follows it. It reads anew each time; reads of the cache that begin meanwhile wait for that, so
   * that a large store is not read, and held in memory, twice at a start.
   */
  readonly uncached: Store;
  /** Keeps a reading that another part just made, so that the first read here is quick. */
  keep(read: Configuration): void;
}

/**
 * Wraps a store so that it keeps its last reading. Another read asks only for the revision and the changes since. It
 * asks after the call began, so it shows every write that was acknowledged before, through any node. One read is under
 * way at a time. Calls during a read share the next one. All callers share what was read, and must not change it. One
 * case is not noticed: a store that was set back, and came to the same revision again by other writes before anybody
 * read or followed it.
 */
export function cacheReads(store: Store): CachedReads {
  let known: Configuration | undefined;
  let forgetting: NodeJS.Timeout | undefined;
  let underWay: Promise<Configuration> | undefined;
  let next: Promise<Configuration> | undefined;

  function keep(read: Configuration): void {
    known = read;
    clearTimeout(forgetting);
    if (read.documents.length <= KEPT_DOCUMENTS_MAX) return;
    forgetting = setTimeout(() => {
      known = undefined;
    }, READ_KEPT_MS).unref();
  }
  function kept(read: Configuration): Configuration {
    const whole = known === undefined ? read : mended(read, known);
    keep(whole);
    return whole;
  }
  /** Makes other reads wait for this one. */
  function begin(reading: Promise<Configuration>): Promise<Configuration> {
    underWay = reading;
    const ended = () => {
      if (underWay === reading) underWay = undefined;
    };
    reading.then(ended, ended);
    return reading;
  }
  const readNow = () => begin(store.read(known).then(kept));
  function readAnew(before?: Configuration): Promise<Configuration> {
    const reading = store.read(before);
    void begin(reading.then(kept));
    return reading;
  }
  async function beginAfter(before: Promise<Configuration>): Promise<Configuration> {
    await before.catch(() => undefined);
    next = undefined;
    return readNow();
  }

  return Object.assign(Object.create(store) as Store, {
    keep,
    uncached: Object.assign(Object.create(store) as Store, { read: readAnew }),
    get: async <K extends Kind>(kind: K, id: string) => {
      const isOne = (each: Ref) => each.kind === kind && each.id === id;
      const found = await store.get(kind, id);
      if (found !== undefined || !known?.damaged?.documents.some(isOne)) return found;
      // Its value from before the damage.
      const kept = kind === 'record' ? known.records?.get(id) : known.documents.find(isOne);
      return kept as Extract<StoredDocument, { kind: K }> | undefined;
    },
    read: () => {
      if (underWay === undefined) return readNow();
      next ??= beginAfter(underWay);
      return next;
    },
  });
}
