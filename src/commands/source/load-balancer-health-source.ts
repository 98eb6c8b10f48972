import type { LoadBalancerHealthSource } from '../../admin/load-balancers/health/source.ts';
import { loadBalancerStatus, type PoolInUse } from '../../load-balancer/state.ts';
import type { Refresh } from '../../serve/follow/refresh.ts';
import { poolInUse } from '../../serve/publish/choice-of.ts';

/** Shows the states of load balancers for the API, as the node that follows the store answers for them. */
export function loadBalancerHealthSourceOf({
  configured,
  statusOf,
  choiceOf,
}: Pick<Refresh, 'configured' | 'statusOf' | 'choiceOf'>): LoadBalancerHealthSource {
  return {
    statusOf(loadBalancer) {
      const known = new Map<string, PoolInUse>();
      return loadBalancerStatus(loadBalancer, (id) =>
        known.getOrInsertComputed(id, () => poolInUse(choiceOf(id))),
      );
    },
    pool(id) {
      const pool = configured.pool(id);
      if (pool === undefined) return undefined;
      return { pool, status: statusOf(pool), isUsable: poolInUse(choiceOf(id)).isUsable };
    },
  };
}
