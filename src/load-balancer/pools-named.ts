import type { LoadBalancer, PoolSetOverrides, RuleOverrides, Steering } from './load-balancer.ts';

/** A pool that a load balancer names, and where: names of fields and positions in lists, from the outside in. */
export interface NamedPool {
  readonly pool: string;
  readonly path: readonly (string | number)[];
}

/** The fields that list pools, and those that list them for each code. */
export const POOL_LISTS = ['defaultPools', 'pools'] as const;
export const POOL_MAPS = ['regionPools', 'countryPools', 'popPools'] as const;

type Named = Pick<LoadBalancer, 'rules' | 'poolSets'> & Steering;
type Path = readonly (string | number)[];

/**
 * Lists the pools that a load balancer names, in every list and map, also in those that its policy does not use and in rules that
 * are disabled. Weights alone name no pool: a weight of a pool that is in no list has no effect.
 */
export function poolsNamed(loadBalancer: Named): NamedPool[] {
  return [...listsIn(loadBalancer)].flatMap(({ pools, path }) =>
    typeof pools === 'string'
      ? [{ pool: pools, path }]
      : pools.map((pool, at) => ({ pool, path: [...path, at] })),
  );
}

/** Lists the ids of the pools that a load balancer names, each once. */
export function poolIdsNamed(loadBalancer: Named): string[] {
  return [...new Set([...listsIn(loadBalancer)].flatMap(({ pools }) => pools))];
}

/** Whether a load balancer names none but these pools. Ends at the first other one. */
export function namesOnly(loadBalancer: Named, pools: ReadonlySet<string>): boolean {
  for (const { pools: named } of listsIn(loadBalancer))
    if (typeof named === 'string' ? !pools.has(named) : named.some((pool) => !pools.has(pool))) return false;
  return true;
}

/** The lists of pools in a load balancer, and single pools, one after the other, each with its place. */
function* listsIn(
  loadBalancer: Named,
): Generator<{ readonly pools: string | readonly string[]; readonly path: Path }> {
  yield* listsOf(loadBalancer, []);
  for (const field of ['rules', 'poolSets'] as const)
    for (const [at, { overrides }] of loadBalancer[field]?.entries() ?? [])
      if (overrides) yield* listsOf(overrides, [field, at, 'overrides']);
}

function* listsOf(steering: RuleOverrides & PoolSetOverrides, path: Path): ReturnType<typeof listsIn> {
  for (const field of POOL_LISTS) {
    const pools = steering[field];
    if (pools) yield { pools, path: [...path, field] };
  }
  if (steering.fallbackPool) yield { pools: steering.fallbackPool, path: [...path, 'fallbackPool'] };
  for (const field of POOL_MAPS)
    for (const [code, pools] of Object.entries(steering[field] ?? {}))
      yield { pools, path: [...path, field, code] };
}
