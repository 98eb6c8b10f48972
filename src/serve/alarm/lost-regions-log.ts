import type { Worker } from '../../check/worker.ts';
import type { Alarms } from './alarms.ts';
import { NO_WORKERS_MS } from './unchecked-pools-log.ts';

/** Time after which a region without workers is no alarm any more, milliseconds: by then it is meant so. */
export const REGION_MISSED_MS = 24 * 3_600_000;

/** Raises the alarm about regions that had workers and have none any more. */
export interface LostRegionsLog {
  /** Compares the live workers with the regions that were active. `silentMs`: since when they are not, milliseconds. */
  look(silentMs: ReadonlyMap<string, number>, workers: readonly Worker[]): void;
}

/** Creates the log. While no region has workers it raises nothing: the alarm `no_workers` says so. */
export function createLostRegionsLog(alarms: Alarms): LostRegionsLog {
  const raised = new Set<string>();
  return {
    look(silentMs, workers) {
      const live = new Set(workers.map(({ region }) => region));
      for (const region of raised) {
        const ms = silentMs.get(region);
        if (!live.has(region) && ms !== undefined && ms < REGION_MISSED_MS) continue;
        raised.delete(region);
        alarms.end('region_lost', region, { region });
      }
      if (live.size === 0) return;
      for (const [region, ms] of silentMs) {
        if (live.has(region) || raised.has(region) || ms < NO_WORKERS_MS || ms >= REGION_MISSED_MS) continue;
        raised.add(region);
        alarms.raise({ alarm: 'region_lost', about: region, pools: [], region }, region, { region });
      }
    },
  };
}
