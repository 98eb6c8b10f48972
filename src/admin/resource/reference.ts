import Type from 'typebox';
import type { StoredDocument } from '../../store/store.ts';

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
    resource_name: nameOf(document.value),
    resource_type: document.kind,
  };
}

function nameOf(value: StoredDocument['value']): string {
  if ('name' in value) return value.name;
  return 'description' in value ? value.description : value.reason;
}
