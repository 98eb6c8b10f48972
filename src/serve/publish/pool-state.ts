import { membersOf } from '../../pool/members.ts';
import type { Configured } from '../follow/configured.ts';
import type { PoolStatuses } from '../health/pool-statuses.ts';
import type { TransitionCounts } from './pool-transitions.ts';
import type { PoolState } from './publisher.ts';

/** Dependencies of poolStateOf. */
export interface PoolSource {
  readonly configured: Pick<Configured, 'pool'>;
  readonly transitions: TransitionCounts;
  readonly statusOf: PoolStatuses['of'];
}

/** Returns the state of a pool to publish, and counts the transitions of its endpoints. */
export function poolStateOf({ configured, transitions, statusOf }: PoolSource, id: string): PoolState {
  const pool = configured.pool(id);
  if (pool === undefined) {
    transitions.forget(id);
    return { id, pool, members: [] };
  }
  const { endpoints } = statusOf(pool);
  transitions.published(
    pool,
    endpoints.map(({ health }) => health.healthy),
  );
  return { id, pool, members: membersOf(pool, (_, index) => endpoints[index]!.health) };
}
