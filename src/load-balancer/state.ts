import type { LoadBalancerState } from '../event/event.ts';
import type { AllDown } from '../pool/steering/all-down.ts';
import { LOAD_BALANCER_DEFAULTS, type LoadBalancer } from './load-balancer.ts';
import { poolsNamed } from './pools-named.ts';
import { MAPS, type Settings, settingsOf } from './steering/plan.ts';
import { choicesOf, type PoolFacts, weightOf } from './steering/steer.ts';

/** How a load balancer answers at the moment where no map, rule or pool set decides otherwise. */
export interface LoadBalancerStatus {
  readonly state: LoadBalancerState;
  /** Ids of the pools that may answer, in the order of preference; of a disabled load balancer none. */
  readonly answering: readonly string[];
  /** The fallback pool answers, whatever its health. */
  readonly isFallback: boolean;
  /** What the fallback pool answers, as it has no healthy member; undefined: it has one, or does not answer. */
  readonly allDown: AllDown | undefined;
  /** Share of the queries that each pool answers, above 0, on average over all clients; undefined: it depends on where they are. */
  readonly shares: ReadonlyMap<string, number> | undefined;
  /** Ids of the pools whose usability makes the state, each once, in the order of preference; the default list is first. */
  readonly pools: readonly string[];
}

/** What decides here about a pool. `isUsable`: for one of the families of addresses. */
export interface PoolInUse extends Pick<PoolFacts, 'isUsable' | 'shedPercent'> {
  /** It has no healthy member. */
  readonly isAllDown: boolean;
  /** It has endpoints that may answer whatever their health, and it is known which ones were healthy last. */
  readonly hasEnabled: boolean;
  readonly hasLastHealthy: boolean;
}

/** Returns the status of a load balancer by that of its pools. Rules and pool sets do not count: for whom they match, only a query says. */
export function loadBalancerStatus(
  loadBalancer: LoadBalancer,
  poolOf: (id: string) => PoolInUse,
): LoadBalancerStatus {
  const settings = settingsOf(loadBalancer);
  const pools = listedPools(loadBalancer, settings);
  if (!loadBalancer.enabled)
    return {
      state: 'disabled',
      answering: [],
      isFallback: false,
      allDown: undefined,
      shares: new Map(),
      pools,
    };
  const { fallbackPool, policy } = settings;
  const isUsable = (id: string) => poolOf(id).isUsable;
  const usable = settings.pools.filter((id) => isUsable(id) && weightOf(settings, id) > 0);
  const isFallback = usable.length === 0;
  const answering = policy === 'ordered' ? usable.slice(0, 1) : usable;
  const decisive = settings.pools.length > 0 ? settings.pools : pools;
  const isByPlace = policy === 'proximity' || policy === 'latency';
  return {
    state: !decisive.some(isUsable) ? 'critical' : pools.every(isUsable) ? 'healthy' : 'degraded',
    answering: isFallback && fallbackPool !== '' ? [fallbackPool] : answering,
    isFallback,
    allDown: isFallback ? allDownOf(loadBalancer, poolOf(fallbackPool)) : undefined,
    shares: isByPlace && usable.length > 1 ? undefined : sharesOf(settings, usable, poolOf),
    pools,
  };
}

/** What a fallback pool without a healthy member answers in a load balancer. */
function allDownOf(
  { allDown }: LoadBalancer,
  { isAllDown, hasEnabled, hasLastHealthy }: PoolInUse,
): AllDown | undefined {
  if (!isAllDown) return undefined;
  const wanted = allDown ?? LOAD_BALANCER_DEFAULTS.allDown;
  if (wanted === 'nodata' || !hasEnabled) return 'nodata';
  return wanted === 'last_healthy' && hasLastHealthy ? 'last_healthy' : 'all';
}

/** The default list and the maps that the policy uses; without these, the pools that rules and pool sets name. */
function listedPools(loadBalancer: LoadBalancer, settings: Settings): readonly string[] {
  const maps = settings.isMapped ? MAPS.flatMap(({ field }) => Object.values(settings[field])) : [];
  const listed = [...new Set([...settings.pools, ...maps.flat()])];
  if (listed.length > 0) return listed;
  const named = poolsNamed(loadBalancer).filter(({ path }) => path.at(-1) !== 'fallbackPool');
  return [...new Set(named.map(({ pool }) => pool))];
}

/** A pool that sheds by hash sheds the same share of all clients as one that draws. */
function sharesOf(
  settings: Settings,
  usable: readonly string[],
  poolOf: (id: string) => PoolInUse,
): ReadonlyMap<string, number> {
  return choicesOf(settings, usable, { poolOf: (id) => ({ ...poolOf(id), isShedByHash: false }) }, 0);
}
