import type { Worker } from '../../check/worker.ts';
import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import { isMonitored } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { uncheckedPools } from '../../voting/region-scope.ts';
import type { Alarms } from './alarms.ts';

/** Time without live workers after which it is an alarm, milliseconds: servers often start before workers. */
export const NO_WORKERS_MS = 5_000;
/** Time for which no worker checks a pool before it is an alarm, milliseconds: the only worker of a region restarts within it. */
export const UNWATCHED_MS = 5_000;

/** Says who must be started where nobody checks. */
export const WHO_TO_START =
  'start "lifeguard monitor" in each region, with the same Redis, or "lifeguard all" in place of "lifeguard serve"';

/** Raises the alarms about missing workers, and about pools that no worker checks. */
export interface UncheckedPoolsLog {
  /** Looks for live workers, and for pools without any. Cheap while neither the revision nor the live regions change. */
  look(pools: Iterable<Pool>, revision: number, workers: readonly Worker[]): void;
}

/** Creates the log. `monotonicMs`: a clock that never jumps. */
export function createUncheckedPoolsLog(alarms: Alarms, monotonicMs: () => number): UncheckedPoolsLog {
  /** Since when no worker is live, and whether the alarm is raised; undefined: a worker is live. */
  let nobody: { readonly sinceMs: number; isRaised: boolean } | undefined;
  /** The last revision of which no pool is monitored. */
  let unmonitored: number | undefined;
  let looked = '';
  let logged = '';
  /** Since when no worker checks a pool, by its name. */
  let unwatched: ReadonlyMap<string, number> = new Map();

  /** Looks through all pools once a revision, and not at each look. */
  function isAnyMonitored(pools: Iterable<Pool>, revision: number): boolean {
    if (revision === unmonitored) return false;
    for (const pool of pools) if (pool.enabled && isMonitored(pool)) return true;
    unmonitored = revision;
    return false;
  }

  function noteNobody(
    pools: Iterable<Pool>,
    revision: number,
    { voting, abstaining }: { readonly voting: number; readonly abstaining: number },
  ): void {
    if (voting > 0) {
      if (nobody?.isRaised) alarms.end('no_workers', '', { workers: voting });
      nobody = undefined;
      return;
    }
    nobody ??= { sinceMs: monotonicMs(), isRaised: false };
    if (nobody.isRaised || monotonicMs() - nobody.sinceMs < NO_WORKERS_MS) return;
    if (!isAnyMonitored(pools, revision)) return;
    nobody.isRaised = true;
    alarms.raise({ alarm: 'no_workers', about: '', pools: [] }, abstentionOf(abstaining), {
      abstaining,
      ...(abstaining === 0 && { advice: WHO_TO_START }),
    });
  }

  function findUnwatched(pools: Iterable<Pool>, live: ReadonlySet<string>): void {
    const nowMs = monotonicMs();
    const found = uncheckedPools(pools, live).map(({ name }) => name);
    unwatched = new Map(found.map((name) => [name, unwatched.get(name) ?? nowMs]));
  }

  function noteUnwatched(live: ReadonlySet<string>): void {
    const untilMs = monotonicMs() - UNWATCHED_MS;
    const found = [...unwatched].filter(([, sinceMs]) => sinceMs <= untilMs).map(([name]) => name);
    const names = found.sort().slice(0, ALARM_POOLS_MAX);
    const text = `${found.length} ${names.join(' ')}`;
    if (text === logged || (found.length === 0 && logged === '')) return;
    logged = found.length === 0 ? '' : text;
    if (found.length === 0) alarms.end('unwatched_pools', '', {});
    else
      alarms.raise({ alarm: 'unwatched_pools', about: '', pools: names }, `${found.length} of them`, {
        pools: names,
        count: found.length,
        regions: [...live],
      });
  }

  return {
    look(pools, revision, workers) {
      const voting = workers.filter(({ isAbstaining }) => !isAbstaining);
      const live = new Set(voting.map(({ region }) => region));
      noteNobody(pools, revision, { voting: voting.length, abstaining: workers.length - voting.length });
      const text = `${revision} ${[...live].sort().join(' ')}`;
      // Without any worker the check_regions are not the cause.
      if (live.size === 0) return;
      if (text !== looked) findUnwatched(pools, live);
      looked = text;
      noteUnwatched(live);
    },
  };
}

function abstentionOf(workers: number): string {
  return workers === 0 ? WHO_TO_START : `${workers} abstain`;
}
