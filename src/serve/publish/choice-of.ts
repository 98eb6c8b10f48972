import type { Choice } from '../../answer/compile/choice-image.ts';
import type { PoolStatus } from '../../health/status.ts';
import type { PoolInUse } from '../../load-balancer/state.ts';
import { membersOf } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { endpointSteeringOf } from '../../pool/steering/endpoint-steering.ts';
import { loadSheddingOf } from '../../pool/steering/load-shedding.ts';
import { membersWhateverHealth } from '../../pool/steering/whatever-health.ts';

/**
 * Returns what load balancers must know of a pool. One that does not exist is never chosen. `addressesMax`: of its answers,
 * where it does not say.
 */
export function choiceOf(
  id: string,
  pool: Pool | undefined,
  statusOf: (pool: Pool) => PoolStatus,
  addressesMax: number,
): Choice {
  if (pool === undefined) return withoutPool(id);
  const { standing, endpoints } = statusOf(pool);
  const healthOf = (_: unknown, index: number) => endpoints[index]!.health;
  const members = membersOf(pool, healthOf);
  const { percent, byHash } = loadSheddingOf(pool);
  const { latitude, longitude } = pool;
  return {
    id,
    isUsable: standing === 'healthy' || standing === 'unmonitored',
    members,
    fallbackMembers: members.length > 0 ? members : membersWhateverHealth(pool, healthOf),
    endpointSteering: endpointSteeringOf(pool),
    addressesMax: pool.answerAddressesMax || addressesMax,
    shedPercent: percent,
    isShedByHash: byHash,
    ...(latitude != null && longitude != null && { coordinates: { latitude, longitude } }),
  };
}

/** What load balancers know of a pool of which nothing is known: it is never chosen, and has no address. */
export function withoutPool(id: string): Choice {
  return {
    id,
    isUsable: false,
    members: [],
    fallbackMembers: [],
    endpointSteering: 'random',
    shedPercent: 0,
    isShedByHash: false,
  };
}

/** Returns what the state of a load balancer follows from. A pool is usable where it has an address of either family. */
export function poolInUse({ isUsable, members, shedPercent }: Choice): PoolInUse {
  return { isUsable: isUsable && members.length > 0, shedPercent };
}
