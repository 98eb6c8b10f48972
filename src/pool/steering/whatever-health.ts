import { type EndpointHealth, type Member, membersOf } from '../members.ts';
import type { Endpoint, Pool } from '../pool.ts';

/**
 * Returns what a pool answers where it must, whatever its health: its healthy members, or else all enabled ones of a weight above
 * 0, or else all enabled ones. An override that takes an endpoint out is a person's decision, and stays.
 */
export function membersWhateverHealth(
  pool: Pool,
  healthOf: (endpoint: Endpoint, index: number) => EndpointHealth,
): Member[] {
  if (!pool.enabled) return [];
  const healthy = membersOf(pool, healthOf);
  if (healthy.length > 0) return healthy;
  const asHealthy = (endpoint: Endpoint, index: number): EndpointHealth => {
    const { wellAddresses: _, ...health } = healthOf(endpoint, index);
    return { ...health, healthy: true, recovered: 1 };
  };
  const weighted = membersOf(pool, asHealthy);
  if (weighted.length > 0) return weighted;
  const endpoints = pool.endpoints.map((endpoint) => ({ ...endpoint, weight: 1 }));
  return membersOf({ ...pool, endpoints }, asHealthy);
}
