import type { EndpointHealth } from '../../../src/pool/members.ts';
import type { Endpoint, Pool } from '../../../src/pool/pool.ts';
import type { Refresh } from '../../../src/serve/follow/refresh.ts';

/** Returns the health of an endpoint in the status of its pool, as a node serves it. */
export function healthIn(
  { statusOf }: Pick<Refresh, 'statusOf'>,
  pool: Pool,
  endpoint: Endpoint,
): EndpointHealth {
  const { endpoints } = statusOf(pool);
  return endpoints.find((each) => each.endpoint.name === endpoint.name)!.health;
}
