import { eachInPieces } from '../../pace/each-in-pieces.ts';
import { sortInPieces } from '../../pace/sort-in-pieces.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DocumentStore, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import { compare } from '../resource/compare.ts';

/** Where more than one in this number of pools changed, all are sorted anew. */
const FEW = 8;

/** Sorted pools, by the documents that they are among. Callers share these, and sorting many takes long. */
const sorted = new WeakMap<readonly StoredDocument[], Promise<readonly Pool[]>>();
/** The pools that were sorted last. Most of the next ones are the same. */
let last = new WeakRef<readonly Pool[]>([]);

/** Every pool, by name, then by identifier. */
export async function allPools(store: DocumentStore): Promise<readonly Pool[]> {
  const { documents } = await store.read();
  const known = sorted.get(documents);
  if (known !== undefined) return known;
  const sorting = inOrder(documents, last.deref() ?? []);
  sorted.set(documents, sorting);
  const pools = await sorting;
  last = new WeakRef(pools);
  return pools;
}

/** The pools of these documents in their order, where those in `before` are in order already. Lets others work in between. */
async function inOrder(
  documents: readonly StoredDocument[],
  before: readonly Pool[],
): Promise<readonly Pool[]> {
  const left = new Set<Pool>();
  await eachInPieces(documentsOf(documents, 'pool'), ({ value }) => void left.add(value));
  const kept: Pool[] = [];
  await eachInPieces(before, (pool) => void (left.delete(pool) && kept.push(pool)));
  const others = await sortInPieces([...left], byName);
  if (others.length * FEW > kept.length) return sortInPieces([...kept, ...others], byName);
  let next = 0;
  const merged: Pool[] = [];
  await eachInPieces(kept, (pool) => {
    while (next < others.length && byName(others[next]!, pool) < 0) merged.push(others[next++]!);
    merged.push(pool);
  });
  return merged.concat(others.slice(next));
}

/** Orders pools as lists have them. */
export function byName(a: Pool, b: Pool): number {
  return compare(a.name, b.name) || compare(a.id, b.id);
}
