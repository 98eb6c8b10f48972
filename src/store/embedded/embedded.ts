import { setImmediate as turn } from 'node:timers/promises';
import { type Kind, type StoredDocument, WRITES_MAX } from '../contract/documents.ts';
import { StoreDamaged, StoreSetBack, StoreUnavailable } from '../contract/failure.ts';
import { boundHeap } from '../heap-bound.ts';
import { createDamage, type Damage } from '../integrity/damage.ts';
import { NAME_LOST, newDecidedEpoch, newEpoch } from '../integrity/epoch.ts';
import { MOVED, type RepairableStore, TO_REPAIR } from '../integrity/repair.ts';
import { broughtForward } from '../reading/brought-forward.ts';
import { createStepsReader } from './change.ts';
import { commitWrites } from './commit.ts';
import { type Database, openDatabase } from './database/database.ts';
import type { Sync } from './database/disk.ts';
import { createGate, type Gate } from './database/gate.ts';
import { checkHistory, createMark, type MarkedPosition, restoreMeta } from './database/mark.ts';
import { advance, readMeta } from './database/meta.ts';
import { type AsideIn, asideIn, presentDocument } from './documents.ts';
import { createEvents } from './events.ts';
import { continuesFrom, createFeed, readChanges } from './follow.ts';
import { claimsInFile } from './integrity/claims.ts';
import { examineFile } from './integrity/examine.ts';
import { repairFile } from './integrity/repair.ts';
import { isOverrun, readWhole } from './integrity/tally.ts';
import { tracesInFile } from './integrity/traces.ts';
import { START_CHECK_MS, tablesUnread, UNREAD_PAGES, unreadPagesOf } from './integrity/unread-pages.ts';
import { createLeading } from './leading.ts';
import { createLeases } from './leases.ts';
import { createNodes } from './nodes.ts';
import { createObservations } from './observations.ts';
import { createPreviews } from './previews.ts';

/** How the store of a file is opened; see openEmbeddedStore. */
export interface EmbeddedOptions {
  readonly monotonicMs?: () => number;
  readonly evidence?: readonly string[];
  readonly endpointOctets?: number;
  readonly isForRepair?: boolean;
  readonly sync?: Sync;
}

/**
 * The store of a single process: one SQLite file, made when it is not there. What was acknowledged has reached the
 * disk. Documents, observations and events are kept as JSON text: a reader gets what JSON.stringify makes of what was
 * written. SQLite works on this thread. The thread does not wait for the disk (`sync`: fsync(2) unless given). After each
 * write the event loop does other work before the store acknowledges the write, so that many writes do not block the thread. A large
 * commit, and a reading of all documents, let the event loop work between their parts; all other calls to the store wait until it ends.
 * `monotonicMs` times the leases, from any fixed point. Throws StoreUnavailable at once when the file cannot be opened or
 * is in use. It does the same when the file is missing or empty and one of the `evidence` files exists, which only a process
 * that had the file leaves behind, and when a table is missing. With `isForRepair` it opens a file that lacks tables, and only
 * `repair` writes to it. `endpointOctets`: see boundHeap.
 */
export function openEmbeddedStore(path: string, options: EmbeddedOptions = {}): RepairableStore {
  const { isForRepair = false } = options;
  const damage = createDamage();
  const aside = asideIn(damage);
  const { database, unread } = openFile(path, options, damage, aside);
  const mark = createMark(path, database, aside);
  if (!isForRepair) mark.begin();
  const gate = createGate();
  const readSteps = createStepsReader();
  const feed = createFeed(database, aside, readSteps, () => gate.isClosed);
  // Not the wall clock: setting it must not end leases.
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const leases = createLeases(monotonicMs);
  const nodes = createNodes(monotonicMs);
  /** Waits until what was committed has reached the disk, and notes its position. Throws StoreUncertain where the disk fails. */
  const acknowledge = async (position: MarkedPosition | undefined) => {
    await database.reached();
    mark.note(position);
  };
  /** Lets followers read what was written, and other work go on. */
  const announce = async () => {
    feed.announce();
    await turn();
  };
  const nextToken = () => database.transaction(() => advance(database, 'token', 1));

  const store: RepairableStore = {
    damage,
    examine: (found) => examineFile(database, found, isForRepair, unread),
    read: async (known) => {
      const { epoch, revision } = readMeta(database, aside);
      const isSame = epoch !== '' && known?.epoch === epoch && known.loss === undefined;
      const changes = isSame ? readChanges(database, aside, readSteps, known, revision) : undefined;
      if (known !== undefined && changes !== undefined) return broughtForward(known, changes);
      const heap = boundHeap(options.endpointOctets);
      try {
        return await gate.behind(() =>
          database.steadily(() => readWhole(database, aside, epoch, revision, heap)),
        );
      } finally {
        feed.announce();
      }
    },
    get: async <K extends Kind>(kind: K, id: string) => {
      const present = presentDocument(database, { kind, id }, aside);
      return present === 'damaged'
        ? undefined
        : (present as Extract<StoredDocument, { kind: K }> | undefined);
    },
    commit: async (writes, audit = [], ifAtRevision, knows) => {
      if (writes.length > WRITES_MAX)
        throw new RangeError(`a commit has ${writes.length} writes; ${WRITES_MAX} at most`);
      try {
        const { committed, position } = await gate.behind(async () => {
          const { epoch, revision } = readMeta(database, aside);
          if (epoch === '') throw new StoreDamaged(NAME_LOST);
          if (isOverrun(database, aside, revision))
            throw new StoreDamaged(`the record of changes is ahead of revision ${revision}`);
          if (writes.length > 0 && knows?.epoch === epoch && !continuesFrom(database, aside, knows))
            throw new StoreSetBack();
          const committed = await commitWrites(database, writes, audit, { epoch, revision, ifAtRevision });
          return { committed, position: committed.ok ? mark.take() : undefined };
        });
        await acknowledge(position);
        return committed;
      } finally {
        await announce();
      }
    },
    continues: async (from) => continuesFrom(database, aside, from),
    ...createDecisions(database, aside, {
      acknowledge: () => acknowledge(mark.take()),
      announce: feed.announce,
    }),
    follow: (from, follower) => feed.follow(from, follower),

    ...createObservations(database, aside, leases, async () => {
      await acknowledge(mark.take());
      await announce();
    }),

    join: async (worker) => {
      return leases.grant(worker, nextToken());
    },
    renew: async (lease) => (leases.extend(lease) ? 'renewed' : 'lost'),
    leave: async (lease) => leases.end(lease),
    workers: async () => leases.live(),

    ...createEvents(database, aside),
    ...createLeading(database, monotonicMs, nextToken, aside, () => acknowledge(mark.take())),
    ...nodes,
    announce: async (node) => {
      const announced = await nodes.announce(node);
      // Each second: that the file was changed is noticed before somebody writes, or ends the process.
      database.checkFile();
      return announced;
    },
    ...createPreviews(monotonicMs, leases),
    close: async () => {
      feed.close();
      await gate.open();
      database.close();
    },
  };
  return { ...store, ...gated(store, gate) };
}

/** Opens the file, and finds tables of which pages are damaged. Throws StoreUnavailable as openEmbeddedStore(). */
function openFile(
  path: string,
  { evidence = [], isForRepair = false, sync }: EmbeddedOptions,
  damage: Damage,
  aside: AsideIn,
): { readonly database: Database; readonly unread: readonly string[] } {
  /** Tables of which pages are damaged, as the start found. */
  let unread: readonly string[] = [];
  const unreadable = () => {
    if (unread.length === 0) damage.found(UNREAD_PAGES);
  };
  const database = openDatabase(path, {
    epoch: newEpoch,
    evidence,
    isForRepair,
    unreadable,
    ...(sync && { sync }),
  });
  try {
    restoreMeta(path, database);
    checkHistory(path, database, aside);
  } catch (error) {
    database.close();
    throw error;
  }
  if (!isForRepair) unread = tablesUnread(database, START_CHECK_MS);
  for (const table of unread) damage.found(unreadPagesOf(table));
  return { database, unread };
}

/** The calls by which a person decides about the store: see DocumentStore.adopt and RepairableStore. */
function createDecisions(
  database: Database,
  aside: AsideIn,
  { acknowledge, announce }: { readonly acknowledge: () => Promise<void>; readonly announce: () => void },
): Pick<RepairableStore, 'adopt' | 'traces' | 'claims' | 'repair'> {
  return {
    adopt: async () => {
      if (database.flaws.length > 0) throw new StoreUnavailable(TO_REPAIR);
      const { epoch: before, revision } = readMeta(database, aside);
      if (before === '') throw new StoreDamaged(NAME_LOST);
      const epoch = newDecidedEpoch(before, Date.now());
      database.transaction(() => {
        for (const name of ['epoch', 'decided'])
          database.run('INSERT OR REPLACE INTO meta VALUES (?, ?)', name, epoch);
      });
      await acknowledge();
      announce();
      return revision;
    },
    traces: async (read) => tracesInFile(database, read),
    claims: claimsInFile(database),
    repair: async (repair) => {
      const present = readMeta(database, aside);
      const { readAt = present } = repair;
      if (readAt.epoch !== present.epoch || readAt.revision !== present.revision)
        throw new StoreUnavailable(MOVED);
      const revision = repairFile(database, present.revision, repair);
      await acknowledge();
      announce();
      return revision;
    },
  };
}

/** Calls that read or write the file. */
const OF_THE_FILE = [
  'examine',
  'read',
  'get',
  'commit',
  'continues',
  'adopt',
  'traces',
  'repair',
  'observations',
  'observed',
  'publish',
  'join',
  'events',
  'eventsAfter',
  'reaches',
  'lead',
  'reported',
  'report',
  'cursor',
  'moveCursor',
] as const satisfies readonly (keyof RepairableStore)[];

/** Those calls, which wait for a commit that is under way. */
function gated(store: RepairableStore, gate: Gate): Partial<RepairableStore> {
  return Object.fromEntries(
    OF_THE_FILE.map((name) => [name, gate.through(store[name] as (...args: unknown[]) => Promise<unknown>)]),
  );
}
