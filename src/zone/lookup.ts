import { isAtOrBelow, nameKey, parentOf, prependLabel, type WireName } from '../dns/name.ts';
import { CNAME_CHAIN_MAX, type RRset } from '../dns/rrset.ts';
import { FLATTENED_CNAME, recordTypeOf, Type } from '../dns/type.ts';
import type { Plan } from '../load-balancer/steering/plan.ts';
import { type Authority, addressesOf, isCut, soaRRset } from './authority.ts';
import { inOneList } from './contents/owned-sets.ts';
import { poolRRsets } from './pool-rrsets.ts';
import { aliasTarget, rewritten } from './rewritten.ts';
import { setsAnswered } from './steered.ts';
import { isSteered } from './steered-rrset.ts';
import type { Zone } from './zone.ts';

/** The way from a CNAME that is answered with addresses to these. */
export interface Flattening {
  /** The targets on the way, in the case they were written in. */
  readonly targets: readonly Uint8Array[];
  /** The shortest TTL on the way. */
  readonly ttlSeconds: number;
  /** The last target, where the way comes back to it. */
  readonly loop?: WireName;
}

/** Addresses that stand for a CNAME. */
export interface FlattenedRRset extends RRset {
  /** The set of its target. */
  readonly of: RRset;
}

/**
 * The result of a lookup. `flattened`: the answer, or the lack of one, is that of the target of a CNAME. `wildcard`: the wildcard whose
 * records the last name has, which does not exist itself.
 */
export type Lookup = Outcome & { readonly flattened?: Flattening; readonly wildcard?: WireName };

type Outcome =
  /** The records, first the CNAMEs and DNAMEs that were followed. `loop`: the last CNAME leads back to this name, where the answer ends. */
  | { readonly kind: 'answer'; readonly rrsets: readonly RRset[]; readonly loop?: WireName }
  /** Somebody else's: the NS set of the cut and the addresses of its targets. */
  | {
      readonly kind: 'referral';
      readonly ns: RRset;
      readonly glue: readonly RRset[];
      readonly chain: readonly RRset[];
    }
  | { readonly kind: 'nxdomain'; readonly soa: RRset; readonly chain: readonly RRset[] }
  /** `types`: those that the name has, of which none was asked for; none: it exists by names below it alone. */
  | {
      readonly kind: 'nodata';
      readonly types: readonly number[];
      readonly soa: RRset;
      readonly chain: readonly RRset[];
    }
  /** Addresses that a load balancer chooses, at the question's name or at that of the last alias. */
  | {
      readonly kind: 'steered';
      readonly owner: WireName;
      readonly plan: Plan;
      readonly soa: RRset;
      readonly chain: readonly RRset[];
    }
  /** A pool that cannot be read: nothing true can be answered (SERVFAIL). */
  | { readonly kind: 'unread'; readonly chain: readonly RRset[] }
  /** The name that a DNAME makes would be too long; the DNAME is the last of the chain. */
  | { readonly kind: 'yxdomain'; readonly chain: readonly RRset[] }
  /** Not below any of our zones. */
  | { readonly kind: 'refused' };

/**
 * Answers a question by RFC 1034 §4.3.2, in the plainest way. Tests compare the compiled table with it, and
 * explanations use it. It returns whole sets, of which an answer may hold a window. It is not on the query path.
 */
export function lookup(of: Authority, qname: WireName, qtype: number): Lookup {
  const authority = { ...of, zones: of.zones.map(inOneList) };
  const chain: RRset[] = [];
  const names = new Set<string>();
  let name = qname;
  for (;;) {
    // RFC 2181 §5: an answer has no record twice, so a chain of aliases ends where it comes back.
    if (names.has(nameKey(name))) return { kind: 'answer', rrsets: chain, loop: name };
    names.add(nameKey(name));
    const step = lookupOnce(authority, name, qtype, chain);
    if (step.kind === 'flattened') return flatten(authority, step, qtype, chain);
    if (step.kind !== 'alias') return step;
    if (step.follow === undefined) return { kind: 'answer', rrsets: chain };
    name = step.follow;
  }
}

/** A CNAME that is answered with the addresses of its target, and the SOA of its zone. */
interface FlattenedAlias {
  readonly kind: 'flattened';
  readonly alias: RRset;
  readonly soa: RRset;
}

type Step = Lookup | { readonly kind: 'alias'; readonly follow: WireName | undefined } | FlattenedAlias;

/** Answers with the addresses that the target of a CNAME has: its records, or those of a pool or load balancer; none below a DNAME. */
function flatten(
  authority: Authority,
  { alias, soa }: FlattenedAlias,
  qtype: number,
  chain: readonly RRset[],
): Lookup {
  const type = qtype === Type.AAAA ? Type.AAAA : Type.A;
  const targets: Uint8Array[] = [];
  const names = new Set([nameKey(alias.owner)]);
  let { ttlSeconds } = alias;
  let at = alias;
  for (;;) {
    const target = aliasTarget(at);
    targets.push(at.rdata[0]!);
    ttlSeconds = Math.min(ttlSeconds, at.ttlSeconds);
    if (names.has(nameKey(target))) {
      const flattened = { targets, ttlSeconds, loop: target };
      return { kind: 'nodata', types: [Type.CNAME], soa, chain, flattened };
    }
    names.add(nameKey(target));
    const passed: RRset[] = [];
    const step = lookupOnce(authority, target, type, passed);
    const next = step.kind === 'flattened' ? step.alias : step.kind === 'alias' ? passed[0] : undefined;
    if (next !== undefined && next.type !== Type.DNAME && targets.length <= CNAME_CHAIN_MAX) {
      at = next;
      continue;
    }
    const flattened = { targets, ttlSeconds };
    if (step.kind === 'steered') return { ...step, chain, flattened };
    if (step.kind === 'unread') return { kind: 'unread', chain, flattened };
    const of = step.kind === 'answer' ? step.rrsets.at(-1) : undefined;
    if (of?.type !== type) return { kind: 'nodata', types: [Type.CNAME], soa, chain, flattened };
    const set: FlattenedRRset = {
      owner: alias.owner,
      type,
      ttlSeconds: Math.min(ttlSeconds, of.ttlSeconds),
      rdata: of.rdata,
      of,
    };
    return { kind: 'answer', rrsets: [...chain, set], flattened };
  }
}

function lookupOnce(authority: Authority, name: WireName, qtype: number, chain: RRset[]): Step {
  const zone = zoneOf(authority.zones, name, qtype);
  if (zone === undefined)
    return chain.length === 0 ? { kind: 'refused' } : { kind: 'answer', rrsets: [...chain] };
  const soa = soaRRset(zone, authority.serial, 'negative');

  const cut = cutAbove(zone, name);
  const dname = dnameAbove(zone, name);
  // The higher of both hides the other.
  if (dname !== undefined && (cut === undefined || dname.owner.length < cut.owner.length))
    return rewrite(name, qtype, dname, chain);
  if (cut !== undefined && !(cut.owner.length === name.length && qtype === Type.DS))
    return { kind: 'referral', ns: cut, glue: addressesOf(zone, cut), chain };

  if (isUnread(authority, zone, name, qtype)) return { kind: 'unread', chain };
  let sets = rrsetsAt(authority, zone, name);
  let wildcard: WireName | undefined;
  if (sets === undefined) {
    const encloser = closestEncloser(authority, zone, name);
    // RFC 4592 §3.3.1: the source of synthesis is the wildcard at the closest encloser, and no other.
    wildcard = wildcardBelow(encloser);
    sets = wildcard && rrsetsAt(authority, zone, wildcard);
    if (sets === undefined) return { kind: 'nxdomain', soa, chain };
    sets = sets.map((set) => ({ ...set, owner: name }));
  }
  // RFC 4035 §3.1.4.1: of what is at a cut, or at the apex of a zone below, DS is this zone's.
  const isDelegated = cut !== undefined || authority.zones.some((other) => isApexBelow(zone, other, name));
  if (isDelegated) sets = sets.filter(({ type }) => type === Type.DS);
  sets = setsAnswered(sets);
  const alias = sets.find(({ type }) => type === Type.CNAME);
  if (alias !== undefined && qtype !== Type.CNAME && qtype !== Type.ANY) {
    if (isFull(chain)) return { kind: 'alias', follow: undefined };
    chain.push(alias);
    return { kind: 'alias', follow: aliasTarget(alias) };
  }
  const flattenedAlias = sets.find(({ type }) => type === FLATTENED_CNAME);
  // RFC 8482 §4.1: ANY is answered with what most ask for where there is nothing else.
  const isForAddresses = qtype === Type.A || qtype === Type.AAAA || (qtype === Type.ANY && sets.length === 1);
  if (flattenedAlias !== undefined && isForAddresses)
    return { kind: 'flattened', alias: flattenedAlias, soa };
  const asked = sets.filter(({ type }) => type === qtype || qtype === Type.ANY);
  const found = asked.find((set) => !isSteered(set)) ?? asked[0];
  const by = wildcard && { wildcard };
  if (found === undefined)
    return { kind: 'nodata', types: sets.map((set) => recordTypeOf(set.type)), soa, chain, ...by };
  if (isSteered(found)) return { kind: 'steered', owner: name, plan: found.steering, soa, chain, ...by };
  return { kind: 'answer', rrsets: hasDname(chain, found) ? [...chain] : [...chain, found], ...by };
}

/** Whether a chain has a DNAME already: its own owner may be where it leads to (RFC 2181 §5: no record twice). */
function hasDname(chain: readonly RRset[], dname: RRset): boolean {
  return (
    dname.type === Type.DNAME &&
    chain.some(({ owner, type }) => type === Type.DNAME && nameKey(owner) === nameKey(dname.owner))
  );
}

/** Follows a DNAME above a name (RFC 6672 §3.2), which is in the chain once. A query for CNAME ends with the CNAME that it makes. */
function rewrite(name: WireName, qtype: number, dname: RRset, chain: RRset[]): Step {
  if (isFull(chain)) return { kind: 'alias', follow: undefined };
  if (!hasDname(chain, dname)) chain.push(dname);
  const alias = rewritten(name, dname);
  if (alias === undefined) return { kind: 'yxdomain', chain };
  chain.push(alias);
  if (qtype === Type.CNAME) return { kind: 'answer', rrsets: [...chain] };
  return { kind: 'alias', follow: aliasTarget(alias) };
}

/** Returns true where no more aliases are followed. */
function isFull(chain: readonly RRset[]): boolean {
  return chain.filter(({ type }) => type === Type.CNAME).length === CNAME_CHAIN_MAX;
}

/** The DNAME of the highest name above a name that has one: nothing below it is looked up. */
function dnameAbove(zone: Zone, name: WireName): RRset | undefined {
  return zone.rrsets
    .filter(
      ({ owner, type }) => type === Type.DNAME && owner.length < name.length && isAtOrBelow(name, owner),
    )
    .toSorted((a, b) => a.owner.length - b.owner.length)[0];
}

/** Whether a name is the apex of another zone, below this one. */
function isApexBelow(zone: Zone, { apex }: Zone, name: WireName): boolean {
  return apex.length > zone.apex.length && nameKey(apex) === nameKey(name);
}

/** The zone with the longest apex at or above a name; but DS at an apex is the parent's (RFC 4035 §3.1.4.1). */
function zoneOf(zones: readonly Zone[], name: WireName, qtype: number): Zone | undefined {
  const [zone, parent] = zones
    .filter(({ apex }) => isAtOrBelow(name, apex))
    .toSorted((a, b) => b.apex.length - a.apex.length);
  return qtype === Type.DS && zone?.apex.length === name.length ? (parent ?? zone) : zone;
}

/** The NS set of the highest zone cut at or above a name. */
function cutAbove(zone: Zone, name: WireName): RRset | undefined {
  return zone.rrsets
    .filter(({ owner }) => isAtOrBelow(name, owner))
    .filter((set) => set.type === Type.NS && isCut(zone, set.owner, [set]))
    .toSorted((a, b) => a.owner.length - b.owner.length)[0];
}

/** Returns the record sets at a name: none for an empty non-terminal, undefined where the name does not exist. */
function rrsetsAt(authority: Authority, zone: Zone, name: WireName): readonly RRset[] | undefined {
  const owned = ownedBy(authority, zone);
  const sets = owned.filter(({ owner }) => nameKey(owner) === nameKey(name)).flatMap(({ sets }) => sets);
  return owned.some(({ owner }) => isAtOrBelow(owner, name)) ? sets : undefined;
}

/** Every name a zone has, and the sets at it. */
function ownedBy(authority: Authority, zone: Zone): { owner: WireName; sets: readonly RRset[] }[] {
  const soa = soaRRset(zone, authority.serial, 'answer');
  const owned = [soa, ...zone.rrsets].map((set) => ({
    owner: set.owner,
    sets: [set] as readonly RRset[],
  }));
  // The apex of a zone below exists without a delegation too, and with it the names above it (RFC 8020 §2).
  for (const { apex } of authority.zones)
    if (apex.length > zone.apex.length && isAtOrBelow(apex, zone.apex)) owned.push({ owner: apex, sets: [] });
  if (zone.pools === undefined) return owned;
  owned.push({ owner: zone.pools, sets: [] });
  for (const [label, members] of authority.pools) {
    const sets = poolRRsets(zone, label, members).map(({ rrset }) => rrset);
    owned.push({ owner: prependLabel(label, zone.pools), sets });
  }
  for (const label of authority.unread ?? [])
    owned.push({ owner: prependLabel(label, zone.pools), sets: [] });
  return owned;
}

/** Whether the pool at a name is one that cannot be read, and answers for a type: beside records of its name, for addresses. */
function isUnread(
  { pools, unread = new Set() }: Authority,
  zone: Zone,
  name: WireName,
  qtype: number,
): boolean {
  if (zone.pools === undefined) return false;
  const records = zone.rrsets.filter(({ owner }) => nameKey(owner) === nameKey(name));
  // A load balancer answers in the place of a pool of its name, whether or not that can be read.
  if (records.some(isSteered)) return false;
  const hasRecords = records.length > 0;
  if (hasRecords && qtype !== Type.A && qtype !== Type.AAAA) return false;
  const below = zone.pools;
  return [...unread].some(
    (label) => !pools.has(label) && nameKey(prependLabel(label, below)) === nameKey(name),
  );
}

function closestEncloser(authority: Authority, zone: Zone, name: WireName): WireName {
  let at = name;
  while (rrsetsAt(authority, zone, at) === undefined) at = parentOf(at)!;
  return at;
}

function wildcardBelow(name: WireName): WireName | undefined {
  return name.length + 2 > 255 ? undefined : prependLabel('*', name);
}
