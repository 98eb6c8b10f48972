import { type PoolStatus, poolStatus } from '../../health/status.ts';
import type { EndpointHealth } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';

/** Maximum of statuses that are kept. Of more pools, the half that was computed first is computed again when asked for. */
export const STATUSES_KEPT_MAX = 20_000;

/**
 * The status of each pool. It is computed once after something changed that it depends on. Answers, events, the API, metrics
 * and explanations all read this one, so they agree.
 */
export interface PoolStatuses {
  /** Returns the status of a pool. A pool object that is not the latest one gets a status of its own, which is not kept. */
  of(pool: Pool): PoolStatus;
  /** Drops the statuses of these pools, given by id, because something changed that they depend on. */
  drop(ids: Iterable<string>): void;
}

/** Dependencies of createPoolStatuses. */
export interface PoolStatusesOptions {
  /** Returns the health of an endpoint, by its checks and its override. */
  readonly healthOf: (pool: Pool, endpoint: Endpoint) => EndpointHealth;
  /** Returns the latest pool with this id; undefined: there is none. */
  readonly poolOf: (id: string) => Pool | undefined;
}

interface KeptStatus {
  readonly pool: Pool;
  readonly status: PoolStatus;
}

/** Creates a cache of statuses, which holds none. */
export function createPoolStatuses({ healthOf, poolOf }: PoolStatusesOptions): PoolStatuses {
  // Two halves, of which the older one is forgotten as a whole: to find the first entry of a map takes the longer, the more were deleted before it.
  let latest = new Map<string, KeptStatus>();
  let older = new Map<string, KeptStatus>();
  return {
    of(pool) {
      const known = latest.get(pool.id) ?? older.get(pool.id);
      if (known?.pool === pool) return known.status;
      const status = poolStatus(pool, (endpoint) => healthOf(pool, endpoint));
      // Nobody would drop the status of a pool that is not followed.
      if (poolOf(pool.id) !== pool) return status;
      if (latest.size >= STATUSES_KEPT_MAX / 2) [older, latest] = [latest, new Map()];
      latest.set(pool.id, { pool, status });
      return status;
    },
    drop(ids) {
      for (const id of ids) {
        latest.delete(id);
        older.delete(id);
      }
    },
  };
}
