import type { AuditEvent } from '../../event/event.ts';
import { type DocumentStore, WRITES_MAX } from '../../store/contract/documents.ts';
import { StoreUnavailable } from '../../store/contract/failure.ts';
import type { Refresh } from '../follow/refresh.ts';

/** The name in the audit trail for changes by Lifeguard itself. */
export const ITSELF = 'lifeguard';

/**
 * Deletes the overrides whose endpoints are gone, which an older version left in the store. Those that conflict with
 * another write, and all while the store is away, wait for the next call.
 */
export async function deleteLeftOverrides(
  store: Pick<DocumentStore, 'commit'>,
  { overrides, configured }: Pick<Refresh, 'overrides' | 'configured'>,
  atMs: number,
): Promise<void> {
  const some = [...overrides.left.values()].slice(0, WRITES_MAX);
  if (some.length === 0) return;
  const writes = some.map(
    ({ kind, id, revision }) => ({ op: 'delete', kind, id, ifRevision: revision }) as const,
  );
  const events = some.map(({ kind, id, value }): AuditEvent => {
    const pool = configured.pool(value.pool);
    return {
      kind: 'audit',
      token: ITSELF,
      method: 'DELETE',
      object: { kind, id, ...(pool && { pool: { id: pool.id, name: pool.name } }) },
      before: value,
      after: null,
      atMs,
    };
  });
  try {
    await store.commit(writes, events);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
  }
}
