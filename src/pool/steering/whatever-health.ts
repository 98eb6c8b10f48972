import { type EndpointHealth, type Member, membersOf } from '../members.ts';
import type { Endpoint, Pool } from '../pool.ts';

/** Returns the health of an endpoint of a pool. */
export type HealthOf = (endpoint: Endpoint, index: number) => EndpointHealth;

/** A pool and the health of its endpoints, as its members follow from them (membersOf). */
export interface AnsweredAs {
  readonly pool: Pool;
  readonly healthOf: HealthOf;
}

/** Returns a pool as if all of its endpoints were healthy; if those of a weight above 0 have no address, with a weight for all. */
export function withoutHealth(pool: Pool, healthOf: HealthOf): AnsweredAs {
  const whatever: HealthOf = (endpoint, index) => asHealthy(healthOf(endpoint, index));
  if (membersOf(pool, whatever).length > 0) return { pool, healthOf: whatever };
  const endpoints = pool.endpoints.map((endpoint) => ({ ...endpoint, weight: 1 }));
  return { pool: { ...pool, endpoints }, healthOf: whatever };
}

/** Returns a health with which an endpoint is answered, unless an override keeps it out. */
export function asHealthy({ wellAddresses: _, ...health }: EndpointHealth): EndpointHealth {
  return { ...health, healthy: true, recovered: 1 };
}

/** Returns the members that follow. */
export function membersAs({ pool, healthOf }: AnsweredAs): Member[] {
  return membersOf(pool, healthOf);
}
