import type { Change, Configuration, Ref, StoredDocument } from './store.ts';

/**
 * A reading with the changes made since, in order, the last of which leads to its revision; the one given stays as it
 * is.
 */
export function broughtForward(known: Configuration, changes: readonly Change[]): Configuration {
  if (changes.length === 0) return known;
  const documents = new Map<string, StoredDocument>();
  for (const document of known.documents) documents.set(keyOf(document), document);
  for (const { entries } of changes)
    for (const entry of entries)
      if (entry.op === 'put') documents.set(keyOf(entry.document), entry.document);
      else documents.delete(keyOf(entry));
  return { epoch: known.epoch, revision: changes.at(-1)!.revision, documents: [...documents.values()] };
}

function keyOf({ kind, id }: Ref): string {
  return `${kind}/${id}`;
}
