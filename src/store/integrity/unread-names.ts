import { poolNameKey } from '../../pool/pool-name.ts';
import type { DamagedDocuments, StoredDocument, UnreadName } from '../contract/documents.ts';

/** Most names of pools that are kept whose documents cannot be read. Further ones are dropped. */
export const UNREAD_NAMES_MAX = 10_000;

/** Gathers names of pools that records of unique names show, but no document that was read. */
export interface UnreadNames {
  /** Takes in the name of a pool, as it is claimed. */
  add(name: string, id: string): void;
  /** Those that were taken in so far. */
  found(): Pick<DamagedDocuments, 'names'>;
}

/** Creates a gathering beside these documents. */
export function gatherUnreadNames(documents: readonly StoredDocument[]): UnreadNames {
  const ids = new Set<string>();
  const taken = new Set<string>();
  for (const document of documents) {
    if (document.kind !== 'pool') continue;
    ids.add(document.id);
    taken.add(poolNameKey(document.value.name));
  }
  const names: UnreadName[] = [];
  return {
    found: () => (names.length === 0 ? {} : { names }),
    add(name, id) {
      if (names.length < UNREAD_NAMES_MAX && !ids.has(id) && !taken.has(name)) names.push({ id, name });
    },
  };
}
