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
  /** Whether any document of this kind is held. */
  has(kind: Kind): boolean;
  /** A reading with what is held in the place of documents that are damaged there; holds nothing else than before. */
  mend(read: Configuration): Configuration;
  /** Holds these in the place of all before. */
  replace(documents: readonly StoredDocument[]): void;
  /** Takes one revision in. */
  apply(change: Change): void;
}

/** Holds no documents. */
export function keepDocuments(): KeptDocuments {
  let held = new Map<Kind, Map<string, StoredDocument>>();
  const of = (kind: Kind) => {
    const known = held.get(kind);
    if (known !== undefined) return known;
    const fresh = new Map<string, StoredDocument>();
    held.set(kind, fresh);
    return fresh;
  };
  const all = () => Iterator.from(held.values()).flatMap((ofKind) => ofKind.values());
  return {
    get all() {
      return all();
    },
    has: (kind) => (held.get(kind)?.size ?? 0) > 0,
    mend: (read) => mended(read, all()),
    replace(documents) {
      held = new Map();
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
 * A reading with those of `held` in the place of documents that are damaged there. Where it is not known which documents
 * those are, all that are held and are not there may be meant, and stay.
 */
export function mended(read: Configuration, held: Iterable<StoredDocument>): Configuration {
  const { damaged } = read;
  if (damaged === undefined) return read;
  const there = new Set(read.documents.map(documentName));
  const wanted = new Set(damaged.documents.map(documentName));
  const kept: StoredDocument[] = [];
  for (const document of held) {
    const name = documentName(document);
    if (!there.has(name) && (damaged.unnamed > 0 || wanted.has(name))) kept.push(document);
  }
  return { ...read, documents: [...read.documents, ...kept] };
}
