import {
  type Change,
  type Configuration,
  type DamagedDocuments,
  documentName,
  type Kind,
  type StoredDocument,
} from './contract/documents.ts';
import { type Holding, isRecord } from './reading/all-documents.ts';
import { Records } from './reading/records.ts';

/** The documents in use, so that one that can no longer be read keeps its last value. */
export interface KeptDocuments {
  readonly all: Holding;
  /** Its records. */
  readonly records: Records;
  /** Returns true where a document of this kind is kept. */
  has(kind: Kind): boolean;
  /** Returns a reading in which kept documents replace damaged ones. It does not change what is kept. */
  mend(read: Configuration): Configuration;
  /** Keeps these documents instead of all before. */
  replace(read: Holding): void;
  /** Takes one revision in. */
  apply(change: Change): void;
}

/** Creates an empty set of documents. */
export function keepDocuments(): KeptDocuments {
  let kept = new Map<Kind, Map<string, StoredDocument>>();
  let records = Records.NONE;
  const of = (kind: Kind) => {
    const known = kept.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, StoredDocument>();
    kept.set(kind, fresh);
    return fresh;
  };
  const all = (): Holding => ({
    documents: [...Iterator.from(kept.values()).flatMap((ofKind) => ofKind.values())],
    records,
  });
  return {
    get all() {
      return all();
    },
    get records() {
      return records;
    },
    has: (kind) => (kind === 'record' ? records.size : (kept.get(kind)?.size ?? 0)) > 0,
    mend: (read) => (read.damaged === undefined ? read : mended(read, all())),
    replace(read) {
      kept = new Map();
      for (const document of read.documents) of(document.kind).set(document.id, document);
      records = read.records ?? Records.NONE;
    },
    apply({ entries }) {
      const edit = records.edit();
      for (const entry of entries)
        if (entry.op === 'put') {
          if (isRecord(entry.document)) edit.put(entry.document);
          else of(entry.document.kind).set(entry.document.id, entry.document);
        } else if (entry.kind === 'record') edit.delete(entry.id);
        else of(entry.kind).delete(entry.id);
      records = edit.done();
    },
  };
}

/**
 * Returns a reading in which documents of `known` replace damaged ones. Where the names of damaged documents are
 * unknown, each known document that the reading lacks may be one of them, and stays.
 */
export function mended(read: Configuration, known: Holding): Configuration {
  const { damaged } = read;
  if (damaged === undefined) return read;
  const there = new Set(read.documents.map(documentName));
  const unread = new Set(damaged.documents.map(documentName));
  const added: StoredDocument[] = [];
  for (const document of known.documents) {
    const name = documentName(document);
    if (!there.has(name) && (damaged.unnamed > 0 || unread.has(name))) added.push(document);
  }
  const records = withMended(read, known.records ?? Records.NONE, damaged);
  return { ...read, documents: [...read.documents, ...added], ...(records && { records }) };
}

function withMended(
  { records = Records.NONE }: Configuration,
  known: Records,
  { unnamed, documents }: DamagedDocuments,
): Records | undefined {
  const edit = records.edit();
  const named = documents.flatMap(({ kind, id }) => (kind === 'record' ? (known.get(id) ?? []) : []));
  for (const record of unnamed > 0 ? known.all() : named)
    if (records.get(record.id) === undefined) edit.put(record);
  const all = edit.done();
  return all.size === 0 ? undefined : all;
}
