import type { Configuration } from '../../store/contract/documents.ts';
import type { Store } from '../../store/store.ts';

/** All that a node reads from a store before it follows it. */
export interface StoreReading {
  readonly read: Configuration;
  readonly observed: Awaited<ReturnType<Store['observations']>>;
  readonly workers: Awaited<ReturnType<Store['workers']>>;
}

/** Reads a store, or only what changed since `known` was read of it, in steps that yield in between. Rejects where it is away. */
export async function readStore(
  store: Store,
  giveWay: () => Promise<void>,
  known?: Configuration,
): Promise<StoreReading> {
  const read = await store.read(known);
  await giveWay();
  const [observed, workers] = await Promise.all([store.observations(), store.workers()]);
  await giveWay();
  return { read, observed, workers };
}
