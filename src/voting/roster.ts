import type { Worker } from '../check/worker.ts';

/**
 * A region keeps its vote for this time after its last worker left. So no verdict changes because a worker restarts, or
 * because leases end one after another when the store or all workers go away.
 */
export const REGION_GRACE_MS = 5_000;
/** After a longer time between two readings of the live workers the store was away, and leases may have ended by that alone. */
const STORE_AWAY_MS = 2_000;
/** After this time the workers that took over the checks of one that left have observed them. */
export const HANDOVER_MS = 30_000;

/** Tracks which workers are live, which left a short while ago, and which regions have a vote by that. */
export interface Roster {
  /** Takes in one reading of the live workers. Returns true where other observations may count because of it. */
  update(workers: readonly Worker[], monotonicMs: number): boolean;
  /** Notes an observation of a worker, which may have joined after the last reading. */
  noteSeen(worker: string, monotonicMs: number): void;
  /** Returns true for a worker that was live at the last reading and does not abstain. */
  isLive(worker: string): boolean;
  /** Returns the incarnation of a live worker (see Worker); 0 for others. */
  incarnationOf(worker: string): number;
  /** Returns true for a live worker, and for one that was seen since the last reading. */
  mayBeLive(worker: string): boolean;
  /** Returns true for a region that has live workers, or had some until REGION_GRACE_MS ago. */
  hasVote(region: string): boolean;
  /** Returns true for a region that got its vote back less than HANDOVER_MS ago. */
  hasReturned(region: string): boolean;
  /** The live workers of a region. */
  liveIn(region: string): readonly string[];
  /** The workers of a region that left within HANDOVER_MS. */
  departedFrom(region: string): readonly string[];
  /** A worker of any region left within HANDOVER_MS. */
  readonly hasDeparted: boolean;
  /** All workers of the last reading, those that abstain included. */
  readonly workers: readonly Worker[];
}

/** Creates an empty roster. */
export function createRoster(): Roster {
  let workers: readonly Worker[] = [];
  /** The incarnations of the live workers. */
  let live = new Map<string, number>();
  let liveByRegion = new Map<string, readonly string[]>();
  /** When the last worker of a region left. A region in here still has a vote. */
  const silentSince = new Map<string, number>();
  /** When a region got its vote back, within HANDOVER_MS. */
  const returned = new Map<string, number>();
  /** Workers that left within HANDOVER_MS. */
  const departed = new Map<string, { readonly region: string; readonly sinceMs: number }>();
  /** Workers that were seen since the last reading, and when first. */
  const newcomers = new Map<string, number>();
  let readMs = Number.NEGATIVE_INFINITY;

  const hasVote = (region: string) => liveByRegion.has(region) || silentSince.has(region);

  /**
   * Takes in which regions have live workers. Returns true where one lost its vote, or has had it back for HANDOVER_MS.
   * `before`: those that had live workers.
   */
  function noteRegions(before: readonly string[], monotonicMs: number): boolean {
    const wasAway = monotonicMs - readMs > STORE_AWAY_MS;
    readMs = monotonicMs;
    for (const region of liveByRegion.keys())
      if (!before.includes(region) && !silentSince.has(region)) returned.set(region, monotonicMs);
    for (const region of before) if (!liveByRegion.has(region)) silentSince.set(region, monotonicMs);
    let lapsed = false;
    for (const [region, sinceMs] of silentSince) {
      if (liveByRegion.has(region)) silentSince.delete(region);
      else if (wasAway) silentSince.set(region, monotonicMs);
      else if (monotonicMs - sinceMs >= REGION_GRACE_MS) lapsed = silentSince.delete(region);
    }
    for (const [region, sinceMs] of returned)
      if (!hasVote(region)) returned.delete(region);
      else if (monotonicMs - sinceMs >= HANDOVER_MS) lapsed = returned.delete(region);
    return lapsed;
  }

  /** Takes in which workers left. Returns true where one left HANDOVER_MS ago. `before`: those that had a vote. */
  function noteDepartures(before: readonly Worker[], monotonicMs: number): boolean {
    for (const { id, region } of before)
      if (!live.has(id) && !departed.has(id)) departed.set(id, { region, sinceMs: monotonicMs });
    for (const [id, sinceMs] of newcomers)
      if (live.has(id) || monotonicMs - sinceMs >= REGION_GRACE_MS) newcomers.delete(id);
    let passed = false;
    for (const [id, { sinceMs }] of departed)
      if (live.has(id)) departed.delete(id);
      else if (monotonicMs - sinceMs >= HANDOVER_MS) passed = departed.delete(id);
    return passed;
  }

  const mayLive = (worker: string) => live.has(worker) || newcomers.has(worker);

  return {
    update(next, monotonicMs) {
      const votingBefore = workers.filter(({ id }) => live.has(id));
      const before = { live, regions: [...liveByRegion.keys()] };
      workers = next;
      // A worker that abstains has no vote, like one that is gone.
      const voting = next.filter(({ isAbstaining }) => !isAbstaining);
      live = new Map(voting.map(({ id, stay = 0 }) => [id, stay]));
      liveByRegion = new Map(
        [...Map.groupBy(voting, ({ region }) => region)].map(([region, of]) => [
          region,
          of.map(({ id }) => id),
        ]),
      );
      const passed = noteDepartures(votingBefore, monotonicMs);
      const lapsed = noteRegions(before.regions, monotonicMs);
      return (
        lapsed || passed || live.size !== before.live.size || voting.some(({ id }) => !before.live.has(id))
      );
    },
    noteSeen(worker, monotonicMs) {
      if (!mayLive(worker) && !departed.has(worker)) newcomers.set(worker, monotonicMs);
    },
    isLive: (worker) => live.has(worker),
    incarnationOf: (worker) => live.get(worker) ?? 0,
    mayBeLive: mayLive,
    hasVote,
    hasReturned: (region) => returned.has(region),
    liveIn: (region) => liveByRegion.get(region) ?? [],
    departedFrom: (region) => [...departed].flatMap(([id, { region: of }]) => (of === region ? [id] : [])),
    get hasDeparted() {
      return departed.size > 0;
    },
    get workers() {
      return workers;
    },
  };
}
