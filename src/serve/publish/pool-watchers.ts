/** Whoever wants to hear of pools, by their ids. */
export interface PoolWatchers {
  /** Tells all of them. */
  tell(pools: Iterable<string>): void;
  /** Calls back from now on, until what it returns is called. */
  watch(told: (pools: Iterable<string>) => void): () => void;
}

/** Nobody yet. */
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
