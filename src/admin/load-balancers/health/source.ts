import type { PoolStatus } from '../../../health/status.ts';
import type { LoadBalancer } from '../../../load-balancer/load-balancer.ts';
import type { LoadBalancerStatus } from '../../../load-balancer/state.ts';
import type { Pool } from '../../../pool/pool.ts';

/** The health of load balancers. The process that answers queries provides it. */
export interface LoadBalancerHealthSource {
  statusOf(loadBalancer: LoadBalancer): LoadBalancerStatus;
  /** A pool that is served, and its status; undefined: there is none with this id. */
  pool(
    id: string,
  ): { readonly pool: Pool; readonly status: PoolStatus; readonly isUsable: boolean } | undefined;
}
