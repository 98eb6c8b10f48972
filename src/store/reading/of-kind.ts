import type { Kind, StoredDocument } from '../contract/documents.ts';

/** A stored document of one kind. */
export type StoredOf<K extends Kind> = Extract<StoredDocument, { kind: K }>;

type ByKind = { [K in Kind]?: readonly StoredOf<K>[] };

/** The lists that were made, by the documents that they were made of. */
const known = new WeakMap<readonly StoredDocument[], ByKind>();

/**
 * Returns the documents of one kind in a reading, in their order. The list is made once, and later readings share it until a document
 * of the kind changes: a list of few documents costs nothing beside many of another kind. The caller must not change it.
 */
export function documentsOf<K extends Kind>(
  documents: readonly StoredDocument[],
  kind: K,
): readonly StoredOf<K>[] {
  let byKind = known.get(documents);
  if (byKind === undefined) {
    byKind = {};
    known.set(documents, byKind);
  }
  const list = byKind[kind] as readonly StoredOf<K>[] | undefined;
  if (list !== undefined) return list;
  const made = documents.filter((document): document is StoredOf<K> => document.kind === kind);
  (byKind as Record<Kind, readonly StoredDocument[]>)[kind] = made;
  return made;
}

/** Keeps the lists of one reading for the next, which differs from it only in documents of these kinds. */
export function keepUnchangedKinds(
  was: readonly StoredDocument[],
  now: readonly StoredDocument[],
  changed: ReadonlySet<Kind>,
): void {
  const byKind = known.get(was);
  if (byKind === undefined) return;
  const kept = Object.entries(byKind).filter(([kind]) => !changed.has(kind as Kind));
  known.set(now, Object.fromEntries(kept) as ByKind);
}
