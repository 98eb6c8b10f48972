import { keyAbove, nearest, orderKey } from '../dns/canonical-order.ts';
import { NAME_OCTETS_MAX, nameKey, parentOf, prependLabel, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { FLATTENED_CNAME, Type } from '../dns/type.ts';
import { contentsOf, hasBelow, type ZoneContents } from './contents/contents.ts';
import { OrderedMap } from './contents/ordered-map.ts';
import { aliasTarget, rewritten } from './rewritten.ts';
import type { Zone } from './zone.ts';

/** Octets of the wildcard label with its length. */
const WILDCARD_OCTETS = 2;

/** DNAMEs followed from a name at the most: those that make names longer and shorter again can lead on for longer than anyone waits. */
export const REWRITES_MAX = 64;
/** Aliases followed from a name at the most. */
export const ALIASES_MAX = 200_000;

/** The contents of zones, by the keys of their apexes. */
export type ContentsByApex = OrderedMap<{ readonly contents: ZoneContents }>;

/** Finds where aliases lead. What it costs depends on how far that is. */
export interface AliasFollower {
  /**
   * The names of the loop that a name's aliases lead into, the one they come back to first and last; undefined: they
   * end. Pools and load balancers are no aliases, so neither they nor their health have a part in it.
   */
  loopFrom(name: WireName): readonly WireName[] | undefined;
  /**
   * The names that a name's aliases lead through until they are below the owner of the same DNAME again with a longer name, so that
   * they make it longer each time; undefined: they do not.
   */
  growthFrom(name: WireName): Growth | undefined;
}

/** Names, each of which an alias leads to from the one before, and the owners of the DNAMEs among these aliases. */
export interface Growth {
  readonly names: readonly WireName[];
  readonly dnames: readonly WireName[];
}

/** Where an alias leads, and the owner of the DNAME that makes it; absent: a CNAME does. */
interface Alias {
  readonly target: WireName;
  readonly dname?: WireName;
}

/**
 * Creates a follower of the aliases of these zones, wildcards and DNAMEs included. `written`: a CNAME or DNAME that is looked at as though
 * it were there too. `aliasesMax`: aliases followed from a name at the most.
 */
export function createAliasFollower(
  zones: ContentsByApex,
  written?: RRset,
  aliasesMax: number = ALIASES_MAX,
): AliasFollower {
  const writtenKey = written && orderKey(written.owner);

  function setsAt({ owners }: ZoneContents, key: string): readonly RRset[] {
    const sets = owners.get(key) ?? [];
    return written !== undefined && key === writtenKey ? [written, ...sets] : sets;
  }

  /**
   * Whether a name exists: it has records, or something is below it (RFC 4592 §2.2.2). Names of pools do not matter here: no wildcard is
   * beside them, and they have no alias.
   */
  function exists(contents: ZoneContents, key: string): boolean {
    const { pools } = contents.head;
    if (pools !== undefined && orderKey(pools).startsWith(key)) return true;
    if (key === contents.apexKey || writtenKey?.startsWith(key) || contents.owners.get(key)) return true;
    return hasBelow(contents, key) || (zones.keyAfter(key)?.startsWith(key) ?? false);
  }

  /** Returns the alias at a name; undefined: there is none, or the name is in none of our zones. */
  function follow(name: WireName): Alias | undefined {
    const key = orderKey(name);
    const contents = nearest(zones, key)?.contents;
    if (contents === undefined) return undefined;
    const { apexKey } = contents;
    // The highest cut or DNAME hides what is below it.
    let dname: RRset | undefined;
    let isBelowCut = false;
    for (let at: string | undefined = key; at?.startsWith(apexKey); at = keyAbove(at)) {
      const found = setsAt(contents, at);
      const isCut = at !== apexKey && found.some(({ type }) => type === Type.NS);
      const here = isCut || at === key ? undefined : found.find(({ type }) => type === Type.DNAME);
      if (!isCut && here === undefined) continue;
      [dname, isBelowCut] = [here, isCut];
    }
    if (isBelowCut) return undefined;
    const alias = dname && rewritten(name, dname);
    if (dname !== undefined) return alias && { target: aliasTarget(alias), dname: dname.owner };
    const cname = setsFor(contents, name, key).find(isAlias);
    return cname && { target: aliasTarget(cname) };
  }

  /** The sets that answer for a name: its own, or those of a wildcard (RFC 4592 §3.3.1). */
  function setsFor(contents: ZoneContents, name: WireName, key: string): readonly RRset[] {
    if (exists(contents, key)) return setsAt(contents, key);
    let encloser = parentOf(name)!;
    while (!exists(contents, orderKey(encloser))) encloser = parentOf(encloser)!;
    if (encloser.length + WILDCARD_OCTETS > NAME_OCTETS_MAX) return [];
    return setsAt(contents, orderKey(prependLabel('*', encloser)));
  }

  return {
    loopFrom(name) {
      const names: WireName[] = [];
      const places = new Map<string, number>();
      let rewrites = 0;
      for (let at = name; names.length < aliasesMax; ) {
        const before = places.get(nameKey(at));
        if (before !== undefined) return [...names.slice(before), at];
        places.set(nameKey(at), names.length);
        names.push(at);
        const alias = follow(at);
        if (alias?.dname) rewrites += 1;
        if (alias === undefined || rewrites > REWRITES_MAX) return undefined;
        at = alias.target;
      }
      return undefined;
    },
    growthFrom(name) {
      const names: WireName[] = [];
      const dnames: WireName[] = [];
      /** The length of the name when each DNAME was met first. */
      const octets = new Map<string, number>();
      for (let at = name; names.length <= REWRITES_MAX; ) {
        names.push(at);
        const alias = follow(at);
        if (alias === undefined) return undefined;
        if (alias.dname !== undefined) {
          const key = nameKey(alias.dname);
          const before = octets.get(key);
          if (before !== undefined && at.length > before) return { names, dnames };
          octets.set(key, before ?? at.length);
          dnames.push(alias.dname);
        }
        at = alias.target;
      }
      return undefined;
    },
  };
}

/** The contents of zones, for a follower. */
export function contentsByApex(zones: readonly Zone[]): ContentsByApex {
  return OrderedMap.of(zones.map((zone) => [orderKey(zone.apex), { contents: contentsOf(zone) }]));
}

/** Every loop that an alias of these zones leads into, once. */
export function aliasLoops(zones: readonly Zone[]): (readonly WireName[])[] {
  const byApex = contentsByApex(zones);
  const { loopFrom } = createAliasFollower(byApex);
  const known = new Set<string>();
  const loops: (readonly WireName[])[] = [];
  for (const { apex } of zones)
    for (const [, sets] of byApex.get(orderKey(apex))!.contents.owners.from())
      for (const set of sets) {
        const from = aliasedName(set);
        if (from === undefined || known.has(nameKey(from))) continue;
        const loop = loopFrom(from);
        if (loop === undefined || loop.some((name) => known.has(nameKey(name)))) continue;
        for (const name of loop) known.add(nameKey(name));
        loops.push(loop);
      }
  return loops;
}

/** For each DNAME of these zones the names that grow (AliasFollower.growthFrom), where they are not those of another DNAME before. */
export function growingAliases(zones: readonly Zone[]): Growth[] {
  const { growthFrom } = createAliasFollower(contentsByApex(zones));
  const known = new Set<string>();
  const found: Growth[] = [];
  for (const set of zones.flatMap(({ rrsets }) => rrsets))
    if (set.type === Type.DNAME && !known.has(nameKey(set.owner))) {
      const from = aliasedName(set);
      const growth = from && growthFrom(from);
      if (growth === undefined) continue;
      for (const dname of growth.dnames) known.add(nameKey(dname));
      found.push(growth);
    }
  return found;
}

/**
 * The loop that a set leads into where it is written into these zones, within so many aliases; undefined: they end or go on, or it is neither
 * CNAME nor DNAME.
 */
export function loopWith(
  zones: ContentsByApex,
  set: RRset,
  aliasesMax?: number,
): readonly WireName[] | undefined {
  const from = aliasedName(set);
  return from && createAliasFollower(zones, set, aliasesMax).loopFrom(from);
}

/** The name of a CNAME, or one below a DNAME, where nothing is; undefined: the set is neither, or its name has no room below it. */
function aliasedName({ owner, type }: RRset): WireName | undefined {
  if (isAlias({ type })) return owner;
  return type === Type.DNAME && owner.length + WILDCARD_OCTETS <= NAME_OCTETS_MAX
    ? prependLabel('*', owner)
    : undefined;
}

/** Returns true for the set of a CNAME, also of one that is answered with addresses. */
function isAlias({ type }: Pick<RRset, 'type'>): boolean {
  return type === Type.CNAME || type === FLATTENED_CNAME;
}
