import { parseAddress } from './address.ts';
import type { OverrideAction } from './override.ts';
import type { Endpoint, Pool } from './pool.ts';

/** Where an endpoint stands: what its checks say, or that none run. */
export const STANDINGS = ['healthy', 'unhealthy', 'unknown', 'unmonitored', 'disabled'] as const;
export type Standing = (typeof STANDINGS)[number];

/** An address that is in its pool's answer. */
export interface Member {
  /** IPv4 or IPv6. */
  readonly address: string;
  /** Share of the answers where the members' weights differ; whole hundredths, at least 1. */
  readonly weight: number;
  /** Longest TTL it may be answered with; absent: any. */
  readonly ttlSeconds?: number;
}

/** An address of a host name that is well. */
export interface WellAddress {
  readonly address: string;
  /** As in EndpointHealth; 1: all. */
  readonly recovered: number;
}

/** What is known of one endpoint of a pool. */
export interface EndpointHealth {
  /** The verdict of its check; undefined: no result yet. */
  readonly healthy: boolean | undefined;
  /** The addresses of a host name that are probed, well or not; absent: it is an address, or the name had none yet. */
  readonly addresses?: readonly string[] | undefined;
  /** Those of them that are well by its checks; absent: all are. */
  readonly wellAddresses?: readonly WellAddress[];
  /** How many more addresses the host name has, which are not probed and so not answered; absent: none. */
  readonly unprobed?: number;
  /** For how many seconds these may be kept; absent: nobody said. */
  readonly addressTtlSeconds?: number;
  /** Its newest results are on the way to turn it: no answer of its pool is to be kept for longer than this. Absent: they are not. */
  readonly turningTtlSeconds?: number;
  /** What it has of its weight yet, since it came back a short while ago: over 0, below 1. Absent: all. */
  readonly recovered?: number;
  /** Its pool has a monitor group, in which no monitor decides: they are disabled, or for watching only. */
  readonly hasNoJudge?: boolean;
  /** What somebody decided in the place of the checks. */
  readonly override?: OverrideAction;
}

/** Where an endpoint stands in a pool. A monitored endpoint without a result is unknown, which counts as out. */
export function standingOf(pool: Pool, endpoint: Endpoint, health: EndpointHealth): Standing {
  if (!pool.enabled || !endpoint.enabled) return 'disabled';
  if (!isMonitored(pool) || health.hasNoJudge) return 'unmonitored';
  if (health.healthy === undefined) return 'unknown';
  return health.healthy ? 'healthy' : 'unhealthy';
}

/** Whether a pool has what checks its endpoints: a monitor or a group of them. */
export function isMonitored(pool: Pool): boolean {
  return Boolean(pool.monitor || pool.monitorGroup);
}

/** Whether an endpoint that stands so may be answered. */
export function isIn(standing: Standing): boolean {
  return standing === 'healthy' || standing === 'unmonitored';
}

/** Whether an endpoint may be answered: what an override says of it, or else where it stands. One that is disabled never may. */
export function isAnswered(pool: Pool, endpoint: Endpoint, health: EndpointHealth): boolean {
  const standing = standingOf(pool, endpoint, health);
  return standing !== 'disabled' && (health.override ? health.override === 'in' : isIn(standing));
}

/** The addresses a pool answers with, in the order of its endpoints, each once. Weight 0 keeps an endpoint out. */
export function membersOf(pool: Pool, healthOf: (endpoint: Endpoint) => EndpointHealth): Member[] {
  const members = new Map<string, Member>();
  let turningTtlSeconds: number | undefined;
  for (const endpoint of pool.endpoints) {
    const health = healthOf(endpoint);
    if (mayTurn(pool, endpoint, health))
      turningTtlSeconds = least(turningTtlSeconds, health.turningTtlSeconds);
    if (endpoint.weight === 0 || !isAnswered(pool, endpoint, health)) continue;
    const { addressTtlSeconds: ttlSeconds } = health;
    for (const { address, recovered } of answeredOf(pool, endpoint, health)) {
      const weight = Math.max(1, Math.round(endpoint.weight * 100 * recovered));
      const share = ttlSeconds === undefined ? { weight } : { weight, ttlSeconds };
      const parsed = parseAddress(address);
      // A name that is not resolved has no address, and what a name resolved to may be nobody's.
      if (parsed.kind !== 'ipv4' && parsed.kind !== 'ipv6') continue;
      // RFC 2181 §5: no record twice in a set, however its address is spelled.
      if (!members.has(parsed.canonical)) members.set(parsed.canonical, { address, ...share });
    }
  }
  const all = [...members.values()];
  if (turningTtlSeconds === undefined) return all;
  return all.map((member) => ({ ...member, ttlSeconds: least(turningTtlSeconds, member.ttlSeconds)! }));
}

/**
 * The addresses of an endpoint that may be answered: of a host name those that are well, or all where no check decides or
 * somebody forced it in.
 */
export function answeredOf(pool: Pool, endpoint: Endpoint, health: EndpointHealth): readonly WellAddress[] {
  const { addresses, wellAddresses, recovered = 1, override } = health;
  if (wellAddresses && override === undefined && standingOf(pool, endpoint, health) === 'healthy')
    return wellAddresses;
  return (addresses ?? [endpoint.address]).map((address) => ({ address, recovered }));
}

/** Whether the answer changes when the checks of an endpoint turn. */
function mayTurn(pool: Pool, endpoint: Endpoint, { override }: EndpointHealth): boolean {
  return pool.enabled && endpoint.enabled && endpoint.weight > 0 && override === undefined;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/**
 * How many endpoints must be answered for a pool to be healthy: `minimumOrigins`, or all that are enabled where maintenance
 * leaves fewer; undefined: it leaves none.
 */
export function minimumOf(
  pool: Pool,
  overrideOf: (endpoint: Endpoint) => OverrideAction | undefined,
): number | undefined {
  if (!pool.endpoints.some((endpoint) => overrideOf(endpoint) === 'maintenance')) return pool.minimumOrigins;
  const counted = pool.endpoints.filter((endpoint) => overrideOf(endpoint) !== 'maintenance');
  const enabled = counted.filter((endpoint) => endpoint.enabled).length;
  return enabled === 0 ? undefined : Math.min(pool.minimumOrigins, enabled);
}

/**
 * Whether a pool as a whole is healthy: enabled, with as many endpoints that may be answered as must be (minimumOf);
 * undefined: unmonitored, or maintenance leaves none.
 */
export function isPoolHealthy(
  pool: Pool,
  healthOf: (endpoint: Endpoint, index: number) => EndpointHealth,
): boolean | undefined {
  if (!pool.enabled) return false;
  if (!isMonitored(pool)) return undefined;
  // A long list asks this for each of its pools.
  const known = pool.endpoints.map(healthOf);
  const minimum = minimumOf(pool, (endpoint) => known[pool.endpoints.indexOf(endpoint)]!.override);
  if (minimum === undefined) return undefined;
  let answered = 0;
  for (const [i, endpoint] of pool.endpoints.entries())
    if (isAnswered(pool, endpoint, known[i]!)) answered += 1;
  return answered >= minimum;
}
