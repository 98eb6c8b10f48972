import { membersAs } from '../../pool/steering/whatever-health.ts';
import type { AllDownLog } from '../alarm/all-down-log.ts';
import type { Configured } from '../follow/configured.ts';
import type { PoolStatuses } from '../health/pool-statuses.ts';
import type { TransitionCounts } from './pool-transitions.ts';
import type { PoolState } from './publisher.ts';

/** Dependencies of poolStateOf. */
export interface PoolSource {
  readonly configured: Pick<Configured, 'pool'>;
  readonly transitions: TransitionCounts;
  readonly statusOf: PoolStatuses['of'];
  /** The name of a pool that cannot be read; undefined: it can, or there is none. */
  readonly unreadNameOf: (id: string) => string | undefined;
  /** Addresses of a family that an answer has at the most, where a pool does not say. */
  readonly addressesMax: number;
  readonly allDown: Pick<AllDownLog, 'published' | 'forget'>;
}

/** Returns the state of a pool to publish, and counts the transitions of its endpoints. */
export function poolStateOf(
  { configured, transitions, statusOf, unreadNameOf, addressesMax, allDown }: PoolSource,
  id: string,
): PoolState {
  const pool = configured.pool(id);
  if (pool === undefined) {
    transitions.forget(id);
    allDown.forget(id);
    return { id, pool, members: [], unreadName: unreadNameOf(id) };
  }
  const { standing, endpoints } = statusOf(pool);
  transitions.published(
    pool,
    endpoints.map(({ health }) => health.healthy),
  );
  const healthOf = (_: unknown, index: number) => endpoints[index]!.health;
  const answer = allDown.published(pool, healthOf, standing !== 'unknown');
  return {
    id,
    pool,
    members: membersAs(answer),
    addressesMax: pool.answerAddressesMax || addressesMax,
  };
}
