import type { AllDown } from '../pool/steering/all-down.ts';

/** How a load balancer chooses among its pools. Empty: `geo` where one of its maps names pools, else `off`. */
export const STEERING_POLICIES = [
  '',
  'off',
  'geo',
  'random',
  'dynamic_latency',
  'proximity',
  'least_outstanding_requests',
  'least_connections',
] as const;
export type SteeringPolicy = (typeof STEERING_POLICIES)[number];

/** What locates a client where ECS does not: the node that answers, or the address that asks. */
export const LOCATION_MODES = ['pop', 'resolver_ip'] as const;
export type LocationMode = (typeof LOCATION_MODES)[number];

/** For which policies ECS locates a client. */
export const ECS_PREFERENCES = ['always', 'never', 'proximity', 'geo'] as const;
export type EcsPreference = (typeof ECS_PREFERENCES)[number];

/** What an absent or null field of a load balancer means. */
export const LOAD_BALANCER_DEFAULTS = {
  ttlSeconds: 30,
  /** Weight of a pool that `random_steering` does not name. */
  weight: 1,
  locationMode: 'pop',
  preferEcs: 'proximity',
  allDown: 'all',
} as const satisfies {
  readonly ttlSeconds: number;
  readonly weight: number;
  readonly locationMode: LocationMode;
  readonly preferEcs: EcsPreference;
  readonly allDown: AllDown;
};

/** Ordered ids of pools, by a code: of a region, a country (ISO 3166-1 alpha-2) or a site. */
export type PoolMap = Readonly<Record<string, readonly string[]>>;

/** Shares of pools for the random policies, 0 to 1; they need not add up to 1. */
export interface RandomSteering {
  /** Of pools that `poolWeights` does not name. */
  readonly defaultWeight?: number | null;
  /** By id of the pool. */
  readonly poolWeights?: Readonly<Record<string, number>> | null;
}

/** How a client is located. */
export interface LocationStrategy {
  readonly mode?: LocationMode | null;
  readonly preferEcs?: EcsPreference | null;
}

/** What a rule may change, and what of it has an effect in DNS. */
export interface Steering {
  /** Ids of pools in the order of preference. */
  readonly defaultPools?: readonly string[] | null;
  /** Id of the pool that answers when no other can, whatever its health. */
  readonly fallbackPool?: string | null;
  readonly regionPools?: PoolMap | null;
  readonly countryPools?: PoolMap | null;
  readonly popPools?: PoolMap | null;
  readonly steeringPolicy?: SteeringPolicy | null;
  readonly randomSteering?: RandomSteering | null;
  readonly locationStrategy?: LocationStrategy | null;
  /** TTL of answers, seconds; 0 is what clients write for proxied names, and means the default. */
  readonly ttl?: number | null;
}

/** Stored and echoed as written, without effect on answers: DNS cannot do these. */
export interface InertFields {
  readonly adaptiveRouting?: Readonly<Record<string, unknown>> | null;
  readonly sessionAffinity?: string | null;
  readonly sessionAffinityTtl?: number | null;
  readonly sessionAffinityAttributes?: Readonly<Record<string, unknown>> | null;
}

/** What a rule does to queries that it matches: each field that is there replaces that of the load balancer, as a whole. */
export interface RuleOverrides extends Steering, InertFields {
  /** As `defaultPools`, in the newest form of the API. */
  readonly pools?: readonly string[] | null;
  /** As those of `randomSteering`, in the newest form of the API. */
  readonly poolWeights?: Readonly<Record<string, number>> | null;
  readonly poolDefaultWeight?: number | null;
}

/** One rule. A field that was never written is absent. */
export interface Rule {
  readonly name?: string | null;
  /** An expression; absent, null or empty: it matches every query. */
  readonly condition?: string | null;
  /** Lower ones run first; absent or null: 0. Rules of one priority run in their order. */
  readonly priority?: number | null;
  readonly disabled?: boolean | null;
  /** Whether later rules are left out after this one matched. */
  readonly terminates?: boolean | null;
  /** Without effect on answers, except that it ends the rules. */
  readonly fixedResponse?: Readonly<Record<string, unknown>> | null;
  readonly overrides?: RuleOverrides | null;
}

/** Where clients of a pool set are: it matches where one of the lists has the client's code. At least one list is not empty. */
export interface Topology {
  readonly pops?: readonly string[] | null;
  readonly countries?: readonly string[] | null;
  readonly regions?: readonly string[] | null;
}

/** What a pool set changes for the queries that it matches. */
export interface PoolSetOverrides {
  readonly pools?: readonly string[] | null;
  readonly poolWeights?: Readonly<Record<string, number>> | null;
  readonly poolDefaultWeight?: number | null;
  readonly fallbackPool?: string | null;
  /** Never `geo`. */
  readonly steeringPolicy?: SteeringPolicy | null;
}

/** Pools for the clients of some places. The first one that matches is used, before rules. */
export interface PoolSet {
  readonly name?: string | null;
  readonly description?: string | null;
  readonly disabled?: boolean | null;
  /** Absent or null, or `default` is true: it matches every client. */
  readonly match?: { readonly default?: boolean | null; readonly topology?: Topology | null } | null;
  readonly overrides?: PoolSetOverrides | null;
  /** A set that has one, and no pools, answers NODATA. */
  readonly fixedResponse?: Readonly<Record<string, unknown>> | null;
}

/** How the answers of a load balancer are made: what Lifeguard adds to the reference. No rule changes it. */
export interface AnswerExtensions {
  /** Addresses of a family that an answer has at the most, 1 to ANSWER_ADDRESSES_MAX; absent, null or 0: what the pool that answers says. */
  readonly answerAddressesMax?: number | null;
  /** What its fallback pool answers here without a healthy member; absent or null: `all`. */
  readonly allDown?: AllDown | null;
}

/**
 * A name that steers among pools, as authored. A field that was never written is absent, and one that was written as null, zero
 * or empty is that, so that a reader gets back exactly what a writer sent.
 */
export interface LoadBalancer
  extends Omit<Steering, 'defaultPools' | 'fallbackPool' | 'steeringPolicy'>,
    InertFields,
    AnswerExtensions {
  /** 32 lower-case hex digits. */
  readonly id: string;
  /**
   * Its host name in lower case, without the final dot, international labels as A-labels: at or below its zone. It may be the
   * apex, and `*.` may begin it (RFC 4592). Unique among load balancers.
   */
  readonly name: string;
  /** The name of its zone in lower case, without the final dot; `.` of the root. */
  readonly zoneName: string;
  /** Id of its zone where that was made over the API, which cannot be deleted meanwhile; absent: the configuration file has it. */
  readonly zoneId?: string;
  /** Names of the zones that it left, each once: it changed their serials, too (docs/RECORDS.md); absent: it never moved. */
  readonly leftZones?: readonly string[];
  readonly description: string;
  /** false: as if the load balancer did not exist. */
  readonly enabled: boolean;
  /** Without effect: Lifeguard is no proxy. */
  readonly proxied: boolean;
  /** Ids of pools in the order of preference; may be empty. */
  readonly defaultPools: readonly string[];
  readonly fallbackPool: string;
  readonly steeringPolicy: SteeringPolicy;
  /** In the order written. */
  readonly rules?: readonly Rule[] | null;
  /** In the order written; the first one that matches is used. */
  readonly poolSets?: readonly PoolSet[] | null;
  /** Stored and echoed as written, without effect. */
  readonly networks?: readonly string[] | null;
  readonly tunnelId?: string | null;
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
  readonly modifiedOn: string;
}

/** Returns the policy that an empty one stands for, with these maps. */
export function effectivePolicy({
  steeringPolicy,
  regionPools,
  countryPools,
  popPools,
}: Pick<Steering, 'steeringPolicy' | 'regionPools' | 'countryPools' | 'popPools'>): Exclude<
  SteeringPolicy,
  ''
> {
  if (steeringPolicy) return steeringPolicy;
  const isMapped = [regionPools, countryPools, popPools].some(
    (map) => map && Object.values(map).some((pools) => pools.length > 0),
  );
  return isMapped ? 'geo' : 'off';
}
