import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { loadBalancerBodyOf } from './body.ts';

/** The load balancer as the API shows it: what was written, as it was written. */
export function loadBalancerView(loadBalancer: LoadBalancer) {
  return {
    id: loadBalancer.id,
    created_on: loadBalancer.createdOn,
    modified_on: loadBalancer.modifiedOn,
    zone_name: loadBalancer.zoneName,
    ...loadBalancerBodyOf(loadBalancer),
  };
}
