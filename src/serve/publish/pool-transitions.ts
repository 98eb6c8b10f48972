import type { Pool } from '../../pool/pool.ts';

/** Verdicts as one character each, so that 100,000 pools take little memory. */
const SEEN = { unknown: '?', healthy: 'h', unhealthy: 'u' } as const;

/** Counts endpoint health transitions per pool between published tables. */
export interface TransitionCounts {
  /** Notes that a pool is published with these verdicts on its endpoints, in their order; undefined: none yet. */
  published(pool: Pool, verdicts: readonly (boolean | undefined)[]): void;
  forget(id: string): void;
  /** Returns the number of transitions so far between healthy and unhealthy. A first verdict is none. */
  of(id: string): number;
}

/** Creates empty counts. */
export function createTransitionCounts(): TransitionCounts {
  const pools = new Map<string, { pool: Pool; seen: string; transitions: number }>();
  return {
    published(pool, verdicts) {
      const seen = verdicts.map((healthy) => SEEN[nameOf(healthy)]).join('');
      const known = pools.get(pool.id);
      if (known === undefined) {
        pools.set(pool.id, { pool, seen, transitions: 0 });
        return;
      }
      if (known.pool !== pool || known.seen !== seen)
        for (const [i, { name }] of pool.endpoints.entries()) {
          const at = known.pool === pool ? i : known.pool.endpoints.findIndex((was) => was.name === name);
          const was = known.seen[at] ?? SEEN.unknown;
          if (was !== SEEN.unknown && seen[i] !== SEEN.unknown && was !== seen[i]) known.transitions += 1;
        }
      known.pool = pool;
      known.seen = seen;
    },
    forget: (id) => void pools.delete(id),
    of: (id) => pools.get(id)?.transitions ?? 0,
  };
}

function nameOf(healthy: boolean | undefined): keyof typeof SEEN {
  if (healthy === undefined) return 'unknown';
  return healthy ? 'healthy' : 'unhealthy';
}
