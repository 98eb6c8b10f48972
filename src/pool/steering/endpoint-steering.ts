import type { Pool } from '../pool.ts';

/** How one of a pool's healthy members is chosen: by weight, or by the client's address and the weights. */
export type EndpointSteering = 'random' | 'hash';

/** Returns how a pool's members are chosen. Policies that count requests or connections, which DNS does not see, are by weight. */
export function endpointSteeringOf({ originSteering }: Pool): EndpointSteering {
  return originSteering?.policy === 'hash' ? 'hash' : 'random';
}
