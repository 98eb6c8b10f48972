import type { Change, Configuration, DamagedDocuments, Ref, StoredDocument } from './store.ts';

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
  const { revision, link } = changes.at(-1)!;
  const damaged = known.damaged && stillDamaged(known.damaged, changes);
  const isDamaged = damaged !== undefined && damaged.documents.length + damaged.unnamed > 0;
  return {
    epoch: known.epoch,
    revision,
    documents: [...documents.values()],
    ...(isDamaged && { damaged }),
    ...(link && { link }),
    ...(known.isDecided && { isDecided: true }),
  };
}

/** A document that was written again, or deleted, is damaged no more. */
function stillDamaged(
  { documents, unnamed }: DamagedDocuments,
  changes: readonly Change[],
): DamagedDocuments {
  const touched = new Set(
    changes.flatMap(({ entries }) =>
      entries.map((entry) => keyOf(entry.op === 'put' ? entry.document : entry)),
    ),
  );
  return { documents: documents.filter((ref) => !touched.has(keyOf(ref))), unnamed };
}

function keyOf({ kind, id }: Ref): string {
  return `${kind}/${id}`;
}
