import type { Store } from '../../store/store.ts';
import { refused, WRITE_ATTEMPTS_MAX, writeContention } from '../resource/write.ts';

/**
 * Deletes a pool. The guarded store deletes its overrides in the same revision: they have no meaning without it, and clients of the
 * reference API, which has no overrides, could not delete them first. Returns the revision. Throws ApiError when the pool does not
 * exist or others refer to it, and after WRITE_ATTEMPTS_MAX overrides by others in between.
 */
export async function deletePool(store: Store, id: string): Promise<number> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const committed = await store.commit([{ op: 'delete', kind: 'pool', id }]);
    if (committed.ok) return committed.revision;
    const { refusal } = committed;
    const isByOverrides =
      refusal.kind === 'referenced' && refusal.by.every(({ kind }) => kind === 'override');
    if (!isByOverrides) throw refused(refusal, { unique: [], references: [] });
  }
  throw writeContention();
}
