import {
  type Change,
  type Configuration,
  type DamagedDocuments,
  documentName,
  type Kind,
  type StoredDocument,
} from '../contract/documents.ts';
import { deletionsAfter } from '../integrity/deletions.ts';
import { isRecord } from './all-documents.ts';
import { keepUnchangedKinds } from './of-kind.ts';
import { Records } from './records.ts';

/** Returns a reading with later changes, in order; the last one leads to its revision. `known` stays as it is. */
export function broughtForward(known: Configuration, changes: readonly Change[]): Configuration {
  if (changes.length === 0) return known;
  const kinds = kindsIn(changes);
  const records = kinds.has('record') ? withRecords(known.records, changes) : known.records;
  // Where records alone change, as nearly always, all others are the same list.
  const isOfRecords = kinds.size === 1 && kinds.has('record');
  const documents = isOfRecords ? known.documents : withChanges(known.documents, changes);
  if (!isOfRecords) keepUnchangedKinds(known.documents, documents, kinds);
  const { revision, link } = changes.at(-1)!;
  const damaged = known.damaged && stillDamaged(known.damaged, changes);
  const deletions = changes.reduce(deletionsAfter, known.deletions ?? { since: known.revision, pool: 0 });
  const isDamaged = damaged !== undefined && damaged.documents.length + damaged.unnamed > 0;
  return {
    epoch: known.epoch,
    revision,
    documents,
    ...(records && { records }),
    ...(isDamaged && { damaged }),
    ...(link && { link }),
    deletions,
    ...(known.isDecided && { isDecided: true }),
  };
}

/** Entries that are looked for among the documents one by one: to name each of 100,000 documents would take longer. */
const LOOKED_FOR_MAX = 16;

function withRecords(known: Records = Records.NONE, changes: readonly Change[]): Records {
  const edit = known.edit();
  for (const { entries } of changes)
    for (const entry of entries)
      if (entry.op === 'delete') {
        if (entry.kind === 'record') edit.delete(entry.id);
      } else if (isRecord(entry.document)) edit.put(entry.document);
  return edit.done();
}

function withChanges(
  known: readonly StoredDocument[],
  changes: readonly Change[],
): readonly StoredDocument[] {
  const entries = changes.flatMap((change) =>
    change.entries.filter((entry) => (entry.op === 'put' ? entry.document : entry).kind !== 'record'),
  );
  if (entries.length <= LOOKED_FOR_MAX) {
    const documents = [...known];
    for (const entry of entries) {
      const { kind, id } = entry.op === 'put' ? entry.document : entry;
      const at = documents.findIndex((each) => each.id === id && each.kind === kind);
      if (entry.op === 'put') documents[at === -1 ? documents.length : at] = entry.document;
      else if (at !== -1) documents.splice(at, 1);
    }
    return documents;
  }
  const documents = new Map<string, StoredDocument>();
  for (const document of known) documents.set(documentName(document), document);
  for (const entry of entries)
    if (entry.op === 'put') documents.set(documentName(entry.document), entry.document);
    else documents.delete(documentName(entry));
  return [...documents.values()];
}

/** The kinds of documents that changes are about. */
function kindsIn(changes: readonly Change[]): Set<Kind> {
  const kinds = new Set<Kind>();
  for (const { entries } of changes)
    for (const entry of entries) kinds.add(entry.op === 'put' ? entry.document.kind : entry.kind);
  return kinds;
}

/** A document that was written again, or deleted, is damaged no more. */
function stillDamaged(
  { documents, unnamed, names }: DamagedDocuments,
  changes: readonly Change[],
): DamagedDocuments {
  const touched = new Set(
    changes.flatMap(({ entries }) =>
      entries.map((entry) => documentName(entry.op === 'put' ? entry.document : entry)),
    ),
  );
  const still = names?.filter(({ id }) => !touched.has(documentName({ kind: 'pool', id })));
  return {
    documents: documents.filter((ref) => !touched.has(documentName(ref))),
    unnamed,
    ...(still && { names: still }),
  };
}
