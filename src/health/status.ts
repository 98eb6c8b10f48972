import type { PoolStanding } from '../event/event.ts';
import {
  type EndpointHealth,
  isAnswered,
  isMonitored,
  isPoolHealthy,
  minimumOf,
  type Standing,
  standingOf,
} from '../pool/members.ts';
import type { Endpoint, Pool } from '../pool/pool.ts';

/** The status of one endpoint of a pool. */
export interface EndpointStatus {
  readonly endpoint: Endpoint;
  readonly health: EndpointHealth;
  readonly standing: Standing;
  /** Answers may hold it. A weight of 0 keeps it out all the same. */
  readonly isAnswered: boolean;
}

/** The status of a pool, by the one rule for the API, events, notifications, metrics, explanations and previews. */
export interface PoolStatus {
  readonly standing: PoolStanding;
  /** undefined: no endpoint has a result yet, nothing monitors the pool, or maintenance leaves none of its endpoints. */
  readonly healthy: boolean | undefined;
  /** Number of endpoints that answers may hold. */
  readonly answered: number;
  /** Number of such endpoints that makes the pool healthy (minimumOf); 0 where maintenance leaves none. */
  readonly minimum: number;
  /** In the pool's order. */
  readonly endpoints: readonly EndpointStatus[];
}

/** Returns the status of a pool by the health of its endpoints. */
export function poolStatus(
  pool: Pool,
  healthOf: (endpoint: Endpoint, index: number) => EndpointHealth,
): PoolStatus {
  const endpoints = pool.endpoints.map((endpoint, index): EndpointStatus => {
    const health = healthOf(endpoint, index);
    const standing = standingOf(pool, endpoint, health);
    return { endpoint, health, standing, isAnswered: isAnswered(pool, endpoint, health) };
  });
  const isEnough = isPoolHealthy(pool, (_, index) => endpoints[index]!.health);
  const standing = standingBy(pool, endpoints, isEnough);
  const overrideOf = (endpoint: Endpoint) => endpoints[pool.endpoints.indexOf(endpoint)]!.health.override;
  return {
    standing,
    healthy: isHealthy(standing),
    answered: endpoints.filter((each) => each.isAnswered).length,
    minimum: minimumOf(pool, overrideOf) ?? 0,
    endpoints,
  };
}

/** Returns the status of the pool as a whole. `isEnough`: see isPoolHealthy. */
function standingBy(
  pool: Pool,
  endpoints: readonly EndpointStatus[],
  isEnough: boolean | undefined,
): PoolStanding {
  if (!pool.enabled) return 'disabled';
  if (!isMonitored(pool)) return 'unmonitored';
  // Its group has no monitor that decides.
  if (endpoints.some(({ health }) => health.hasNoJudge) && !endpoints.some(({ health }) => health.override))
    return 'unmonitored';
  if (isEnough === undefined) return 'maintenance';
  if (isEnough) return 'healthy';
  // An endpoint without a result may still become healthy. Where none has a result, the pool is unknown.
  const isOpen = ({ standing, health }: EndpointStatus) =>
    standing === 'unknown' && health.override === undefined;
  const isKnown = endpoints.some((each) => each.standing !== 'disabled' && !isOpen(each));
  return isKnown || !endpoints.some(isOpen) ? 'unhealthy' : 'unknown';
}

function isHealthy(standing: PoolStanding): boolean | undefined {
  switch (standing) {
    case 'healthy':
      return true;
    case 'unhealthy':
    case 'disabled':
      return false;
    case 'unknown':
    case 'unmonitored':
    case 'maintenance':
      return undefined;
  }
}
