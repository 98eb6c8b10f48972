import { createPieces } from '../../pace/next-turn.ts';
import {
  type DamagedDocuments,
  documentName,
  type Kind,
  type Ref,
  type StoredDocument,
} from '../contract/documents.ts';
import type { HeapBound } from '../heap-bound.ts';
import { claimsOf } from '../integrity/claims.ts';
import type { Damage } from '../integrity/damage.ts';
import { gatherUnreadNames } from '../integrity/unread-names.ts';
import { gatherDocuments, type Holding } from '../reading/all-documents.ts';
import { isCount, parseDocument, refFlaw, type SetAside } from '../record/record.ts';
import { changeBy, stepsOf } from './change.ts';
import type { Database, Row } from './database/database.ts';

/** Makes the function that takes the fault of a row. */
export type AsideIn = (table: string, key: string) => SetAside;

/** Makes functions that add faults to a list of damaged records. */
export function asideIn({ found }: Pick<Damage, 'found'>): AsideIn {
  return (place, key) => (flaw) => found({ place, key, ...flaw });
}

/** The document of a row, as it is kept there; undefined: it is set aside. */
export function documentOf(row: Row, setAside: SetAside): StoredDocument | undefined {
  return parseDocument(refIn(row), Number(row.revision), row.value, setAside);
}

/**
 * The document of a row. Where that is damaged, the change that wrote it is looked for, which keeps a copy of it;
 * undefined: there is none.
 */
export function documentIn(
  database: Database,
  row: Row,
  aside: AsideIn,
  newestChange = newestChangeOf(database),
): StoredDocument | undefined {
  const document = documentOf(row, aside('document', keyIn(row)));
  if (document !== undefined || refFlaw(refIn(row)) !== undefined) return document;
  // By its own number where it has one, or else the newest that is about it.
  const change = isCount(row.revision)
    ? database.one('SELECT revision, entries FROM change WHERE revision = ?', row.revision)
    : newestChange(row);
  const { kind, id } = refIn(row);
  const revision = Number(change?.revision);
  const steps = change && stepsOf(revision, change.entries, () => {});
  const own = steps?.filter(({ ref, became }) => ref.kind === kind && ref.id === id && became !== 'damaged');
  const last = own && changeBy(revision, own)?.entries.at(-1);
  return last?.op === 'put' && isNamedSo(database, last.document) ? last.document : undefined;
}

/** Returns true where a document has the names that are kept for it: a copy may be damaged too, and look sound. */
function isNamedSo(database: Database, document: StoredDocument): boolean {
  const rows = database.all(
    'SELECT value FROM unique_value WHERE kind = ? AND id = ?',
    document.kind,
    document.id,
  );
  const kept = new Set(rows.map(({ value }) => value));
  return kept.size === 0 || claimsOf(document).unique.every((name) => kept.has(name));
}

/** Changes that are looked for by what they are about, at a time: each costs a look at all that are kept. */
const SEARCHES_MAX = 256;

/** Finds the newest change that wrote the document of a row; undefined: none that is kept did, or too many were looked for. */
function newestChangeOf(database: Database): (row: Row) => Row | undefined {
  let searches = 0;
  return ({ kind, id }) => {
    searches += 1;
    if (searches > SEARCHES_MAX) return undefined;
    return database.one(
      'SELECT revision, entries FROM change WHERE instr(entries, ?) > 0 ORDER BY revision DESC LIMIT 1',
      `"kind":${JSON.stringify(kind)},"id":${JSON.stringify(id)},"value":`,
    );
  };
}

/**
 * All documents, and which of them are damaged, a few at a time (Database.steadily). Rejects with StoreUnavailable; StoreTooLarge where
 * they are more than `heap` holds.
 */
export async function readDocuments(
  database: Database,
  aside: AsideIn,
  heap: HeapBound,
): Promise<Holding & { damaged?: DamagedDocuments }> {
  const gathered = gatherDocuments();
  const damaged: Ref[] = [];
  let unnamed = 0;
  const newestChange = newestChangeOf(database);
  const isLong = createPieces();
  for (const row of database.each('SELECT kind, id, revision, value FROM document ORDER BY kind, id')) {
    const rest = isLong();
    if (rest) await rest;
    const document = documentIn(database, row, aside, newestChange);
    if (document !== undefined) {
      if (heap.holds(document)) gathered.add(document);
    } else if (refFlaw(refIn(row)) === undefined) damaged.push(refIn(row));
    else unnamed += 1;
  }
  heap.check();
  const read = gathered.done();
  if (damaged.length + unnamed === 0) return read;
  const gathering = gatherUnreadNames(read.documents);
  for (const { value, id } of database.each("SELECT value, id FROM unique_value WHERE kind = 'pool'"))
    gathering.add(String(value), String(id));
  return { ...read, damaged: { documents: damaged, unnamed, ...gathering.found() } };
}

/** One document as it is now; undefined: there is none; `damaged`: it cannot be read. Throws StoreUnavailable. */
export function presentDocument(
  database: Database,
  { kind, id }: Ref,
  aside: AsideIn,
): StoredDocument | 'damaged' | undefined {
  const row = database.one(
    'SELECT kind, id, revision, value FROM document WHERE kind = ? AND id = ?',
    kind,
    id,
  );
  return row && (documentIn(database, row, aside) ?? 'damaged');
}

/** Names a row of documents as people would. */
export function keyIn(row: Row): string {
  return documentName(refIn(row));
}

function refIn({ kind, id }: Row): Ref {
  return { kind: String(kind) as Kind, id: String(id) };
}
