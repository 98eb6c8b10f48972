import { ALWAYS, type Condition } from '../condition/condition.ts';
import { readInSteps } from '../condition/prepare.ts';
import { readCondition } from '../condition/read.ts';
import {
  type EcsPreference,
  effectivePolicy,
  LOAD_BALANCER_DEFAULTS,
  type LoadBalancer,
  type LocationMode,
  type PoolMap,
  type PoolSet,
  type Rule,
  type RuleOverrides,
  type Steering,
  type SteeringPolicy,
  type Topology,
} from '../load-balancer.ts';

/** The maps of pools in the order in which they count, and what each is by. */
export const MAPS = [
  { field: 'popPools', source: 'pop' },
  { field: 'countryPools', source: 'country' },
  { field: 'regionPools', source: 'region' },
] as const;

/** How pools of a list share the queries. */
export type Policy = 'ordered' | 'weighted' | 'proximity' | 'latency';

/** What decides for a query, when pool sets and rules had their say. */
export interface Settings {
  readonly policy: Policy;
  /** Whether the maps come before `pools`. */
  readonly isMapped: boolean;
  /** Ids in the order of preference. */
  readonly pools: readonly string[];
  readonly popPools: PoolMap;
  readonly countryPools: PoolMap;
  readonly regionPools: PoolMap;
  readonly fallbackPool: string;
  /** Shares of pools, by id, and of those that have none here. */
  readonly weights: Readonly<Record<string, number>>;
  readonly defaultWeight: number;
  readonly ttlSeconds: number;
  readonly mode: LocationMode;
  readonly preferEcs: EcsPreference;
  /** Whether ECS locates the client, where a query has it. */
  readonly isLocatedByEcs: boolean;
}

/** What a rule does where its condition holds. */
export interface PlannedRule {
  /** Its place among the rules as written. */
  readonly index: number;
  readonly condition: Condition;
  readonly overrides: RuleOverrides;
  readonly terminates: boolean;
}

/** What a pool set does where it matches. */
export interface PlannedSet {
  /** Its place among the pool sets as written. */
  readonly index: number;
  /** Absent: it matches every client. */
  readonly topology: Required<{ [K in keyof Topology]: readonly string[] }> | undefined;
  readonly overrides: RuleOverrides;
  /** It answers NODATA. */
  readonly isEmpty: boolean;
}

/** A load balancer with everything that is decided before a query comes. */
export interface Plan {
  readonly loadBalancer: LoadBalancer;
  readonly steering: Steering;
  /** Those that are not disabled, in the order in which they are tried. */
  readonly sets: readonly PlannedSet[];
  readonly rules: readonly PlannedRule[];
  /** Reads the conditions of the rules ahead, a pattern or a condition a step. No step where they were read. */
  prepare(): Iterable<void>;
}

/**
 * Makes the plan of a load balancer. A rule whose condition cannot be read, which the API refuses, never matches. Conditions are read
 * when the rules are first asked for, so that a node that loads many load balancers reads each when it writes its name.
 */
export function planOf(loadBalancer: LoadBalancer): Plan {
  let rules: readonly PlannedRule[] | undefined;
  return {
    loadBalancer,
    steering: loadBalancer,
    sets: (loadBalancer.poolSets ?? []).flatMap(plannedSet),
    get rules() {
      rules ??= (loadBalancer.rules ?? [])
        .flatMap(plannedRule)
        .sort((a, b) => priorityOf(loadBalancer, a) - priorityOf(loadBalancer, b));
      return rules;
    },
    *prepare() {
      if (rules !== undefined) return;
      const enabled = (loadBalancer.rules ?? []).filter(({ disabled }) => !disabled);
      yield* readInSteps(enabled.map(({ condition }) => condition ?? ''));
    },
  };
}

function priorityOf({ rules }: LoadBalancer, { index }: PlannedRule): number {
  return rules?.[index]?.priority ?? 0;
}

function plannedSet({ match, overrides, disabled, fixedResponse }: PoolSet, index: number): PlannedSet[] {
  if (disabled) return [];
  const topology = match?.default ? undefined : match?.topology;
  // What a set says of pools counts as a list of its own, which no map comes before.
  const policy = overrides?.steeringPolicy;
  return [
    {
      index,
      topology: topology
        ? {
            pops: topology.pops ?? [],
            countries: topology.countries ?? [],
            regions: topology.regions ?? [],
          }
        : undefined,
      overrides: {
        ...overrides,
        ...(overrides?.pools && { regionPools: {}, countryPools: {}, popPools: {} }),
        ...(policy && { steeringPolicy: policy }),
      },
      isEmpty: Boolean(fixedResponse) && !overrides?.pools,
    },
  ];
}

function plannedRule(
  { condition, overrides, disabled, terminates, fixedResponse }: Rule,
  index: number,
): PlannedRule[] {
  if (disabled) return [];
  const reading = readCondition(condition ?? '');
  if (reading.problem !== undefined) return [];
  return [
    {
      index,
      condition: condition ? reading.condition : ALWAYS,
      overrides: overrides ?? {},
      terminates: Boolean(terminates || fixedResponse),
    },
  ];
}

/** Replaces the settings that overrides have; what is absent or null stays as it is. */
export function overridden(steering: Steering, overrides: RuleOverrides): Steering {
  const { pools, poolWeights, poolDefaultWeight, ...rest } = overrides;
  const written = Object.fromEntries(Object.entries(rest).filter(([, value]) => value != null)) as Steering;
  const { randomSteering } = { ...steering, ...written };
  return {
    ...steering,
    ...written,
    ...(pools && { defaultPools: pools }),
    ...((poolWeights ?? poolDefaultWeight) != null && {
      randomSteering: {
        ...randomSteering,
        ...(poolWeights && { poolWeights }),
        ...(poolDefaultWeight != null && { defaultWeight: poolDefaultWeight }),
      },
    }),
  };
}

const POLICIES: Readonly<Record<Exclude<SteeringPolicy, ''>, Policy>> = {
  off: 'ordered',
  geo: 'ordered',
  random: 'weighted',
  // Of requests and connections DNS sees nothing; all counters are equal.
  least_outstanding_requests: 'weighted',
  least_connections: 'weighted',
  proximity: 'proximity',
  dynamic_latency: 'latency',
};

/** The same object each time, by which lists with equal weights are found. */
const NO_WEIGHTS: Settings['weights'] = {};

/** Completes settings by their defaults. */
export function settingsOf(steering: Steering): Settings {
  const policy = effectivePolicy(steering);
  const { weight, ttlSeconds, locationMode, preferEcs: preferred } = LOAD_BALANCER_DEFAULTS;
  const preferEcs = steering.locationStrategy?.preferEcs ?? preferred;
  return {
    policy: POLICIES[policy],
    isMapped: policy === 'geo',
    pools: steering.defaultPools ?? [],
    popPools: steering.popPools ?? {},
    countryPools: steering.countryPools ?? {},
    regionPools: steering.regionPools ?? {},
    fallbackPool: steering.fallbackPool ?? '',
    weights: steering.randomSteering?.poolWeights ?? NO_WEIGHTS,
    defaultWeight: steering.randomSteering?.defaultWeight ?? weight,
    ttlSeconds: steering.ttl || ttlSeconds,
    mode: steering.locationStrategy?.mode ?? locationMode,
    preferEcs,
    isLocatedByEcs: preferEcs === 'always' || preferEcs === policy,
  };
}

/** Returns true where a load balancer may look up the place of an address. It reads no condition. */
export function needsPlaces({ loadBalancer, steering, sets }: Plan): boolean {
  const rules = (loadBalancer.rules ?? []).filter(({ disabled }) => !disabled);
  return [
    {},
    ...sets.map(({ overrides }) => overrides),
    ...rules.map(({ overrides }) => overrides ?? {}),
  ].some((overrides) => {
    const { isLocatedByEcs, mode } = settingsOf(overridden(steering, overrides));
    return isLocatedByEcs || mode === 'resolver_ip';
  });
}
