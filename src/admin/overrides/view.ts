import { endpointKey, type Override, phaseOf } from '../../pool/override.ts';
import type { Pool } from '../../pool/pool.ts';
import { present } from '../resource/present.ts';
import { timestamp } from '../schema/timestamp.ts';
import type { OverrideBody } from './schema.ts';

/** The override that a valid body describes, under an identity; an endpoint takes its pool's spelling. */
export function overrideFrom(body: OverrideBody, pool: Pool, id: string, epochMs: number): Override {
  const { endpoint, start, end } = body;
  return present({
    id,
    pool: pool.id,
    endpoint: endpoint == null ? undefined : endpointNamed(pool, endpoint)?.name,
    action: body.action,
    owner: body.owner,
    reason: body.reason,
    start: start == null ? undefined : timestamp(Date.parse(start)),
    end: end == null ? undefined : timestamp(Date.parse(end)),
    createdOn: timestamp(epochMs),
  });
}

/** The endpoint of a pool that has this name, whatever its case. */
export function endpointNamed(pool: Pool, name: string): Pool['endpoints'][number] | undefined {
  return pool.endpoints.find((endpoint) => endpointKey(endpoint.name) === endpointKey(name));
}

/** The override as the API shows it, with the name of its pool. */
export function overrideView(override: Override, poolName: string, epochMs: number) {
  return {
    id: override.id,
    created_on: override.createdOn,
    pool_id: override.pool,
    pool_name: poolName,
    endpoint: override.endpoint ?? null,
    action: override.action,
    owner: override.owner,
    reason: override.reason,
    start: override.start ?? null,
    end: override.end ?? null,
    phase: phaseOf(override, epochMs),
  };
}
