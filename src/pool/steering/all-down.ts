import { membersOf } from '../members.ts';
import type { Pool } from '../pool.ts';
import { type AnsweredAs, asHealthy, type HealthOf, membersAs, withoutHealth } from './whatever-health.ts';

/**
 * What is answered where a pool has no healthy member, at its own name or where it is the fallback pool of a load balancer:
 * - `nodata`: no address;
 * - `all`: all enabled endpoints of a weight above 0, or else all enabled ones;
 * - `last_healthy`: those that were in its last answer with healthy members; where that is not known, as `all`.
 */
export const ALL_DOWN = ['nodata', 'all', 'last_healthy'] as const;
export type AllDown = (typeof ALL_DOWN)[number];

/** How a pool is answered. */
export interface OwnAnswer extends AnsweredAs {
  /** What it answers instead of healthy members; absent: it answers those, or nothing. */
  readonly allDown?: Exclude<AllDown, 'nodata'>;
}

/** Returns what a pool answers at its own name without a healthy member. */
export function allDownOf({ allDown }: Pick<Pool, 'allDown'>): AllDown {
  return allDown ?? 'nodata';
}

/**
 * Returns how a pool is answered, and without a healthy member as `allDown` says. `lastHealthy`: names of the endpoints that were
 * healthy last; undefined: they are not known. An override that takes an endpoint out is a person's decision, and stays.
 */
export function answerOfPool(
  pool: Pool,
  healthOf: HealthOf,
  allDown: AllDown,
  lastHealthy: ReadonlySet<string> | undefined,
): OwnAnswer {
  const own = { pool, healthOf };
  if (allDown === 'nodata' || !pool.enabled) return own;
  if (membersOf(pool, healthOf).length > 0) return own;
  if (allDown === 'last_healthy' && lastHealthy !== undefined) {
    const last: HealthOf = (endpoint, index) => {
      const health = healthOf(endpoint, index);
      return lastHealthy.has(endpoint.name) ? asHealthy(health) : health;
    };
    if (membersOf(pool, last).length > 0) return { pool, healthOf: last, allDown };
  }
  const all = withoutHealth(pool, healthOf);
  return membersAs(all).length > 0 ? { ...all, allDown: 'all' } : own;
}
