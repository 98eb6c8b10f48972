import { type EndpointStatus, poolStatus } from '../../health/status.ts';
import type { Pool } from '../../pool/pool.ts';
import type { PoolHealth, PoolHealthSource } from '../health-source.ts';
import type { POOL_STATES } from './schema.ts';

/** A pool and its state. */
export interface PoolState {
  readonly id: string;
  readonly name: string;
  readonly state: (typeof POOL_STATES)[number];
  readonly endpoints: number;
  readonly answered: number;
  readonly minimum: number;
  readonly overridden: number;
}

/** The state of a pool with that of each endpoint. */
export interface PoolWithEndpoints {
  readonly view: PoolState;
  readonly endpoints: readonly EndpointStatus[];
  readonly health: PoolHealth;
}

/** By the health, which is the same object until it or the pool changes: most pools of many are unchanged. */
const known = new WeakMap<PoolHealth, PoolWithEndpoints>();

/** Returns the state of a pool, as this node serves it. */
export function poolStateOf(pool: Pool, source: PoolHealthSource): PoolWithEndpoints {
  const health = source.of(pool);
  const before = known.get(health);
  if (before !== undefined && before.view.id === pool.id) return before;
  const status =
    source.loadBalancers?.pool(pool.id)?.status ??
    poolStatus(pool, (_, index) => {
      const { healthy, override } = health.endpoints[index]!;
      return { healthy, ...(override && { override }) };
    });
  const made = {
    view: {
      id: pool.id,
      name: pool.name,
      state: status.standing,
      endpoints: pool.endpoints.length,
      answered: status.answered,
      minimum: status.minimum,
      overridden: health.endpoints.filter(({ override }) => override !== undefined).length,
    },
    endpoints: status.endpoints,
    health,
  };
  known.set(health, made);
  return made;
}
