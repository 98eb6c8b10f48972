import type { LoadBalancer, Steering } from './load-balancer.ts';
import { type Path, poolsIn, STORED_POOL_FIELDS } from './pool-fields.ts';

/** A pool that a load balancer names, and where. */
export interface NamedPool {
  readonly pool: string;
  readonly path: Path;
}

type Named = Pick<LoadBalancer, 'rules' | 'poolSets'> & Steering;

/**
 * Lists the pools that a load balancer names, in every list and map, also in those that its policy does not use and in rules that
 * are disabled. Weights alone name no pool: a weight of a pool that is in no list has no effect.
 */
export function poolsNamed(loadBalancer: Named): NamedPool[] {
  return [...listsIn(loadBalancer)].flatMap(({ pools, path, isSingle }) =>
    pools.map((pool, at) => ({ pool, path: isSingle ? path : [...path, at] })),
  );
}

/** Lists the ids of the pools that a load balancer names, each once. */
export function poolIdsNamed(loadBalancer: Named): string[] {
  return [...new Set([...listsIn(loadBalancer)].flatMap(({ pools }) => pools))];
}

/** Whether a load balancer names none but these pools. Ends at the first other one. */
export function namesOnly(loadBalancer: Named, pools: ReadonlySet<string>): boolean {
  for (const { pools: named } of listsIn(loadBalancer))
    if (named.some((pool) => !pools.has(pool))) return false;
  return true;
}

/** The lists of pools in a load balancer, and single pools, one after the other. */
function* listsIn(
  loadBalancer: Named,
): Generator<{ readonly pools: readonly string[]; readonly path: Path; readonly isSingle: boolean }> {
  for (const { pools, path, as } of poolsIn(loadBalancer, STORED_POOL_FIELDS))
    if (as !== 'weights') yield { pools: pools as readonly string[], path, isSingle: as === 'single' };
}
