import { isMonitored } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import type { PoolHealthSource, RegionHealth } from '../health-source.ts';

/** A duration as Go prints and parses it, to the microsecond. */
export function goDuration(ms: number): string {
  return `${Number(ms.toFixed(3))}ms`;
}

/**
 * The health of a pool by region: a map from the region's label, since clients take every key for a place. undefined
 * when nothing has been reported. A region is healthy when enough endpoints are for the pool to be.
 */
export async function poolHealthView(pool: Pool, health: PoolHealthSource) {
  const regions = await health.regions(pool);
  if (!isMonitored(pool) || regions.size === 0) return undefined;
  const places = [...regions].map(([region, endpoints]) => [region, placeOf(pool, endpoints)] as const);
  return { pool_id: pool.id, pop_health: Object.fromEntries(places) };
}

function placeOf(pool: Pool, endpoints: readonly RegionHealth[]) {
  return {
    healthy: endpoints.filter((endpoint) => endpoint.healthy).length >= pool.minimumOrigins,
    origins: endpoints.map((endpoint) => ({
      [endpoint.address]: {
        healthy: endpoint.healthy,
        rtt: goDuration(endpoint.rttMs),
        failure_reason: endpoint.failureReason,
        ...(endpoint.failureDetail === undefined ? {} : { failure_detail: endpoint.failureDetail }),
        response_code: endpoint.responseCode,
      },
    })),
  };
}
