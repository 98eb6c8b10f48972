import type { Configuration, Kind, Ref, StoredDocument } from './contract/documents.ts';
import { mended } from './kept-documents.ts';
import type { Store } from './store.ts';

/** What was read of more documents is forgotten when nobody reads for READ_KEPT_MS: it is as large as the configuration. */
export const KEPT_DOCUMENTS_MAX = 50_000;
/** How long that is. */
export const READ_KEPT_MS = 60_000;

/** A store that keeps what it read last. */
export interface CachedReads extends Store {
  /** Keeps this, which somebody read just now, as if it had been read here: whoever reads first need not wait as long. */
  keep(read: Configuration): void;
}

/**
 * A store that keeps what it read last, so that another read costs one question, which revision there is, and the
 * changes since. That question is asked every time, after the call began: a read shows every write that was
 * acknowledged before it, whoever made it and through whichever node. One read is under way at a time; those that begin
 * meanwhile share the next one. What is read is shared by all readers: nobody changes it. A store that was set back and
 * has come to the very revision again by other writes, before anybody read or followed it, would not be told apart.
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
  async function readNow(): Promise<Configuration> {
    const read = await store.read(known);
    const whole = known === undefined ? read : mended(read, known.documents);
    keep(whole);
    return whole;
  }
  function begin(): Promise<Configuration> {
    const reading = readNow();
    underWay = reading;
    const ended = () => {
      if (underWay === reading) underWay = undefined;
    };
    reading.then(ended, ended);
    return reading;
  }
  async function beginAfter(before: Promise<Configuration>): Promise<Configuration> {
    await before.catch(() => undefined);
    next = undefined;
    return begin();
  }

  return Object.assign(Object.create(store) as Store, {
    keep,
    get: async <K extends Kind>(kind: K, id: string) => {
      const isOne = (each: Ref) => each.kind === kind && each.id === id;
      const found = await store.get(kind, id);
      if (found !== undefined || !known?.damaged?.documents.some(isOne)) return found;
      // As it was before it was damaged.
      return known.documents.find(isOne) as Extract<StoredDocument, { kind: K }> | undefined;
    },
    read: () => {
      if (underWay === undefined) return begin();
      next ??= beginAfter(underWay);
      return next;
    },
  });
}
