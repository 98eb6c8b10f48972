import {
  REFERRERS_MAX,
  type Ref,
  type Refusal,
  type StoredDocument,
  type Write,
} from '../../../src/store/contract/documents.ts';

/** A document, and what it claims beside its identifier. */
export interface Claims {
  readonly document: StoredDocument;
  readonly unique: readonly string[];
  readonly references: readonly Ref[];
}

/** What a document is known by in the store. */
export const nameOf = ({ kind, id }: Ref) => `${kind} ${id}`;

/** Why a write may not be made to these documents. */
export function refusalOf(
  claims: ReadonlyMap<string, Claims>,
  write: Write,
  at: number,
): Refusal | undefined {
  const known = claims.get(nameOf(write));
  if (write.ifRevision !== undefined && write.ifRevision !== (known?.document.revision ?? 0))
    return { kind: 'conflict', at };
  if (write.op === 'delete') {
    if (known === undefined) return { kind: 'not_found', at };
    const by = [...claims.values()]
      .filter(({ document, references }) => nameOf(document) !== nameOf(write) && refersTo(references, write))
      .map(({ document: { kind, id } }): Ref => ({ kind, id }))
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    return by.length > 0 ? { kind: 'referenced', at, by: by.slice(0, REFERRERS_MAX) } : undefined;
  }
  for (const value of write.unique)
    for (const { document, unique } of claims.values())
      if (document.kind === write.kind && document.id !== write.id && unique.includes(value))
        return { kind: 'not_unique', at, value, id: document.id };
  for (const { ifRevision, ...reference } of write.references) {
    if (nameOf(reference) === nameOf(write)) continue;
    const found = claims.get(nameOf(reference));
    if (found === undefined) return { kind: 'dangling', at, reference };
    if (found.document.revision !== (ifRevision ?? found.document.revision)) return { kind: 'conflict', at };
  }
  const { ifReferrers } = write;
  const hasOthers = [...claims.values()].some(
    ({ document, references }) =>
      document.kind === ifReferrers?.kind &&
      nameOf(document) !== nameOf(write) &&
      refersTo(references, write) &&
      !ifReferrers.ids.includes(document.id),
  );
  return hasOthers ? { kind: 'conflict', at } : undefined;
}

function refersTo(references: readonly Ref[], to: Ref): boolean {
  return references.some((reference) => nameOf(reference) === nameOf(to));
}
