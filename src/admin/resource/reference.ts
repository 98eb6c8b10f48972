import Type from 'typebox';
import { createPieces } from '../../pace/next-turn.ts';
import type { Kind, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { kindOf, usesOf } from './kinds.ts';

/** The schema of lists of references. */
export const ReferenceList = Type.Array(
  Type.Object({
    reference_type: Type.String({ enum: ['referrer', 'referral'] }),
    resource_id: Type.String(),
    resource_name: Type.String(),
    resource_type: Type.String({ enum: ['load_balancer', 'pool', 'monitor', 'monitor_group'] }),
  }),
);

/**
 * Formats a reference for the API: `referrer` when the listed object uses the object of the request, `referral` when that uses the
 * listed one. Monitors and groups have their description as a name.
 */
export function referenceTo(type: 'referrer' | 'referral', document: StoredDocument) {
  return {
    reference_type: type,
    resource_id: document.id,
    resource_name: kindOf<Kind>(document.kind).nameOf(document.value),
    resource_type: document.kind,
  };
}

/** Lists what uses a document, then what it uses, among all documents; a few at a time. */
export async function referencesOf(kind: Kind, id: string, documents: readonly StoredDocument[]) {
  const isLong = createPieces();
  const referrers: StoredDocument[] = [];
  let own: StoredDocument | undefined;
  for (const document of documents) {
    const rest = isLong();
    if (rest) await rest;
    if (document.kind === kind && document.id === id) own = document;
    if (usesOf(document).some((used) => used.kind === kind && used.id === id)) referrers.push(document);
  }
  const used = own === undefined ? [] : usesOf(own);
  const referrals = used.flatMap(
    (ref) => documentsOf<Kind>(documents, ref.kind).find(({ id }) => id === ref.id) ?? [],
  );
  return [
    ...referrers.map((each) => referenceTo('referrer', each)),
    ...referrals.map((each) => referenceTo('referral', each)),
  ];
}
