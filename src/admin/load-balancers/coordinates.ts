import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolsToLocate } from '../../load-balancer/located-pools.ts';
import type { Pool } from '../../pool/pool.ts';
import type { Problem } from '../http/problem.ts';
import { listOfNames } from '../resource/name-words.ts';

/** Maximum number of pools, and of load balancers, in a message. */
const NAMES_LISTED_MAX = 20;

/**
 * Finds the pools without coordinates among which a load balancer would choose by distance. `poolOf` returns a pool by identifier;
 * those that do not exist are reported elsewhere.
 */
export function unlocatedPools(
  loadBalancer: Parameters<typeof poolsToLocate>[0],
  poolOf: (id: string) => Pool | undefined,
): Problem[] {
  const missing = poolsToLocate(loadBalancer).filter((id) => {
    const pool = poolOf(id);
    return pool !== undefined && !isLocated(pool);
  });
  if (missing.length === 0) return [];
  return [{ pointer: '/steering_policy', rule: '', sentence: sentenceOf(missing) }];
}

/** Finds the load balancers that choose by distance a pool that loses its coordinates. */
export function losesCoordinates(pool: string, loadBalancers: readonly LoadBalancer[]): Problem[] {
  const users = loadBalancers.filter((each) => poolsToLocate(each).includes(pool));
  if (users.length === 0) return [];
  const names = listOfNames(
    users.map(({ name }) => name),
    NAMES_LISTED_MAX,
  );
  return [{ pointer: '/latitude', rule: '', sentence: `${sentenceOf([pool])}, in ${names}` }];
}

/** Whether a pool has coordinates. */
export function isLocated({
  latitude = null,
  longitude = null,
}: {
  readonly latitude?: unknown;
  readonly longitude?: unknown;
}): boolean {
  return latitude !== null && longitude !== null;
}

/** The words of the reference, which clients look for. */
function sentenceOf(pools: readonly string[]): string {
  return `Proximity Load Balancer has pools missing Latitude/Longitude. Pool id's ${listOfNames(pools, NAMES_LISTED_MAX)}`;
}
