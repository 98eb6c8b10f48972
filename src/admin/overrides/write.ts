import { type Override, targetKey } from '../../pool/override.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import type { Draft, Written } from '../resource/draft.ts';
import { putOf, refused, WRITE_ATTEMPTS_MAX, writeContention } from '../resource/write.ts';
import { newObjectId } from '../schema/object-id.ts';

/** An override to be made, and the revision of the pool that has its endpoint. */
export interface OverrideDraft {
  readonly override: Override;
  readonly poolRevision: number;
}

/**
 * Creates an override, at the version of its pool that `draft` read. When the pool was written in between, `draft` runs again, since
 * the endpoint may be gone. With `mayReplace`, it replaces the present override of the target in the same revision. Otherwise it
 * throws ApiError, as it does when the store refuses, and after WRITE_ATTEMPTS_MAX.
 */
export async function createOverride(
  store: DocumentStore,
  draft: (id: string) => Promise<OverrideDraft>,
  mayReplace: (was: Override) => boolean,
): Promise<Written<'override'>> {
  for (let attempt = 0; attempt < WRITE_ATTEMPTS_MAX; attempt += 1) {
    const drafted = await draft(newObjectId());
    const value = drafted.override;
    const made = draftOf(drafted);
    const put = putOf('override', value.id, made, 0);
    const first = await store.commit([put]);
    if (first.ok) return { value, revision: first.revision };
    const { refusal } = first;
    if (refusal.kind === 'conflict') continue;
    if (refusal.kind !== 'not_unique') throw refused(refusal, made);
    const held = await store.get('override', refusal.id);
    if (held === undefined) continue;
    if (!mayReplace(held.value)) throw refused(refusal, made);
    const { kind, id, revision } = held;
    const second = await store.commit([{ op: 'delete', kind, id, ifRevision: revision }, put]);
    if (second.ok) return { value, revision: second.revision };
    if (second.refusal.kind === 'dangling') throw refused(second.refusal, made);
  }
  throw writeContention();
}

function draftOf({ override, poolRevision }: OverrideDraft): Draft<'override'> {
  const pointer = override.endpoint === undefined ? '/pool' : '/endpoint';
  return {
    value: override,
    unique: [
      { key: targetKey(override), pointer, rule: 'has an override already (replace=true replaces it)' },
    ],
    references: [{ to: { kind: 'pool', id: override.pool, ifRevision: poolRevision }, pointer: '/pool' }],
  };
}
