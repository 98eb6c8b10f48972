import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Configuration,
  type DocumentStore,
  WRITES_MAX,
  type Write,
} from '../../store/contract/documents.ts';
import { StoreNotReplicated } from '../../store/contract/failure.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { commitJudged } from '../resource/commit-judged.ts';

/** Pause between two commits of a sweep, so that other writers have their turn, milliseconds. */
const PAUSE_MS = 20;
/** Attempts at a sweep of a store that is away, and the pause between them, milliseconds. */
const ATTEMPTS_MAX = 5;
const RETRY_MS = 1_000;

/**
 * Returns deletes of records whose zone is gone, WRITES_MAX at the most. A zone that cannot be read is not gone. Where it is
 * unknown which documents cannot be read, or documents are lost, which a repair may put back, no zone is.
 */
export function orphanDeletes(read: Configuration): Write[] {
  const { documents, records, damaged, loss } = read;
  if (records === undefined || loss !== undefined || (damaged !== undefined && damaged.unnamed > 0))
    return [];
  const there = new Set(documentsOf(documents, 'zone').map(({ id }) => id));
  for (const { kind, id } of damaged?.documents ?? []) if (kind === 'zone') there.add(id);
  const deletes: Write[] = [];
  for (const [{ zoneId }, { owners }] of records.zones()) {
    if (zoneId === undefined || there.has(zoneId)) continue;
    for (const [, list] of owners.from())
      for (const { id, revision } of list) {
        if (deletes.length === WRITES_MAX) return deletes;
        deletes.push({ op: 'delete', kind: 'record', id, ifRevision: revision, zone: zoneId });
      }
  }
  return deletes;
}

/** Time from the start to the first look, milliseconds: the store was read by then. */
const FIRST_LOOK_MS = 60_000;

/** Deletes the records of deleted zones. */
export interface OrphanSweep {
  /** Begins to look, unless it is looking already; then it looks once more. */
  begin(): void;
  /** Does a work that needs the store to itself for a while, such as a restore: nothing is deleted meanwhile. */
  holdWhile<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Creates a sweep. From the deletion of its zone on no record is served or shown, so it takes its time: a zone may have more records
 * than one commit holds. It looks after the start too: what was left when a process ended is deleted by the next one.
 */
export function createOrphanSweep(store: DocumentStore): OrphanSweep {
  let isWanted = false;
  let isRunning = false;
  /** Resolve when the works end that hold it. */
  const holding = new Set<Promise<void>>();

  async function sweep(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (isWanted) {
      isWanted = false;
      await deleteAll();
    }
    isRunning = false;
  }

  async function deleteAll(): Promise<void> {
    let failures = 0;
    for (;;) {
      while (holding.size > 0) await Promise.all(holding);
      try {
        const { revision } = await commitJudged(store, (read) => ({
          writes: orphanDeletes(read),
          result: undefined,
        }));
        if (revision === undefined) return;
        await sleep(PAUSE_MS, undefined, { ref: false });
      } catch (error) {
        // The store is away, or others write again and again. A commit that too few replicas confirmed is made, and leaves fewer to delete.
        if (!(error instanceof StoreNotReplicated)) failures += 1;
        if (failures === ATTEMPTS_MAX) return;
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  function begin(): void {
    isWanted = true;
    void sweep();
  }

  setTimeout(begin, FIRST_LOOK_MS).unref();
  return {
    begin,
    async holdWhile(work) {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      holding.add(ended);
      try {
        return await work();
      } finally {
        holding.delete(ended);
        end();
      }
    },
  };
}
