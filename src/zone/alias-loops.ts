import { isAtOrBelow, NAME_OCTETS_MAX, nameKey, parentOf, prependLabel, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import { isCut } from './authority.ts';
import { aliasTarget, rewritten } from './rewritten.ts';
import type { Zone } from './zone.ts';

/** Octets of the wildcard label with its length. */
const WILDCARD_OCTETS = 2;

/** DNAMEs followed from a name at the most: those that make names longer and shorter again can lead on for longer than anyone waits. */
export const REWRITES_MAX = 256;

/** Finds where aliases lead. Made once for zones, so that following thousands of them takes one pass over their records. */
export interface AliasFollower {
  /**
   * The names of the loop that a name's aliases lead into, the one they come back to first and last; undefined: they
   * end. Pools are no aliases, so neither they nor their health have a part in it.
   */
  loopFrom(name: WireName): readonly WireName[] | undefined;
}

/** Where an alias leads, and whether a DNAME makes it. */
interface Alias {
  readonly target: WireName;
  readonly isRewritten: boolean;
}

/** Creates a follower of the aliases of these zones, wildcards and DNAMEs included. */
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

  /** Returns the alias at a name; undefined: there is none, or the name is in none of our zones. */
  function follow(name: WireName): Alias | undefined {
    const zone = zoneOf(name);
    if (
      zone === undefined ||
      (zone.pools && name.length > zone.pools.length && isAtOrBelow(name, zone.pools))
    )
      return undefined;
    let dname: RRset | undefined;
    for (let at: WireName | undefined = name; at && at.length >= zone.apex.length; at = parentOf(at)) {
      const found = sets.get(nameKey(at)) ?? [];
      if (isCut(zone, at, found)) return undefined;
      if (at !== name) dname = found.find(({ type }) => type === Type.DNAME) ?? dname;
    }
    const alias = dname && rewritten(name, dname);
    if (dname !== undefined) return alias && { target: aliasTarget(alias), isRewritten: true };
    let found = sets.get(nameKey(name));
    if (found === undefined) {
      let encloser = name;
      while (!sets.has(nameKey(encloser))) encloser = parentOf(encloser)!;
      found =
        encloser.length + WILDCARD_OCTETS > NAME_OCTETS_MAX
          ? undefined
          : sets.get(nameKey(prependLabel('*', encloser)));
    }
    const cname = found?.find(({ type }) => type === Type.CNAME);
    return cname && { target: aliasTarget(cname), isRewritten: false };
  }

  return {
    loopFrom(name) {
      const names: WireName[] = [];
      const places = new Map<string, number>();
      let rewrites = 0;
      for (let at = name; ; ) {
        const before = places.get(nameKey(at));
        if (before !== undefined) return [...names.slice(before), at];
        places.set(nameKey(at), names.length);
        names.push(at);
        const alias = follow(at);
        if (alias?.isRewritten) rewrites += 1;
        if (alias === undefined || rewrites > REWRITES_MAX) return undefined;
        at = alias.target;
      }
    },
  };
}

/** Every loop that an alias of these zones leads into, once. */
export function aliasLoops(zones: readonly Zone[]): (readonly WireName[])[] {
  const { loopFrom } = createAliasFollower(zones);
  const known = new Set<string>();
  const loops: (readonly WireName[])[] = [];
  for (const { rrsets } of zones)
    for (const set of rrsets) {
      const from = aliasedName(set);
      if (from === undefined || known.has(nameKey(from))) continue;
      const loop = loopFrom(from);
      if (loop === undefined || loop.some((name) => known.has(nameKey(name)))) continue;
      for (const name of loop) known.add(nameKey(name));
      loops.push(loop);
    }
  return loops;
}

/** The name of a CNAME, or one below a DNAME, where nothing is; undefined: the set is neither, or its name has no room below it. */
function aliasedName({ owner, type }: RRset): WireName | undefined {
  if (type === Type.CNAME) return owner;
  return type === Type.DNAME && owner.length + WILDCARD_OCTETS <= NAME_OCTETS_MAX
    ? prependLabel('*', owner)
    : undefined;
}
