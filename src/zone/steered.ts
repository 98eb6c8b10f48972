import { orderKey } from '../dns/canonical-order.ts';
import { parseName, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { FLATTENED_CNAME, Type } from '../dns/type.ts';
import type { Plan } from '../load-balancer/steering/plan.ts';
import { byOwner } from './contents/by-owner.ts';
import { isSteered, type SteeredRRset } from './steered-rrset.ts';
import type { Zone } from './zone.ts';

/** Types that a load balancer answers in the place of the records at its name. */
const REPLACED: readonly number[] = [Type.A, Type.AAAA, Type.CNAME, FLATTENED_CNAME];

/** The sets that are answered at a name: where a load balancer is, its own before all others of these types, those of a pool too. */
export function setsAnswered(sets: readonly RRset[]): readonly RRset[] {
  if (!sets.some(isSteered)) return sets;
  return sets.filter((set) => isSteered(set) || !REPLACED.includes(set.type));
}

/** The owner of a load balancer's addresses. Its name was checked where it was written. */
export function ownerOf({ loadBalancer }: Plan): WireName {
  return parseName(loadBalancer.name);
}

/** The sets of a load balancer in its zone. */
export function steeredSets(plan: Plan): readonly SteeredRRset[] {
  const owner = ownerOf(plan);
  const ownerKey = orderKey(owner);
  return [Type.A, Type.AAAA].map((type) => ({
    owner,
    ownerKey,
    type,
    ttlSeconds: 0,
    rdata: [],
    steering: plan,
  }));
}

/**
 * Adds the sets of load balancers to a zone. At the name of one its addresses come before records of those types, and before an
 * alias; all other records stay.
 */
export function withSteered(zone: Zone, sets: readonly SteeredRRset[]): Zone {
  if (sets.length === 0) return zone;
  return { ...zone, steered: byOwner(sets) };
}
