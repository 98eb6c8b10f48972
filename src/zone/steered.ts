import { nameKey, parseName, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import type { Plan } from '../load-balancer/steering/plan.ts';
import type { Zone } from './zone.ts';

/** A set of addresses that a load balancer chooses for each query. It has no records itself. */
export interface SteeredRRset extends RRset {
  readonly steering: Plan;
  /** Key of `owner`, which many sets of a zone are asked for at each change. */
  readonly ownerKey: string;
}

/** Returns true for the set of a load balancer. */
export function isSteered(set: RRset): set is SteeredRRset {
  return 'steering' in set;
}

/** Types that a load balancer answers in the place of the records at its name. */
const REPLACED: readonly number[] = [Type.A, Type.AAAA, Type.CNAME];

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
  const ownerKey = nameKey(owner);
  return [Type.A, Type.AAAA].map((type) => ({
    owner,
    ownerKey,
    type,
    ttlSeconds: 0,
    rdata: [],
    steering: plan,
  }));
}

/** The sets of a zone that load balancers at their names would replace, by the key of the name. Found once for each zone. */
const replaceable = new WeakMap<Zone, ReadonlyMap<string, readonly RRset[]>>();

/**
 * Adds the sets of load balancers to a zone. At the name of one its addresses come before records of those types, and before an
 * alias; all other records stay.
 */
export function withSteered(zone: Zone, sets: readonly SteeredRRset[]): Zone {
  if (sets.length === 0) return zone;
  const known = replaceable.getOrInsertComputed(zone, () =>
    Map.groupBy(
      zone.rrsets.filter(({ type }) => REPLACED.includes(type)),
      ({ owner }) => nameKey(owner),
    ),
  );
  const replaced = new Set(sets.flatMap(({ ownerKey }) => known.get(ownerKey) ?? []));
  const left = replaced.size === 0 ? zone.rrsets : zone.rrsets.filter((set) => !replaced.has(set));
  return { ...zone, rrsets: left.concat(sets), isSteered: true };
}
