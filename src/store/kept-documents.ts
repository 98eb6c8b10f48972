import {
  type Change,
  type Configuration,
  documentName,
  type Kind,
  type StoredDocument,
} from './contract/documents.ts';

/** The documents in use, so that one that can no longer be read keeps its last value. */
export interface KeptDocuments {
  readonly all: Iterable<StoredDocument>;
  /** Returns true where a document of this kind is kept. */
  has(kind: Kind): boolean;
  /** Returns a reading in which kept documents replace damaged ones. It does not change what is kept. */
  mend(read: Configuration): Configuration;
  /** Keeps these documents instead of all before. */
  replace(documents: readonly StoredDocument[]): void;
  /** Takes one revision in. */
  apply(change: Change): void;
}

/** Creates an empty set of documents. */
export function keepDocuments(): KeptDocuments {
  let kept = new Map<Kind, Map<string, StoredDocument>>();
  const of = (kind: Kind) => {
    const known = kept.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, StoredDocument>();
    kept.set(kind, fresh);
    return fresh;
  };
  const all = () => Iterator.from(kept.values()).flatMap((ofKind) => ofKind.values());
  return {
    get all() {
      return all();
    },
    has: (kind) => (kept.get(kind)?.size ?? 0) > 0,
    mend: (read) => mended(read, all()),
    replace(documents) {
      kept = new Map();
      for (const document of documents) of(document.kind).set(document.id, document);
    },
    apply({ entries }) {
      for (const entry of entries)
        if (entry.op === 'put') of(entry.document.kind).set(entry.document.id, entry.document);
        else of(entry.kind).delete(entry.id);
    },
  };
}

/**
 * Returns a reading in which documents of `known` replace damaged ones. Where the names of damaged documents are
 * unknown, each known document that the reading lacks may be one of them, and stays.
 */
export function mended(read: Configuration, known: Iterable<StoredDocument>): Configuration {
  const { damaged } = read;
  if (damaged === undefined) return read;
  const there = new Set(read.documents.map(documentName));
  const unread = new Set(damaged.documents.map(documentName));
  const added: StoredDocument[] = [];
  for (const document of known) {
    const name = documentName(document);
    if (!there.has(name) && (damaged.unnamed > 0 || unread.has(name))) added.push(document);
  }
  return { ...read, documents: [...read.documents, ...added] };
}
