import { type EndpointHealth, membersOf } from '../../pool/members.ts';
import type { Endpoint, Pool } from '../../pool/pool.ts';
import type { Configured } from '../follow/configured.ts';
import type { TransitionCounts } from './pool-transitions.ts';
import type { PoolState } from './publisher.ts';

/** Dependencies of poolStateOf. */
export interface PoolSource {
  readonly configured: Pick<Configured, 'pool'>;
  readonly turns: TransitionCounts;
  readonly healthOf: (pool: Pool, endpoint: Endpoint) => EndpointHealth;
}

/** Returns the state of a pool to publish, and counts the transitions of its endpoints. */
export function poolStateOf({ configured, turns, healthOf }: PoolSource, id: string): PoolState {
  const pool = configured.pool(id);
  if (pool === undefined) {
    turns.forget(id);
    return { id, pool, members: [] };
  }
  const verdicts: (boolean | undefined)[] = [];
  const members = membersOf(pool, (endpoint) => {
    const known = healthOf(pool, endpoint);
    verdicts.push(known.healthy);
    return known;
  });
  turns.published(pool, verdicts);
  return { id, pool, members };
}
