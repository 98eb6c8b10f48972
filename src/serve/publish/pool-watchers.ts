/** Callbacks for changed pools. */
export interface PoolWatchers {
  /** Calls all of them with the ids of pools. */
  tell(pools: Iterable<string>): void;
  /** Adds a callback. Call the returned function to remove it. */
  watch(told: (pools: Iterable<string>) => void): () => void;
}

/** Creates an empty set of callbacks. */
export function createPoolWatchers(): PoolWatchers {
  const all = new Set<(pools: Iterable<string>) => void>();
  return {
    tell(pools) {
      for (const told of all) told(pools);
    },
    watch(told) {
      all.add(told);
      return () => void all.delete(told);
    },
  };
}
