/** Maximum of regions whose silence is measured. Beyond it the one that was silent the longest is forgotten. */
export const REGIONS_ACTIVE_MAX = 100;

/** Tracks when each region's workers were active last: by a lease or by an observation. */
export interface ReportingRegions {
  active(region: string): void;
  /** Notes a region that has observations in the store: it counts as silent from now on, unless it was active before. */
  known(region: string): void;
  /** Milliseconds since then, by region, without those that were never active. */
  readonly silentMs: ReadonlyMap<string, number>;
}

/** Creates an empty set of regions. `monotonicMs`: this node's clock, which never jumps; the clocks of workers do not matter. */
export function createReportingRegions(monotonicMs: () => number): ReportingRegions {
  /** Ordered by time, the longest silent first. */
  const activeMs = new Map<string, number>();
  function active(region: string): void {
    activeMs.delete(region);
    activeMs.set(region, monotonicMs());
    if (activeMs.size > REGIONS_ACTIVE_MAX) activeMs.delete(activeMs.keys().next().value!);
  }
  return {
    active,
    known(region) {
      if (!activeMs.has(region)) active(region);
    },
    get silentMs() {
      const nowMs = monotonicMs();
      return new Map(activeMs.entries().map(([region, atMs]) => [region, nowMs - atMs]));
    },
  };
}
