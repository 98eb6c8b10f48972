import type { LoadBalancer, PoolSetOverrides, RuleOverrides, Steering } from './load-balancer.ts';

/** A pool that a load balancer names, and where: names of fields and positions in lists, from the outside in. */
export interface NamedPool {
  readonly pool: string;
  readonly path: readonly (string | number)[];
}

/**
 * Lists the pools that a load balancer names, in every list and map, also in those that its policy does not use and in rules that
 * are disabled. Weights alone name no pool: a weight of a pool that is in no list has no effect.
 */
export function poolsNamed(loadBalancer: Pick<LoadBalancer, 'rules' | 'poolSets'> & Steering): NamedPool[] {
  const found: NamedPool[] = [];
  addSteering(found, loadBalancer, []);
  loadBalancer.rules?.forEach(({ overrides }, at) => {
    if (overrides) addSteering(found, overrides, ['rules', at, 'overrides']);
  });
  loadBalancer.poolSets?.forEach(({ overrides }, at) => {
    if (overrides) addSteering(found, overrides, ['poolSets', at, 'overrides']);
  });
  return found;
}

/** Lists the ids of the pools that a load balancer names, each once. */
export function poolIdsNamed(loadBalancer: Parameters<typeof poolsNamed>[0]): string[] {
  return [...new Set(poolsNamed(loadBalancer).map(({ pool }) => pool))];
}

const MAPS = ['regionPools', 'countryPools', 'popPools'] as const;
const LISTS = ['defaultPools', 'pools'] as const;

function addSteering(
  found: NamedPool[],
  steering: RuleOverrides & PoolSetOverrides,
  path: readonly (string | number)[],
): void {
  for (const field of LISTS)
    steering[field]?.forEach((pool, at) => void found.push({ pool, path: [...path, field, at] }));
  const { fallbackPool } = steering;
  if (fallbackPool) found.push({ pool: fallbackPool, path: [...path, 'fallbackPool'] });
  for (const field of MAPS)
    for (const [code, pools] of Object.entries(steering[field] ?? {}))
      pools.forEach((pool, at) => void found.push({ pool, path: [...path, field, code, at] }));
}
