import type { RRset } from '../dns/rrset.ts';
import type { Plan } from '../load-balancer/steering/plan.ts';

/** A set of addresses that a load balancer chooses for each query. It has no records itself. */
export interface SteeredRRset extends RRset {
  readonly steering: Plan;
  /** Key of `owner` (orderKey). */
  readonly ownerKey: string;
}

/** Returns true for the set of a load balancer. */
export function isSteered(set: RRset): set is SteeredRRset {
  return 'steering' in set;
}
