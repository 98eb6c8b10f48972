import type { LoadBalancer, PoolMap, PoolSetOverrides, RuleOverrides, Steering } from './load-balancer.ts';
import { POOL_LISTS, POOL_MAPS } from './pools-named.ts';

/**
 * Copies a load balancer without the pools that are gone. A pool set that loses its last pool goes with it, since it would send its
 * clients to no pool; a rule keeps an empty list. A lost fallback pool is replaced by the last default pool that is left. Returns
 * undefined where there is none, and the same object where nothing is gone.
 */
export function withoutPools(
  loadBalancer: LoadBalancer,
  isGone: (pool: string) => boolean,
): LoadBalancer | undefined {
  const whole = withoutPoolsIn(loadBalancer, isGone);
  const { rules, poolSets } = loadBalancer;
  const keptRules = rules?.map((rule) => withOverrides(rule, isGone));
  const keptSets = poolSets
    ?.map((set) => withOverrides(set, isGone))
    .filter(({ overrides }, at) => !isEmptied(poolSets[at]?.overrides?.pools, overrides?.pools));
  const isSame =
    whole === loadBalancer &&
    areSame(rules ?? [], keptRules ?? []) &&
    areSame(poolSets ?? [], keptSets ?? []);
  if (isSame) return loadBalancer;
  const fallbackPool = whole.fallbackPool ?? whole.defaultPools?.at(-1);
  if (fallbackPool === undefined) return undefined;
  return {
    ...loadBalancer,
    ...whole,
    fallbackPool,
    ...(keptRules && { rules: keptRules }),
    ...(keptSets && { poolSets: keptSets }),
  };
}

function withOverrides<T extends { readonly overrides?: (RuleOverrides & PoolSetOverrides) | null }>(
  part: T,
  isGone: (pool: string) => boolean,
): T {
  if (!part.overrides) return part;
  const overrides = withoutPoolsIn(part.overrides, isGone);
  return overrides === part.overrides ? part : { ...part, overrides };
}

/** Returns the same object where nothing is gone. */
function withoutPoolsIn<T extends Steering & Pick<RuleOverrides, 'pools'>>(
  steering: T,
  isGone: (pool: string) => boolean,
): T {
  let kept = steering;
  for (const field of POOL_LISTS)
    if (steering[field]?.some(isGone))
      kept = { ...kept, [field]: steering[field].filter((pool) => !isGone(pool)) };
  for (const field of POOL_MAPS) {
    const map = steering[field];
    if (map && Object.values(map).some((pools) => pools.some(isGone)))
      kept = { ...kept, [field]: mapWithout(map, isGone) };
  }
  if (!steering.fallbackPool || !isGone(steering.fallbackPool)) return kept;
  const { fallbackPool: _, ...rest } = kept;
  return rest as T;
}

function mapWithout(map: PoolMap, isGone: (pool: string) => boolean): PoolMap {
  return Object.fromEntries(
    Object.entries(map).map(([code, pools]) => [code, pools.filter((pool) => !isGone(pool))]),
  );
}

function isEmptied(was: readonly string[] | null | undefined, now: readonly string[] | null | undefined) {
  return (was?.length ?? 0) > 0 && now?.length === 0;
}

function areSame<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
