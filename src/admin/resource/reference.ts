import Type from 'typebox';
import type { Kind, StoredDocument } from '../../store/store.ts';
import { kindOf } from './kinds.ts';

/** The schema of lists of references. */
export const ReferenceList = Type.Array(
  Type.Object({
    reference_type: Type.String({ enum: ['referrer', 'referral'] }),
    resource_id: Type.String(),
    resource_name: Type.String(),
    resource_type: Type.String({ enum: ['pool', 'monitor', 'monitor_group'] }),
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
