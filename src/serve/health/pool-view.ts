import type { HealthReason, ServedEndpoint, ServedPool } from '../../event/transitions.ts';
import { decisive } from '../../health/group-verdict.ts';
import type { Observation } from '../../health/observation.ts';
import { audienceOf, type Endpoint, type Pool } from '../../pool/pool.ts';
import { scopeIncludes } from '../../voting/region-scope.ts';
import type { Refresh } from '../follow/refresh.ts';
import { withVerdicts } from './endpoint-health.ts';

/** Returns a pool as this node serves it. */
export function servedPool(
  pool: Pool,
  { statusOf, configured, health: state }: Pick<Refresh, 'statusOf' | 'configured' | 'health'>,
): ServedPool {
  const status = statusOf(pool);
  const endpoints = status.endpoints.map(({ endpoint, health, standing }): ServedEndpoint => {
    const { name, address } = endpoint;
    if (health.override !== undefined) return { name, address, standing, override: health.override };
    const isHeldBack = configured
      .checksOf(pool, endpoint)
      .some(({ key, scope }) => state.isHeldBack(key, scope));
    return { name, address, standing, ...(isHeldBack && { isHeldBack }) };
  });
  const audience = audienceOf(pool);
  const { standing, answered, minimum } = status;
  return {
    id: pool.id,
    name: pool.name,
    ...(audience && { audience }),
    standing,
    endpoints,
    answered,
    minimum,
  };
}

/** Returns why an endpoint is healthy or unhealthy: by the newest observation that agrees, or why none does. */
export function whyOf(
  pool: Pool,
  endpoint: Endpoint,
  { configured, health, statusOf }: Refresh,
): HealthReason {
  const { healthy } = statusOf(pool).endpoints[pool.endpoints.indexOf(endpoint)]!.health;
  const deciding = decisive(withVerdicts(configured.checksOf(pool, endpoint), health), healthy!);
  if (deciding.some(({ key, scope }) => health.heldOutMs(key, scope) !== undefined))
    return { reason: 'its health changes too often (damping)' };
  const agreeing = deciding.flatMap(({ key, scope }) =>
    health
      .observationsOf(key)
      .filter((each) => each.healthy === healthy && scopeIncludes(scope, each.region)),
  );
  const newest = agreeing.reduce<Observation | undefined>(
    (last, each) => (last === undefined || each.atMs > last.atMs ? each : last),
    undefined,
  );
  if (newest !== undefined) {
    const { reason, region, detail } = newest;
    return { reason, ...(detail !== undefined && { detail }), region };
  }
  return { reason: 'no worker reports on it, and its last verdict is too old' };
}
