import type { Store } from '../../store/store.ts';
import { refused, WRITE_ATTEMPTS_MAX, writeContention } from '../write.ts';

/**
 * Deletes a pool, and in the same revision the overrides that are about it: they mean nothing without it, and clients
 * of the reference API, which has none, could not delete them first. Returns the revision. Throws ApiError when the pool
 * is not there or others refer to it, and after WRITE_ATTEMPTS_MAX times that others make overrides in between.
 */
export async function deletePool(store: Store, id: string): Promise<number> {
  const overrides = new Set<string>();
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const about = [...overrides];
    const committed = await store.commit([
      ...about.map((each) => ({ op: 'delete', kind: 'override', id: each }) as const),
      { op: 'delete', kind: 'pool', id },
    ]);
    if (committed.ok) return committed.revision;
    const { refusal } = committed;
    if (refusal.kind === 'referenced' && refusal.by.every(({ kind }) => kind === 'override'))
      for (const override of refusal.by) overrides.add(override.id);
    else if (refusal.kind === 'not_found' && refusal.at < about.length) overrides.delete(about[refusal.at]!);
    else throw refused(refusal, { unique: [], references: [] });
  }
  throw writeContention();
}
