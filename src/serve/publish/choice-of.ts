import type { Choice } from '../../answer/compile/choice-image.ts';
import type { PoolStatus } from '../../health/status.ts';
import type { PoolInUse } from '../../load-balancer/state.ts';
import { membersOf } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { endpointSteeringOf } from '../../pool/steering/endpoint-steering.ts';
import { loadSheddingOf } from '../../pool/steering/load-shedding.ts';
import { membersAs } from '../../pool/steering/whatever-health.ts';
import type { AllDownLog } from '../alarm/all-down-log.ts';

/** Dependencies of choiceOf. */
export interface ChoiceSource {
  readonly statusOf: (pool: Pool) => PoolStatus;
  readonly answerOf: AllDownLog['answerOf'];
  /** Addresses of a family that an answer has at the most, where a pool does not say. */
  readonly addressesMax: number;
}

/** Returns what load balancers must know of a pool. One that does not exist is never chosen. */
export function choiceOf(
  id: string,
  pool: Pool | undefined,
  { statusOf, answerOf, addressesMax }: ChoiceSource,
): Choice {
  if (pool === undefined) return withoutPool(id);
  const { standing, endpoints } = statusOf(pool);
  const healthOf = (_: unknown, index: number) => endpoints[index]!.health;
  const members = membersOf(pool, healthOf);
  const { percent, byHash } = loadSheddingOf(pool);
  const { latitude, longitude } = pool;
  const fallbackMembers = members.length > 0 ? members : membersAs(answerOf(pool, healthOf, 'all'));
  const last = answerOf(pool, healthOf, 'last_healthy');
  return {
    id,
    isUsable: standing === 'healthy' || standing === 'unmonitored',
    members,
    fallbackMembers,
    ...(last.allDown === 'last_healthy' && { lastHealthyMembers: membersAs(last) }),
    endpointSteering: endpointSteeringOf(pool),
    addressesMax: pool.answerAddressesMax || addressesMax,
    shedPercent: percent,
    isShedByHash: byHash,
    ...(latitude != null && longitude != null && { coordinates: { latitude, longitude } }),
  };
}

/** Returns what load balancers know of a pool of which nothing is known: it is never chosen, and has no address. */
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
export function poolInUse({
  isUsable,
  members,
  fallbackMembers,
  lastHealthyMembers,
  shedPercent,
}: Choice): PoolInUse {
  return {
    isUsable: isUsable && members.length > 0,
    shedPercent,
    isAllDown: members.length === 0,
    hasEnabled: fallbackMembers.length > 0,
    hasLastHealthy: lastHealthyMembers !== undefined,
  };
}
