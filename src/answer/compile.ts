import { foldName, nameKey, parentOf, prependLabel, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import type { Member } from '../pool/members.ts';
import { isCut, soaRRset } from '../zone/authority.ts';
import { poolRRsets } from '../zone/pool-rrsets.ts';
import type { Zone } from '../zone/zone.ts';
import { type Answer, type Node, Section } from './image.ts';
import { NodeKind, Vary } from './layout.ts';

/** A zone with its ordinal in the table. */
export interface OrdinalZone {
  readonly zone: Zone;
  readonly ordinal: number;
  /** The zone's static sets by owner (nameKey). */
  readonly sets: ReadonlyMap<string, readonly RRset[]>;
  /** Apexes of the zones right below: what lies at them and below is theirs to answer. */
  readonly apexesBelow: readonly WireName[];
}

/** All zones of a table, their ordinals in the order given. */
export function ordinalZones(zones: readonly Zone[]): OrdinalZone[] {
  const below = new Map(zones.map(({ apex }) => [nameKey(apex), [] as WireName[]]));
  for (const { apex } of zones) {
    let at = parentOf(apex);
    while (at !== undefined && !below.has(nameKey(at))) at = parentOf(at);
    if (at !== undefined) below.get(nameKey(at))!.push(apex);
  }
  return zones.map((zone, ordinal) => ({
    zone,
    ordinal,
    sets: Map.groupBy(zone.rrsets, ({ owner }) => nameKey(owner)),
    apexesBelow: below.get(nameKey(zone.apex))!,
  }));
}

/** What a zone answers where it has nothing: its SOA in the authority section (RFC 2308 §3). */
export function negativeAnswer(zone: Zone, serial: number): Answer {
  return {
    sets: [{ section: Section.AUTHORITY, rrset: soaRRset(zone, serial, 'negative') }],
    vary: Vary.FIXED,
  };
}

/** The apex's node, the only one that changes with the serial. */
export function apexNode(of: OrdinalZone, serial: number): Node {
  const { apex } = of.zone;
  return dataNode(of, apex, [soaRRset(of.zone, serial, 'answer'), ...(of.sets.get(nameKey(apex)) ?? [])]);
}

/**
 * The nodes of a zone's static records and of the empty non-terminals above them (RFC 4592 §2.2.2), the apex apart.
 * What lies below a zone cut, or at the apex of another zone or below, has none: it is not this zone's to answer.
 */
export function staticNodes(of: OrdinalZone): Node[] {
  const { zone, sets, apexesBelow } = of;
  const owned = new Map<string, { readonly owner: WireName; readonly sets: readonly RRset[] }>();
  for (const [key, found] of sets) owned.set(key, { owner: found[0]!.owner, sets: found });
  const bare = zone.pools === undefined ? apexesBelow : [...apexesBelow, zone.pools];
  for (const name of [...[...owned.values()].map(({ owner }) => owner), ...bare])
    for (let at = name; at.length > zone.apex.length; at = parentOf(at)!)
      if (!owned.has(nameKey(at))) owned.set(nameKey(at), { owner: at, sets: [] });
  owned.delete(nameKey(zone.apex));

  const others = new Set(apexesBelow.map((apex) => nameKey(apex)));
  const isOurs = (name: WireName): boolean => {
    if (others.has(nameKey(name))) return false;
    for (let at = parentOf(name)!; at.length > zone.apex.length; at = parentOf(at)!)
      if (others.has(nameKey(at)) || isCut(zone, at, owned.get(nameKey(at))!.sets)) return false;
    return true;
  };
  return [...owned.values()]
    .filter(({ owner }) => isOurs(owner))
    .map(({ owner, sets }) => (isCut(zone, owner, sets) ? cutNode : dataNode)(of, owner, sets));
}

/** The node of an enabled pool in a zone where pools appear; it exists whether or not any member is well. */
export function poolNode({ zone, ordinal }: OrdinalZone, poolName: string, members: readonly Member[]): Node {
  return {
    name: poolOwner(zone, poolName),
    kind: NodeKind.DATA,
    zone: ordinal,
    answers: poolRRsets(zone, poolName, members).map(({ rrset, weights }) => {
      const sets = [{ section: Section.ANSWER, rrset }];
      // Resolvers reorder and cache: only an answer of one record keeps to the weights.
      const vary =
        weights.length === 1 ? Vary.FIXED : weights.every((w) => w === weights[0]) ? Vary.ROTATE : Vary.PICK;
      return { type: rrset.type, answer: vary === Vary.PICK ? { sets, vary, weights } : { sets, vary } };
    }),
  };
}

/** The name a pool answers at in a zone where pools appear. */
export function poolOwner(zone: Zone, poolName: string): WireName {
  return prependLabel(poolName, zone.pools!);
}

function dataNode(of: OrdinalZone, name: WireName, sets: readonly RRset[]): Node {
  const isAlias = sets.some(({ type }) => type === Type.CNAME);
  return {
    name,
    kind: isAlias ? NodeKind.ALIAS : NodeKind.DATA,
    zone: of.ordinal,
    answers: sets.map((rrset) => ({ type: rrset.type, answer: staticAnswer(of, rrset) })),
  };
}

function staticAnswer(of: OrdinalZone, rrset: RRset): Answer {
  const answer = { section: Section.ANSWER, rrset };
  if (rrset.type === Type.NS) return { sets: [answer, ...additional(of, rrset)], vary: Vary.FIXED };
  return { sets: [answer], vary: isAddress(rrset) && rrset.rdata.length > 1 ? Vary.ROTATE : Vary.FIXED };
}

function cutNode(of: OrdinalZone, name: WireName, sets: readonly RRset[]): Node {
  const ns = sets.find(({ type }) => type === Type.NS)!;
  const referral: Answer = {
    sets: [{ section: Section.AUTHORITY, rrset: ns }, ...additional(of, ns)],
    vary: Vary.FIXED,
  };
  return { name, kind: NodeKind.CUT, zone: of.ordinal, answers: [{ type: Type.NS, answer: referral }] };
}

/** The addresses the zone holds for the targets of an NS set; its rdata is the name, uncompressed. */
function additional(of: OrdinalZone, ns: RRset): Answer['sets'] {
  return ns.rdata
    .flatMap((target) => of.sets.get(nameKey(foldName(target))) ?? [])
    .filter(isAddress)
    .map((rrset) => ({ section: Section.ADDITIONAL, rrset }));
}

function isAddress({ type }: RRset): boolean {
  return type === Type.A || type === Type.AAAA;
}
