import {
  BROUGHT_FORWARD_MAX,
  type Change,
  type Configuration,
  type DamagedDocuments,
  documentName,
  type Ref,
  type StoredDocument,
  type StorePosition,
} from '../contract/documents.ts';
import { StoreUnavailable } from '../contract/failure.ts';
import type { HeapBound } from '../heap-bound.ts';
import { newLink } from '../integrity/epoch.ts';
import { linkTextOf, mayHaveLink } from '../integrity/kept-links.ts';
import {
  areSame,
  type Counted,
  documentsIn,
  formatTally,
  lossOf,
  recounted,
  type Tally,
  talliedInPieces,
} from '../integrity/tally.ts';
import { gatherUnreadNames } from '../integrity/unread-names.ts';
import { type Holding, isRecord } from '../reading/all-documents.ts';
import { broughtForward } from '../reading/brought-forward.ts';
import { Records } from '../reading/records.ts';
import { changeOf, isContinued, knownRefOf, linksOf, numberOf, refOf } from './change.ts';
import type { Connection } from './connection/connection.ts';
import { streamEntries, textOrNull } from './connection/reply.ts';
import { scanHash } from './connection/scan.ts';
import { REPAIRING, type Scripts } from './connection/scripts.ts';
import { claimsIn, type KeptClaim } from './integrity/claims.ts';
import type { Keys } from './keys.ts';
import { readPosition, type StoreState, sizedKeys } from './position.ts';
import { type AsideIn, documentAt } from './records.ts';

/** Revisions asked for at once while catching up. */
const CATCH_UP_REVISIONS = 64;
/** Times a read begins again because the store was emptied, or ran ahead of its feed, meanwhile. */
const ATTEMPTS_MAX = 5;

/**
 * All documents at one revision, without holding up Redis however many there are: the hash is scanned in steps while
 * others may write, and the revisions written meanwhile are then applied from the feed. A scan gives every document
 * that was there throughout, in any of the forms it had; the feed gives the last form of every other, so that the
 * outcome is exact at the last revision applied. An earlier reading of the same history takes the place of the scan,
 * where the feed still reaches back to it, and all of it can be read. Throws StoreUnavailable; StoreTooLarge where the
 * documents are more than a bound made by `heap` holds.
 */
export async function readConfiguration(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
  heap: () => HeapBound,
  known?: Configuration,
): Promise<Configuration> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const begin = await readPosition(connection, scripts, keys, aside);
    const { epoch, revision } = begin;
    if (attempt === 0 && known?.epoch === epoch && isNear(known, begin)) {
      const changes = await changesAfter(connection, keys, aside, known, revision);
      const whole = changes && broughtForward(known, changes);
      if (whole !== undefined) return whole === known ? known : { ...whole, ...aboutOf(begin) };
    }
    const scanned = await scanDocuments(connection, scripts, keys, aside, heap());
    const end = await readPosition(connection, scripts, keys, aside);
    if (end.epoch !== epoch) continue;
    const changes = await changesAfter(connection, keys, aside, { epoch, revision }, end.revision);
    if (changes === undefined) continue;
    const whole = broughtForward({ epoch, revision, ...scanned }, changes);
    const unread = whole.damaged ? whole.damaged.documents.length + whole.damaged.unnamed : 0;
    const counted = await talliedInPieces(whole);
    const isRecounted = unread === 0 && (await recount(connection, scripts, keys, end, counted));
    // The right counts may give another position.
    if (isRecounted) continue;
    const loss = end.loss ?? lossOf(counted, end.tally, unread);
    if (loss === undefined && unread === 0) await seal(connection, scripts, keys, end, counted);
    if (end.loss === undefined && unread === 0) await suspect(connection, scripts, keys, end, loss);
    const damaged = whole.damaged && {
      ...whole.damaged,
      ...(await namesOf(connection, keys, whole.documents)),
    };
    return {
      ...whole,
      ...(damaged && { damaged }),
      ...aboutOf(end),
      ...(loss === undefined ? {} : { loss }),
    };
  }
  throw new StoreUnavailable(`the configuration changed too fast to be read in ${ATTEMPTS_MAX} attempts`);
}

/** Returns true where an earlier reading can be brought forward: nothing is lost of either, and it is of the same history. */
function isNear(known: Configuration, { revision, tally, loss }: StoreState): boolean {
  const behind = revision - known.revision;
  if (loss !== undefined || known.loss !== undefined) return false;
  return behind >= 0 && behind <= BROUGHT_FORWARD_MAX && (behind > 0 || areSame(known.link, tally?.link));
}

/** The parts of a reading beside its documents. */
function aboutOf({
  revision,
  tally,
  deletions,
  isDecided,
}: StoreState): Pick<Configuration, 'link' | 'deletions' | 'isDecided'> {
  return {
    ...(revision > 0 && { deletions }),
    ...(tally && { link: tally.link }),
    ...(isDecided && { isDecided }),
  };
}

/** Keeps the tally of what was read whole, where none is kept yet. A failure to write it does not fail the reading. */
async function seal(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  { epoch, revision, tally }: StoreState,
  counted: Counted,
): Promise<void> {
  if (revision === 0 || tally?.digest !== undefined) return;
  const link = newLink();
  const sums = { ...counted, documents: 0, uniques: 0, references: 0 };
  const [, , , , , digest = '-', kinds = ''] = formatTally({ revision, link, ...sums }).split(' ');
  const args = [epoch, revision, link, digest, kinds];
  await connection.script(scripts.seal, sizedKeys(keys), args).catch(() => undefined);
}

/**
 * Keeps the counts of a tally as they are counted, where its digest shows that these are its documents, and they are wrong:
 * a damaged count may be within all bounds. Resolves with whether they are others now.
 */
async function recount(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  { epoch, tally, sizes, suspect: known }: StoreState,
  found: Counted,
): Promise<boolean> {
  if (tally?.digest === undefined || known === REPAIRING) return false;
  const counted = recounted(tally, found);
  const isSized = sizes.uniques === tally.uniques && sizes.references === tally.references;
  if (isSized && counted === undefined) return false;
  const claims = isSized ? tally : await claimedBy(connection, scripts, keys, documentsIn(found));
  if (claims === undefined) return false;
  const { uniques, references } = claims;
  const right = formatTally({ ...(counted ?? tally), uniques, references });
  if (right === formatTally(tally)) return false;
  const args = [epoch, `${tally.revision} ${tally.link} `, right];
  return (await connection.script(scripts.recount, [keys.meta], args).catch(() => undefined)) === 'kept';
}

/** Counts the unique values and references that documents claim; undefined: some of their records are missing. */
async function claimedBy(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  documents: number,
): Promise<Pick<Tally, 'uniques' | 'references'> | undefined> {
  const byDocument = new Map<string, KeptClaim>();
  for await (const claim of claimsIn(connection, scripts, keys.claims)) byDocument.set(claim.document, claim);
  if (byDocument.size !== documents) return undefined;
  const sum = { uniques: 0, references: 0 };
  for (const { unique, references } of byDocument.values()) {
    sum.uniques += new Set(unique).size;
    sum.references += new Set(references).size;
  }
  return sum;
}

/** Keeps what a full reading found lost, or that nothing is. A failure to write it does not fail the reading. */
async function suspect(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  { epoch, revision, suspect: known }: StoreState,
  loss = '',
): Promise<void> {
  if (loss === (known ?? '')) return;
  await connection.script(scripts.suspect, [keys.meta], [epoch, revision, loss]).catch(() => undefined);
}

/** See Store.continues. */
export async function continuesFrom(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
  { epoch, revision, link }: StorePosition,
): Promise<boolean> {
  const now = await readPosition(connection, scripts, keys, aside);
  if (now.epoch !== epoch || now.revision < revision) return false;
  if (now.revision === revision) return areSame(now.tally?.link, link);
  const args = [`${revision}-0`, `${revision + 1}-0`];
  const entries = connection.read(await connection.command('XRANGE', keys.changes, ...args), streamEntries);
  const isSame = entries.every((entry) => {
    const links = linksOf(entry);
    return areSame(numberOf(entry) === revision ? links.link : links.previous, link);
  });
  if (!isSame || entries.length > 0) return isSame;
  const kept = await connection.command('HGET', keys.links, linkTextOf(revision));
  return mayHaveLink(connection.read(kept, textOrNull) ?? '', revision, link);
}

/** A scan may give a field twice; which of the two does not matter, as the feed has the last word. */
async function scanDocuments(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
  heap: HeapBound,
): Promise<Holding & Pick<Configuration, 'damaged'>> {
  const documents = new Map<string, StoredDocument>();
  const records = Records.NONE.edit();
  const known = new Set<string>();
  const damaged = new Map<string, Ref>();
  let unnamed = 0;
  for await (const [key, held] of scanHash(connection, keys.documents)) {
    const document = await documentAt(connection, scripts, keys, key, held, aside);
    if (document !== undefined) {
      if (isRecord(document)) {
        if (known.has(document.id) || heap.holds(document)) records.put(document);
        known.add(document.id);
        continue;
      }
      const name = documentName(document);
      if (documents.has(name) || heap.holds(document)) documents.set(name, document);
    } else {
      const ref = knownRefOf(key);
      if (ref === undefined) unnamed += 1;
      else damaged.set(key, ref);
    }
  }
  heap.check();
  const isDamaged = damaged.size + unnamed > 0;
  return {
    documents: [...documents.values()],
    ...(known.size > 0 && { records: records.done() }),
    ...(isDamaged && { damaged: { documents: [...damaged.values()], unnamed } }),
  };
}

/** The names of pools that are claimed, and of which no document was read. A failure to read them does not fail the reading. */
async function namesOf(
  connection: Connection,
  keys: Keys,
  documents: readonly StoredDocument[],
): Promise<Pick<DamagedDocuments, 'names'>> {
  const gathering = gatherUnreadNames(documents);
  try {
    for await (const [field, id] of scanHash(connection, keys.unique)) {
      const { kind, id: name } = refOf(field);
      if (kind === 'pool') gathering.add(name, id);
    }
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
  return gathering.found();
}

/** The revisions after a position, up to `to`; undefined where the feed has a gap, or an entry that cannot be read. */
async function changesAfter(
  connection: Connection,
  keys: Keys,
  aside: AsideIn,
  { epoch, revision, link }: StorePosition,
  to: number,
): Promise<Change[] | undefined> {
  const changes: Change[] = [];
  let reached: Pick<Change, 'revision' | 'link'> = { revision, ...(link && { link }) };
  while (reached.revision < to) {
    const args = [keys.changes, `(${reached.revision}-0`, `${to}-0`, 'COUNT', CATCH_UP_REVISIONS];
    const entries = connection.read(await connection.command('XRANGE', ...args), streamEntries);
    if (entries.length === 0 || !isContinued(entries, epoch, reached.revision, reached.link))
      return undefined;
    for (const entry of entries) {
      const change = changeOf(entry, aside(keys.changes, entry[0]));
      if (change === undefined) return undefined;
      changes.push(change);
    }
    reached = changes.at(-1)!;
  }
  return changes;
}
