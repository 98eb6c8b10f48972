import { foldName, isAtOrBelow, nameKey, parentOf, prependLabel, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import { isCut } from './authority.ts';
import type { Zone } from './zone.ts';

/** Finds where aliases lead. Made once for zones, so that following thousands of them takes one pass over their records. */
export interface AliasFollower {
  /**
   * The names of the loop that a name's aliases lead into, the one they come back to first and last; undefined: they
   * end. Pools are no aliases, so neither they nor their health have a part in it.
   */
  loopFrom(name: WireName): readonly WireName[] | undefined;
}

/** Creates a follower of the aliases of these zones, wildcards included. */
export function createAliasFollower(zones: readonly Zone[]): AliasFollower {
  const apexes = new Map(zones.map((zone) => [nameKey(zone.apex), zone]));
  /** What is at each name that exists, empty non-terminals among them. */
  const sets = new Map<string, RRset[]>();
  for (const zone of zones) {
    const { apex, rrsets, pools } = zone;
    // Records of a zone below the apex of another one, glue or a delegation, are never answered.
    for (const set of rrsets) if (zoneOf(set.owner) === zone) exists(set.owner).push(set);
    if (pools !== undefined) exists(pools);
    exists(apex);
  }

  /** Takes in a name and all above it (RFC 4592 §2.2.2). */
  function exists(owner: WireName): RRset[] {
    for (let at: WireName | undefined = owner; at && !sets.has(nameKey(at)); at = parentOf(at))
      sets.set(nameKey(at), []);
    return sets.get(nameKey(owner))!;
  }

  function zoneOf(name: WireName): Zone | undefined {
    for (let at: WireName | undefined = name; at !== undefined; at = parentOf(at)) {
      const zone = apexes.get(nameKey(at));
      if (zone !== undefined) return zone;
    }
    return undefined;
  }

  /** Returns the target of the alias at a name; undefined: there is none, or one of both names is in none of our zones. */
  function follow(name: WireName): WireName | undefined {
    const zone = zoneOf(name);
    if (
      zone === undefined ||
      (zone.pools && name.length > zone.pools.length && isAtOrBelow(name, zone.pools))
    )
      return undefined;
    for (let at = name; at.length > zone.apex.length; at = parentOf(at)!)
      if (isCut(zone, at, sets.get(nameKey(at)) ?? [])) return undefined;
    let found = sets.get(nameKey(name));
    if (found === undefined) {
      let encloser = name;
      while (!sets.has(nameKey(encloser))) encloser = parentOf(encloser)!;
      found = encloser.length + 2 > 255 ? undefined : sets.get(nameKey(prependLabel('*', encloser)));
    }
    const target = found?.find(({ type }) => type === Type.CNAME)?.rdata[0];
    return target && foldName(target);
  }

  return {
    loopFrom(name) {
      const names: WireName[] = [];
      const places = new Map<string, number>();
      for (let at: WireName | undefined = name; at !== undefined; at = follow(at)) {
        const before = places.get(nameKey(at));
        if (before !== undefined) return [...names.slice(before), at];
        places.set(nameKey(at), names.length);
        names.push(at);
      }
      return undefined;
    },
  };
}

/** Every loop that an alias of these zones leads into, once. */
export function aliasLoops(zones: readonly Zone[]): (readonly WireName[])[] {
  const { loopFrom } = createAliasFollower(zones);
  const known = new Set<string>();
  const loops: (readonly WireName[])[] = [];
  for (const { rrsets } of zones)
    for (const { owner, type } of rrsets) {
      if (type !== Type.CNAME || known.has(nameKey(owner))) continue;
      const loop = loopFrom(owner);
      if (loop === undefined || loop.some((name) => known.has(nameKey(name)))) continue;
      for (const name of loop) known.add(nameKey(name));
      loops.push(loop);
    }
  return loops;
}
