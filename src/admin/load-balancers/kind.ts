import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import type { ResourceKind } from '../resource/kind.ts';
import { loadBalancerView } from './view.ts';

/** Load balancers. */
export const LOAD_BALANCER: ResourceKind<'load_balancer'> = {
  kind: 'load_balancer',
  noun: 'load balancer',
  secrets: {},
  writers: 'edit',
  poolOf: () => undefined,
  nameOf: ({ name }) => name,
  // The reference lists pools, and not the zone.
  usesOf: (loadBalancer: LoadBalancer) => poolIdsNamed(loadBalancer).map((id) => ({ kind: 'pool', id })),
  eventView: loadBalancerView,
};
