import {
  type Change,
  type Configuration,
  documentName,
  type Kind,
  type StoredDocument,
} from './contract/documents.ts';

/** The documents that somebody goes by, so that one which cannot be read any more stays as it was. */
export interface KeptDocuments {
  readonly all: Iterable<StoredDocument>;
  /** Whether any document of this kind is kept. */
  has(kind: Kind): boolean;
  /** A reading with what is kept in the place of documents that are damaged there; holds nothing else than before. */
  mend(read: Configuration): Configuration;
  /** Holds these in the place of all before. */
  replace(documents: readonly StoredDocument[]): void;
  /** Takes one revision in. */
  apply(change: Change): void;
}

/** Holds no documents. */
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
 * A reading with those of `kept` in the place of documents that are damaged there. Where it is not known which documents
 * those are, all that are kept and are not there may be meant, and stay.
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
