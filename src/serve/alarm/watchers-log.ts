import type { Worker } from '../../check/worker.ts';
import { isMonitored } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { uncheckedPools } from '../../voting/region-scope.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** No worker has to be there for so long until it is an alarm: at a start, servers come before workers. */
export const NOBODY_MS = 5_000;

/** Raises the alarm about which pools nobody checks. */
export interface WatchersLog {
  /**
   * Looks whether there are workers that can say something, and for all pools. Cheap as long as neither the revision
   * nor the live regions are others.
   */
  look(pools: Iterable<Pool>, revision: number, workers: readonly Worker[]): void;
}

/** Has said nothing yet. `now`: milliseconds of a clock that does not jump. */
export function createWatchersLog(alarms: Alarms, now: () => number): WatchersLog {
  /** Since when nobody is there, and whether that was told; undefined: somebody is. */
  let nobody: { readonly sinceMs: number; isTold: boolean } | undefined;
  let looked = '';
  let told = '';

  function noteNobody(pools: Iterable<Pool>, voting: number, abstaining: number): void {
    if (voting > 0) {
      if (nobody?.isTold) alarms.end('no_workers', '', { workers: voting });
      nobody = undefined;
      return;
    }
    nobody ??= { sinceMs: now(), isTold: false };
    if (nobody.isTold || now() - nobody.sinceMs < NOBODY_MS) return;
    if (!Iterator.from(pools).some((pool) => pool.enabled && isMonitored(pool))) return;
    nobody.isTold = true;
    alarms.raise({ alarm: 'no_workers', about: '', pools: [] }, abstentionOf(abstaining), { abstaining });
  }

  function lookForUnwatched(pools: Iterable<Pool>, live: ReadonlySet<string>): void {
    const found = uncheckedPools(pools, live).map(({ name }) => name);
    const names = found.sort().slice(0, ALARM_POOLS_MAX);
    const text = `${found.length} ${names.join(' ')}`;
    if (text === told || (found.length === 0 && told === '')) return;
    told = found.length === 0 ? '' : text;
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
      noteNobody(pools, voting.length, workers.length - voting.length);
      const text = `${revision} ${[...live].sort().join(' ')}`;
      // Without any worker it is not the check_regions that leave pools alone.
      if (text === looked || live.size === 0) return;
      looked = text;
      lookForUnwatched(pools, live);
    },
  };
}

function abstentionOf(workers: number): string {
  return workers === 0 ? '' : `${workers} abstain`;
}
