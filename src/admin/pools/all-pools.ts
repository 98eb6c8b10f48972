import type { Pool } from '../../pool/pool.ts';
import type { Store, StoredDocument } from '../../store/store.ts';
import { compare } from '../resource/compare.ts';

/** Pools in their order, by the documents they are among: these are shared, and to sort many takes long. */
const sorted = new WeakMap<readonly StoredDocument[], readonly Pool[]>();

/** Every pool, by name, then by identifier. */
export async function allPools(store: Store): Promise<readonly Pool[]> {
  const { documents } = await store.read();
  const known = sorted.get(documents);
  if (known !== undefined) return known;
  const pools = documents
    .flatMap((document) => (document.kind === 'pool' ? [document.value] : []))
    .sort(byName);
  sorted.set(documents, pools);
  return pools;
}

/** Orders pools as lists have them. */
export function byName(a: Pool, b: Pool): number {
  return compare(a.name, b.name) || compare(a.id, b.id);
}
