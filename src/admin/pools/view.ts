import { escapeJson } from '../../pool/plain-text.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { OriginHealth, PoolHealth, PoolHealthSource } from '../health-source.ts';
import { originFields, poolFields } from './body.ts';

/**
 * Formats a pool for the API, with its health. The result is for JSON, which omits undefined properties: to omit them here would
 * double the time of a long list.
 */
export function poolView(pool: Pool, health: PoolHealthSource) {
  return viewOf(pool, health.of(pool));
}

/** The texts of pools as they were shown last, with the health in them. A pool that changes is another object. */
const shown = new WeakMap<Pool, { readonly health: PoolHealth; readonly text: string }>();

/**
 * Returns the JSON of the view of a pool. It is cached with the pool until the health of the pool changes, since most pools of a
 * long list are unchanged.
 */
export function poolText(pool: Pool, source: PoolHealthSource): string {
  const health = source.of(pool);
  const known = shown.get(pool);
  if (known?.health === health) return known.text;
  const text = escapeJson(JSON.stringify(viewOf(pool, health)));
  shown.set(pool, { health, text });
  return text;
}

function viewOf(pool: Pool, health: PoolHealth) {
  return {
    id: pool.id,
    created_on: pool.createdOn,
    modified_on: pool.modifiedOn,
    disabled_at: pool.disabledAt,
    healthy: health.healthy,
    ...poolFields(pool),
    origins: pool.endpoints.map((endpoint, i) => originView(endpoint, health.endpoints[i]!)),
  };
}

function originView(endpoint: Endpoint, { healthy, failureReason }: OriginHealth) {
  return {
    ...originFields(endpoint),
    disabled_at: endpoint.disabledAt,
    healthy,
    failure_reason: failureReason,
  };
}
