import type { LoadBalancer } from './load-balancer.ts';
import { STORED_POOL_FIELDS, withPools } from './pool-fields.ts';

/**
 * Copies a load balancer without the pools that are gone. A pool set that loses its last pool goes with it, since it would send its
 * clients to no pool; a rule keeps an empty list. A lost fallback pool is replaced by the last default pool that is left. Returns
 * undefined where there is none, and the same object where nothing is gone.
 */
export function withoutPools(
  loadBalancer: LoadBalancer,
  isGone: (pool: string) => boolean,
): LoadBalancer | undefined {
  const isLeft = (pool: unknown) => !isGone(String(pool));
  const whole: Omit<LoadBalancer, 'fallbackPool'> & { readonly fallbackPool?: string } = withPools(
    loadBalancer,
    STORED_POOL_FIELDS,
    ({ pools, as }) => (as === 'weights' || pools.every(isLeft) ? pools : pools.filter(isLeft)),
  );
  if (whole === loadBalancer) return loadBalancer;
  const fallbackPool = whole.fallbackPool ?? whole.defaultPools.at(-1);
  if (fallbackPool === undefined) return undefined;
  const { poolSets } = whole;
  const kept = poolSets?.filter(
    ({ overrides }, at) => !isEmptied(loadBalancer.poolSets?.[at]?.overrides?.pools, overrides?.pools),
  );
  const sets = kept && kept.length < poolSets!.length ? { poolSets: kept } : {};
  return { ...whole, ...sets, fallbackPool };
}

function isEmptied(was: readonly string[] | null | undefined, now: readonly string[] | null | undefined) {
  return (was?.length ?? 0) > 0 && now?.length === 0;
}
