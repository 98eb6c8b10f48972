/** Regions whose silence is told; of more, the one that was heard of longest ago is forgotten. */
export const REGIONS_HEARD_MAX = 100;

/** When a sign of life of each region's workers came last: a lease that holds, or news of theirs. */
export interface RegionsHeard {
  heard(region: string): void;
  /** The store has what this region's workers found before: unless it was heard of, it is silent from now on. */
  known(region: string): void;
  /** Milliseconds since then, by region; without those that never were there. */
  readonly silentMs: ReadonlyMap<string, number>;
}

/** Nothing was heard yet. `now`: milliseconds of this node's clock, which does not jump; no worker's counts. */
export function createRegionsHeard(now: () => number): RegionsHeard {
  /** The one that was heard of longest ago first. */
  const heardMs = new Map<string, number>();
  function heard(region: string): void {
    heardMs.delete(region);
    heardMs.set(region, now());
    if (heardMs.size > REGIONS_HEARD_MAX) heardMs.delete(heardMs.keys().next().value!);
  }
  return {
    heard,
    known(region) {
      if (!heardMs.has(region)) heard(region);
    },
    get silentMs() {
      const nowMs = now();
      return new Map(heardMs.entries().map(([region, atMs]) => [region, nowMs - atMs]));
    },
  };
}
