import type { Worker } from '../check/worker.ts';

/**
 * A region keeps its vote for so long after its last worker went, so that no verdict changes because a worker is started
 * again, or because leases end one after another when the store or all workers go away.
 */
export const REGION_GRACE_MS = 5_000;
/** More than this between two readings of the live workers: the store was away, and leases may have ended by that alone. */
const STORE_AWAY_MS = 2_000;
/** Whoever takes over the checks of a worker that went has reported on them after so long. */
export const HANDOVER_MS = 30_000;

/** Who counts as live, for how long who went still counts, and which regions have a vote by that. */
export interface Attendance {
  /** Takes in one reading of the live workers; says whether who counts may be others by it. */
  take(workers: readonly Worker[], nowMs: number): boolean;
  /** A worker was heard of, which may have joined after the last reading. */
  heard(worker: string, nowMs: number): void;
  /** Was among the live ones at the last reading, and does not abstain. */
  isLive(worker: string): boolean;
  /** Which of its stays that of a live worker is (see Worker); 0 for others. */
  stayOf(worker: string): number;
  /** Is live, or was heard of since and may be. */
  mayLive(worker: string): boolean;
  /** Whether a region has live workers, or had some until a short while ago. */
  hasVote(region: string): boolean;
  /** Whether a region has had a vote for less than HANDOVER_MS, after it had none. */
  hasReturned(region: string): boolean;
  /** The live workers of a region. */
  of(region: string): readonly string[];
  /** Workers of a region that went within HANDOVER_MS. */
  departedFrom(region: string): readonly string[];
  /** Whether any worker, of whatever region, went within HANDOVER_MS. */
  readonly hasDeparted: boolean;
  /** All that were read last, those that abstain included. */
  readonly workers: readonly Worker[];
}

/** Nobody is there. All times are milliseconds of one clock that does not jump. */
export function createAttendance(): Attendance {
  let workers: readonly Worker[] = [];
  /** The live ones, with their stays. */
  let live = new Map<string, number>();
  let liveByRegion = new Map<string, readonly string[]>();
  /** Regions whose last worker went, and when; in here they still have a vote. */
  const silentSince = new Map<string, number>();
  /** Regions that have a vote since less than HANDOVER_MS, and since when. */
  const returned = new Map<string, number>();
  /** Workers that went within HANDOVER_MS. */
  const departed = new Map<string, { readonly region: string; readonly sinceMs: number }>();
  /** Workers that were heard of and not read of since, and since when. */
  const newcomers = new Map<string, number>();
  let readMs = Number.NEGATIVE_INFINITY;

  const hasVote = (region: string) => liveByRegion.has(region) || silentSince.has(region);

  /** Takes in which regions have live workers; says whether one has lost its vote, or has had one for long. `before`: those that had. */
  function noteRegions(before: readonly string[], nowMs: number): boolean {
    const wasAway = nowMs - readMs > STORE_AWAY_MS;
    readMs = nowMs;
    for (const region of liveByRegion.keys())
      if (!before.includes(region) && !silentSince.has(region)) returned.set(region, nowMs);
    for (const region of before) if (!liveByRegion.has(region)) silentSince.set(region, nowMs);
    let lapsed = false;
    for (const [region, sinceMs] of silentSince) {
      if (liveByRegion.has(region)) silentSince.delete(region);
      else if (wasAway) silentSince.set(region, nowMs);
      else if (nowMs - sinceMs >= REGION_GRACE_MS) lapsed = silentSince.delete(region);
    }
    for (const [region, sinceMs] of returned)
      if (!hasVote(region)) returned.delete(region);
      else if (nowMs - sinceMs >= HANDOVER_MS) lapsed = returned.delete(region);
    return lapsed;
  }

  /** Takes in which workers went; says whether it is long ago that one did. `before`: those that were asked. */
  function noteDepartures(before: readonly Worker[], nowMs: number): boolean {
    for (const { id, region } of before)
      if (!live.has(id) && !departed.has(id)) departed.set(id, { region, sinceMs: nowMs });
    for (const [id, sinceMs] of newcomers)
      if (live.has(id) || nowMs - sinceMs >= REGION_GRACE_MS) newcomers.delete(id);
    let passed = false;
    for (const [id, { sinceMs }] of departed)
      if (live.has(id)) departed.delete(id);
      else if (nowMs - sinceMs >= HANDOVER_MS) passed = departed.delete(id);
    return passed;
  }

  const mayLive = (worker: string) => live.has(worker) || newcomers.has(worker);

  return {
    take(next, nowMs) {
      const votingBefore = workers.filter(({ id }) => live.has(id));
      const before = { live, regions: [...liveByRegion.keys()] };
      workers = next;
      // Who abstains is asked no more than who is gone.
      const voting = next.filter(({ isAbstaining }) => !isAbstaining);
      live = new Map(voting.map(({ id, stay = 0 }) => [id, stay]));
      liveByRegion = new Map(
        [...Map.groupBy(voting, ({ region }) => region)].map(([region, of]) => [
          region,
          of.map(({ id }) => id),
        ]),
      );
      const passed = noteDepartures(votingBefore, nowMs);
      const lapsed = noteRegions(before.regions, nowMs);
      return (
        lapsed || passed || live.size !== before.live.size || voting.some(({ id }) => !before.live.has(id))
      );
    },
    heard(worker, nowMs) {
      if (!mayLive(worker) && !departed.has(worker)) newcomers.set(worker, nowMs);
    },
    isLive: (worker) => live.has(worker),
    stayOf: (worker) => live.get(worker) ?? 0,
    mayLive,
    hasVote,
    hasReturned: (region) => returned.has(region),
    of: (region) => liveByRegion.get(region) ?? [],
    departedFrom: (region) => [...departed].flatMap(([id, { region: of }]) => (of === region ? [id] : [])),
    get hasDeparted() {
      return departed.size > 0;
    },
    get workers() {
      return workers;
    },
  };
}
