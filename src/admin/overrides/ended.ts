import { endpointKey, hasTarget } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DocumentStore, StoredDocument, Write } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';

type StoredOverride = Extract<StoredDocument, { kind: 'override' }>;
type PoolPut = Extract<Write, { op: 'put'; kind: 'pool' }>;

/** Writes with the deletes of the overrides that they end, and the given write to which each of them belongs. */
export interface WithEnded {
  readonly writes: readonly Write[];
  /** The overrides that end, as they are stored. */
  readonly ended: readonly StoredOverride[];
  /** The place, among the given writes, of the one that this one comes of. */
  readonly originOf: (at: number) => number;
}

/**
 * Adds the deletes of overrides whose pool or endpoint these writes remove, each right before the write of its pool. An override
 * that is created in between makes the commit conflict, so that none remains. `before` returns the stored pool.
 */
export async function withEndedOverrides(
  store: Pick<DocumentStore, 'read'>,
  writes: readonly Write[],
  before: (pool: string) => Pool | undefined,
): Promise<WithEnded> {
  const ending = new Set(writes.filter((write) => isEnding(write, before(write.id))));
  if (ending.size === 0) return { writes, ended: [], originOf: (at) => at };
  const { documents } = await store.read();
  const overrides = Map.groupBy(documentsOf(documents, 'override'), ({ value }) => value.pool);
  const deleted = new Set(
    writes.flatMap(({ op, kind, id }) => (op === 'delete' && kind === 'override' ? [id] : [])),
  );
  const ended: StoredOverride[] = [];
  const all: { readonly write: Write; readonly from: number }[] = [];
  for (const [from, write] of writes.entries()) {
    const about = ending.has(write) ? (overrides.get(write.id) ?? []) : [];
    for (const each of isPoolPut(write) ? endedBy(write.value, about) : about) {
      if (deleted.has(each.id)) continue;
      ended.push(each);
      all.push({ write: deleteOf(each), from });
    }
    const ifReferrers = { kind: 'override', ids: about.map(({ id }) => id) } as const;
    const isBound = ending.has(write) && isPoolPut(write);
    all.push({ write: isBound ? { ...write, ifReferrers } : write, from });
  }
  return { writes: all.map(({ write }) => write), ended, originOf: (at) => all[at]!.from };
}

/** Returns the overrides of a pool whose endpoint the written pool does not have. */
export function endedBy(pool: Pool, about: readonly StoredOverride[]): StoredOverride[] {
  return about.filter(({ value }) => !hasTarget(pool, value));
}

/** Makes the write that deletes a document as it was read. */
export function deleteOf({ kind, id, revision }: StoredDocument): Write {
  return { op: 'delete', kind, id, ifRevision: revision };
}

function isPoolPut(write: Write): write is PoolPut {
  return write.op === 'put' && write.kind === 'pool';
}

/** Returns true when a write may end overrides: it deletes a pool, or removes endpoints from it. */
function isEnding(write: Write, was: Pool | undefined): boolean {
  if (write.kind !== 'pool' || was === undefined) return false;
  if (write.op === 'delete') return true;
  const names = new Set(write.value.endpoints.map(({ name }) => endpointKey(name)));
  return was.endpoints.some(({ name }) => !names.has(endpointKey(name)));
}
