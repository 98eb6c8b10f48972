import type { Configuration, Ref, StoredDocument } from '../../contract/documents.ts';
import { StoreUnavailable } from '../../contract/failure.ts';
import type { HeapBound } from '../../heap-bound.ts';
import { MUST_BE_THERE } from '../../integrity/damage.ts';
import {
  type Deletions,
  deletionsSinceIn,
  parseDeletions,
  revisionNoted,
} from '../../integrity/deletions.ts';
import { isDecidedEpoch, NAME_LOST, newLink } from '../../integrity/epoch.ts';
import {
  type Counted,
  type Digest,
  formatTally,
  lossOf,
  parseTally,
  recounted,
  type Tally,
  tallied,
  talliedInPieces,
  toggled,
} from '../../integrity/tally.ts';
import type { Database } from '../database/database.ts';
import { type AsideIn, readDocuments } from '../documents.ts';

/** The tally of the present revision; undefined: none is kept. SQLite keeps unique values and references with the documents, so that they are not counted. */
export function readTally(database: Database, revision: number): Tally | undefined {
  return parseTally(database.one(`SELECT value FROM meta WHERE name = 'tally'`)?.value, revision);
}

/** What is known of deletions at this revision. */
export function readDeletions(database: Database, revision: number): Deletions {
  return parseDeletions(notedIn(database), revision);
}

/** See deletionsSinceIn. */
export function readDeletionsSince(database: Database, present: number): number | undefined {
  return deletionsSinceIn(notedIn(database), present);
}

function notedIn(database: Database): unknown {
  return database.one(`SELECT value FROM meta WHERE name = 'deletions'`)?.value;
}

/** Returns true where a person decided for what this epoch has. */
export function isDecided(database: Database, epoch: string): boolean {
  const decided = database.one(`SELECT value FROM meta WHERE name = 'decided'`)?.value;
  return epoch !== '' && (decided === epoch || isDecidedEpoch(epoch));
}

/** Whether a program made the revision that notes deletions, and so keeps a tally and the link of it. */
export function isNoted(database: Database, revision: number): boolean {
  return revision > 0 && revisionNoted(notedIn(database)) === revision;
}

/** Reports a lost tally of the revision. */
export function findLostTally(database: Database, aside: AsideIn, revision: number): void {
  const text = database.one(`SELECT value FROM meta WHERE name = 'tally'`)?.value;
  if (text === undefined && isNoted(database, revision))
    aside('meta', 'tally')({ field: '', rule: MUST_BE_THERE });
  else if (text !== undefined && parseTally(text, Number.parseInt(String(text), 10)) === undefined)
    aside('meta', 'tally')({ field: '', rule: 'must be a tally of the store' });
}

/**
 * All documents, and whether something of them is lost, a few at a time; nothing else may use the file meanwhile. Rejects with
 * StoreUnavailable; StoreTooLarge where they are more than `heap` holds.
 */
export async function readWhole(
  database: Database,
  aside: AsideIn,
  epoch: string,
  revision: number,
  heap: HeapBound,
): Promise<Configuration> {
  isOverrun(database, aside, revision);
  const read = await readDocuments(database, aside, heap);
  const counted = await talliedInPieces(read);
  const unread = read.damaged ? read.damaged.documents.length + read.damaged.unnamed : 0;
  let tally = readTally(database, revision);
  findLostTally(database, aside, revision);
  const loss = lossOf(counted, tally, unread) ?? (epoch === '' ? NAME_LOST : undefined);
  if (loss === undefined && unread === 0 && revision > 0) tally = seal(database, revision, counted);
  if (unread === 0 && epoch !== '') suspect(database, epoch, loss);
  return {
    epoch,
    revision,
    ...read,
    ...(tally && { link: tally.link }),
    ...(revision > 0 && { deletions: readDeletions(database, revision) }),
    ...(loss !== undefined && { loss }),
    ...(isDecided(database, epoch) && { isDecided: true }),
  };
}

/** What a full reading of this epoch found lost; undefined: nothing. Commits are refused for it. */
export function suspectIn(database: Database, epoch: string): string | undefined {
  const text = String(database.one(`SELECT value FROM meta WHERE name = 'suspect'`)?.value ?? '');
  return text.startsWith(`${epoch} `) ? text.slice(epoch.length + 1) : undefined;
}

/** Keeps what was found lost, or that nothing is. A failure to write it does not fail the reading. */
function suspect(database: Database, epoch: string, loss: string | undefined): void {
  if (suspectIn(database, epoch) === loss) return;
  try {
    if (loss === undefined) database.run(`DELETE FROM meta WHERE name = 'suspect'`);
    else database.run(`INSERT OR REPLACE INTO meta VALUES ('suspect', ?)`, `${epoch} ${loss}`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}

/**
 * Keeps the tally of what was read whole, where none is kept yet, or one that counts wrong. A failure to write it does
 * not fail the reading.
 */
function seal(database: Database, revision: number, counted: Counted): Tally | undefined {
  const known = readTally(database, revision);
  const right = known?.digest && recounted(known, counted);
  if (known?.digest !== undefined && right === undefined) return known;
  const tally = right ?? newTally(revision, known?.link ?? newLink(), counted);
  try {
    database.run(`INSERT OR REPLACE INTO meta VALUES ('tally', ?)`, formatTally(tally));
  } catch (error) {
    if (error instanceof StoreUnavailable) return known;
    throw error;
  }
  return tally;
}

/** The change of a tally in one commit. */
export interface TallyUpdate {
  /** The link of the revision before; undefined: none is known. */
  readonly previous: string | undefined;
  /** A document is of another revision now; 0: there was none, or there is none any more. */
  moved(document: Ref, was: number, now: number): void;
  /** Keeps the tally of the new revision. */
  keep(revision: number, link: string): void;
}

/** Returns true where the record of changes goes on after the revision. Then nothing can be written. Throws StoreUnavailable. */
export function isOverrun(database: Database, aside: AsideIn, revision: number): boolean {
  const last = Number(database.one('SELECT MAX(revision) AS last FROM change')?.last ?? 0);
  if (last <= revision) return false;
  const rule = `must not go on after revision ${revision}, and takes nothing more until "lifeguard store repair" has mended it`;
  aside('change', '')({ field: '', rule });
  return true;
}

/** Begins to bring the tally of a revision forward. */
export function updateTally(database: Database, present: number): TallyUpdate {
  const before = readTally(database, present);
  let digest: Digest | undefined = present === 0 ? [0, 0] : before?.digest;
  const kinds = new Map(before?.kinds);
  return {
    previous: before?.link,
    moved(document, was, now) {
      if (digest === undefined) return;
      if (was > 0) digest = toggled(digest, document, was);
      if (now > 0) digest = toggled(digest, document, now);
      const more = (now > 0 ? 1 : 0) - (was > 0 ? 1 : 0);
      kinds.set(document.kind, (kinds.get(document.kind) ?? 0) + more);
    },
    keep(revision, link) {
      const tally = newTally(revision, link, digest && { digest, kinds });
      database.run(`INSERT OR REPLACE INTO meta VALUES ('tally', ?)`, formatTally(tally));
    },
  };
}

function newTally(
  revision: number,
  link: string,
  known: { readonly digest: Digest; readonly kinds: ReadonlyMap<string, number> } | undefined,
): Tally {
  const documents = known ? known.kinds.values().reduce((sum, count) => sum + count, 0) : 0;
  const { digest, kinds } = known ?? { digest: undefined, kinds: undefined };
  return { revision, link, documents, uniques: 0, references: 0, digest, kinds };
}

/** Keeps the tally of these documents, all there are. */
export function keepTally(
  database: Database,
  revision: number,
  link: string,
  documents: readonly StoredDocument[],
): void {
  const tally = newTally(revision, link, tallied(documents));
  database.run(`INSERT OR REPLACE INTO meta VALUES ('tally', ?)`, formatTally(tally));
}
