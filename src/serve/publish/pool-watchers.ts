/** Callbacks for changed pools. */
export interface PoolWatchers {
  /** Calls all callbacks with the ids of pools. */
  notify(pools: Iterable<string>): void;
  /** Adds a callback. Call the returned function to remove it. */
  watch(callback: (pools: Iterable<string>) => void): () => void;
}

/** Creates an empty set of callbacks. */
export function createPoolWatchers(): PoolWatchers {
  const all = new Set<(pools: Iterable<string>) => void>();
  return {
    notify(pools) {
      for (const callback of all) callback(pools);
    },
    watch(callback) {
      all.add(callback);
      return () => void all.delete(callback);
    },
  };
}
