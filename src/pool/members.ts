import { parseAddress } from './address.ts';
import type { OverrideAction } from './override.ts';
import type { Endpoint, Pool } from './pool.ts';

/** The status of an endpoint: its health by its checks, or why there is none. */
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

/** A healthy address of a host name. */
export interface WellAddress {
  readonly address: string;
  /** As in EndpointHealth; 1: all. */
  readonly recovered: number;
}

/** The health of one endpoint of a pool, as this node knows it. */
export interface EndpointHealth {
  /** The verdict of its check; undefined: no result yet. */
  readonly healthy: boolean | undefined;
  /** The probed addresses of a host name, healthy or not; absent: it is an address, or the name had none yet. */
  readonly addresses?: readonly string[] | undefined;
  /** Those of them that are healthy by its checks; absent: all are. */
  readonly wellAddresses?: readonly WellAddress[];
  /** Number of further addresses, which are not probed and so not answered; absent: none. */
  readonly unprobed?: number;
  /** Seconds for which the addresses may be cached; absent: unknown. */
  readonly addressTtlSeconds?: number;
  /** Longest TTL of its pool's answers while its latest results contradict its health; absent: they do not. */
  readonly turningTtlSeconds?: number;
  /** Share of its weight that it has back since it recovered: above 0, below 1; absent: all. */
  readonly recovered?: number;
  /** true: no monitor of its pool's group decides, because they are disabled or only monitor. */
  readonly hasNoJudge?: boolean;
  /** The override that decides in the place of the checks; absent: none. */
  readonly override?: OverrideAction;
}

/** Returns the status of an endpoint in a pool. A monitored endpoint without a result is unknown, and not answered. */
export function standingOf(pool: Pool, endpoint: Endpoint, health: EndpointHealth): Standing {
  if (!pool.enabled || !endpoint.enabled) return 'disabled';
  if (!isMonitored(pool) || health.hasNoJudge) return 'unmonitored';
  if (health.healthy === undefined) return 'unknown';
  return health.healthy ? 'healthy' : 'unhealthy';
}

/** Returns true for a pool with a monitor or a monitor group. */
export function isMonitored(pool: Pool): boolean {
  return Boolean(pool.monitor || pool.monitorGroup);
}

/** Returns true for a status in which an endpoint may be answered. */
export function isIn(standing: Standing): boolean {
  return standing === 'healthy' || standing === 'unmonitored';
}

/** Returns true where an endpoint may be answered: by its override, else by its status. A disabled one never may. */
export function isAnswered(pool: Pool, endpoint: Endpoint, health: EndpointHealth): boolean {
  const standing = standingOf(pool, endpoint, health);
  return standing !== 'disabled' && (health.override ? health.override === 'in' : isIn(standing));
}

/** Returns the addresses in a pool's answer, in the order of its endpoints, each once. Weight 0 keeps an endpoint out. */
export function membersOf(
  pool: Pool,
  healthOf: (endpoint: Endpoint, index: number) => EndpointHealth,
): Member[] {
  const members = new Map<string, Member>();
  let turningTtlSeconds: number | undefined;
  for (const [index, endpoint] of pool.endpoints.entries()) {
    const health = healthOf(endpoint, index);
    if (mayTurn(pool, endpoint, health))
      turningTtlSeconds = least(turningTtlSeconds, health.turningTtlSeconds);
    if (endpoint.weight === 0 || !isAnswered(pool, endpoint, health)) continue;
    const { addressTtlSeconds: ttlSeconds } = health;
    for (const { address, recovered } of answeredOf(pool, endpoint, health)) {
      const weight = Math.max(1, Math.round(endpoint.weight * 100 * recovered));
      const share = ttlSeconds === undefined ? { weight } : { weight, ttlSeconds };
      const parsed = parseAddress(address);
      // An unresolved name has no address, and a name may resolve to an address that nobody can have.
      if (parsed.kind !== 'ipv4' && parsed.kind !== 'ipv6') continue;
      // RFC 2181 §5: a record set has no record twice, however its address is spelled.
      if (!members.has(parsed.canonical)) members.set(parsed.canonical, { address, ...share });
    }
  }
  const all = [...members.values()];
  if (turningTtlSeconds === undefined) return all;
  return all.map((member) => ({ ...member, ttlSeconds: least(turningTtlSeconds, member.ttlSeconds)! }));
}

/**
 * Returns the addresses of an endpoint that may be answered: of a host name the healthy ones, or all where no check
 * decides or an override forces it in.
 */
export function answeredOf(pool: Pool, endpoint: Endpoint, health: EndpointHealth): readonly WellAddress[] {
  const { addresses, wellAddresses, recovered = 1, override } = health;
  if (wellAddresses && override === undefined && standingOf(pool, endpoint, health) === 'healthy')
    return wellAddresses;
  return (addresses ?? [endpoint.address]).map((address) => ({ address, recovered }));
}

/** Returns true where a changed health of an endpoint changes the answer. */
function mayTurn(pool: Pool, endpoint: Endpoint, { override }: EndpointHealth): boolean {
  return pool.enabled && endpoint.enabled && endpoint.weight > 0 && override === undefined;
}

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

/**
 * Returns the minimum number of answered endpoints for a pool to be healthy: `minimumOrigins`, or all enabled ones where
 * maintenance leaves fewer; undefined: it leaves none.
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
 * Returns whether a pool as a whole is healthy: it is enabled, and enough of its endpoints may be answered (minimumOf);
 * undefined: it is unmonitored, or maintenance leaves no endpoint.
 */
export function isPoolHealthy(
  pool: Pool,
  healthOf: (endpoint: Endpoint, index: number) => EndpointHealth,
): boolean | undefined {
  if (!pool.enabled) return false;
  if (!isMonitored(pool)) return undefined;
  // Each health is read once: a list of pools asks this for each of them.
  const known = pool.endpoints.map(healthOf);
  const minimum = minimumOf(pool, (endpoint) => known[pool.endpoints.indexOf(endpoint)]!.override);
  if (minimum === undefined) return undefined;
  let answered = 0;
  for (const [i, endpoint] of pool.endpoints.entries())
    if (isAnswered(pool, endpoint, known[i]!)) answered += 1;
  return answered >= minimum;
}
