import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import { foldName, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import { Type } from '../../dns/type.ts';
import type { LeftOut } from '../authoring/records-at-name.ts';
import { isSteered } from '../steered-rrset.ts';
import type { Zone, ZoneHead } from '../zone.ts';
import { byOwner } from './by-owner.ts';
import { OrderedMap } from './ordered-map.ts';
import { type Owners, ownersOf } from './owned-sets.ts';

/**
 * The records of a zone at one moment. They never change: a change makes other contents, which share all that stays, so
 * that a reader may hold these for as long as it likes. Keys are those of orderKey().
 */
export interface ZoneContents {
  readonly head: ZoneHead;
  readonly apexKey: string;
  /** The record sets at each owner, in canonical order of the owners; the SOA, which has a serial, apart. */
  readonly owners: Owners;
  /** The owners of NS sets, by the key of each name that they point to. */
  readonly delegations: OrderedMap<readonly WireName[]>;
}

/** The contents of a zone. */
export function contentsOf(zone: Zone): ZoneContents {
  const owners = ownersOf(zone);
  let delegations = OrderedMap.of<readonly WireName[]>();
  for (const key of new Set(ownersWithServers(zone)))
    delegations = withDelegation(delegations, owners.get(key) ?? []);
  return { head: zone, apexKey: orderKey(zone.apex), owners, delegations };
}

/** The keys of owners that may have NS records. */
function* ownersWithServers({ rrsets, records }: Zone): IterableIterator<string> {
  for (const { owner, type } of rrsets) if (type === Type.NS) yield orderKey(owner);
  for (const [key, held] of records?.from() ?? [])
    if (held.some(({ value: { type } }) => type === 'NS' || type === 'TYPE2')) yield key;
}

/**
 * Returns the contents of the zone that takes the place of another one, `was`, the owners whose sets are others then, and the records at
 * concerned owners that are not answered. Costs
 * what changed among the records of the API and the load balancers, and a look at all other sets where one of these is another.
 */
export function contentsAfter(
  contents: ZoneContents,
  was: Zone,
  zone: Zone,
): {
  readonly contents: ZoneContents;
  /** By their keys. */
  readonly changed: ReadonlyMap<string, WireName>;
  readonly leftOut: readonly LeftOut[];
} {
  const owners = ownersOf(zone);
  let { delegations } = contents;
  const changed = new Map<string, WireName>();
  const leftOut: LeftOut[] = [];
  for (const key of changedKeys(was, zone)) {
    const [before, after] = [contents.owners.get(key) ?? [], owners.get(key) ?? []];
    for (const each of owners.leftOut(key)) leftOut.push(each);
    if (areSame(before, after)) continue;
    changed.set(key, (after[0] ?? before[0])!.owner);
    delegations = withDelegation(withoutDelegation(delegations, before), after);
  }
  const { apexKey } = contents;
  return { contents: { head: zone, apexKey, owners, delegations }, changed, leftOut };
}

const NONE = OrderedMap.of<never>();

/** The keys of owners that may have other sets in one zone than in another of the same apex. */
function changedKeys(was: Zone, zone: Zone): Set<string> {
  const keys = new Set<string>();
  const add = <V>(before: OrderedMap<V>, after: OrderedMap<V>) => {
    for (const { key } of OrderedMap.differences(before, after)) keys.add(key);
  };
  if (was.rrsets !== zone.rrsets) add(byOwner(was.rrsets), byOwner(zone.rrsets));
  add(was.records ?? NONE, zone.records ?? NONE);
  add(was.steered ?? NONE, zone.steered ?? NONE);
  if (poolsKeyOf(was) !== poolsKeyOf(zone))
    for (const each of [was, zone]) addAroundPools(keys, each, [was, zone]);
  return keys;
}

/** Adds the owners of records that may be answered, or not any more, because the name of pools is another: those above it, and those below. */
function addAroundPools(keys: Set<string>, { pools }: Zone, zones: readonly Zone[]): void {
  if (pools === undefined) return;
  const top = orderKey(pools);
  for (const { records = NONE } of zones) {
    for (const [key] of records.from(top)) {
      if (!key.startsWith(top)) break;
      keys.add(key);
    }
    for (let at = keyAbove(top); at !== undefined; at = keyAbove(at))
      if (records.get(at) !== undefined) keys.add(at);
  }
}

function poolsKeyOf({ pools }: Zone): string | undefined {
  return pools && orderKey(pools);
}

/** Returns true where a key's name is a zone cut of these contents: it has NS records and is not the apex. */
export function isCutAt({ apexKey, owners }: ZoneContents, key: string): boolean {
  return key !== apexKey && owners.has(key, Type.NS);
}

/** Returns true where names below a key's name are not looked up in these contents: it is a zone cut, or has a DNAME (RFC 6672 §2.4). */
export function hidesBelow(contents: ZoneContents, key: string): boolean {
  return isCutAt(contents, key) || contents.owners.has(key, Type.DNAME);
}

/** Returns true where something is below a key's name: records, or the name that pools are below. */
export function hasBelow({ head, owners }: ZoneContents, key: string): boolean {
  if (owners.hasBelow(key)) return true;
  return head.pools !== undefined && orderKey(head.pools).startsWith(key);
}

type Delegations = ZoneContents['delegations'];

function withDelegation(delegations: Delegations, sets: readonly RRset[]): Delegations {
  let all = delegations;
  for (const [key, owner] of targetsOf(sets)) all = all.with(key, [...(all.get(key) ?? []), owner]);
  return all;
}

function withoutDelegation(delegations: Delegations, sets: readonly RRset[]): Delegations {
  let all = delegations;
  for (const [key, owner] of targetsOf(sets)) {
    const left = (all.get(key) ?? []).filter((each) => orderKey(each) !== orderKey(owner));
    all = left.length === 0 ? all.without(key) : all.with(key, left);
  }
  return all;
}

/** The names that the NS set of an owner points to, each once; its rdata is the name, uncompressed. */
function targetsOf(sets: readonly RRset[]): Map<string, WireName> {
  const ns = sets.find(({ type }) => type === Type.NS);
  return new Map(ns?.rdata.map((target) => [orderKey(foldName(target)), ns.owner]) ?? []);
}

function areSame(a: readonly RRset[], b: readonly RRset[]): boolean {
  return a === b || (a.length === b.length && a.every((set, i) => isSameSet(set, b[i]!)));
}

function isSameSet(a: RRset, b: RRset): boolean {
  if (a === b) return true;
  if (isSteered(a) || isSteered(b)) return false;
  if (a.type !== b.type || a.ttlSeconds !== b.ttlSeconds || a.rdata.length !== b.rdata.length) return false;
  return a.rdata.every((octets, i) => {
    const other = b.rdata[i]!;
    return octets.length === other.length && octets.every((octet, at) => octet === other[at]);
  });
}
