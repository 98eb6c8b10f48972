import { orderKey } from '../../dns/canonical-order.ts';
import { foldName, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import { Type } from '../../dns/type.ts';
import { isSteered, setsAnswered } from '../steered.ts';
import type { Zone, ZoneHead } from '../zone.ts';
import { OrderedMap } from './ordered-map.ts';

/**
 * The static records of a zone at one moment. They never change: a change makes other contents, which share all that
 * stays, so that a reader may hold these for as long as it likes. Keys are those of orderKey().
 */
export interface ZoneContents {
  readonly head: ZoneHead;
  readonly apexKey: string;
  /** The record sets at each owner, in canonical order of the owners; the SOA, which has a serial, apart. */
  readonly owners: OrderedMap<readonly RRset[]>;
  /** Of these, the sets of Zone.rrsets, also where those of Zone.added come before them. */
  readonly listed: OrderedMap<readonly RRset[]>;
  readonly added: Zone['added'];
  /** The owners of NS sets, by the key of each name that they point to. */
  readonly delegations: OrderedMap<readonly WireName[]>;
}

/** A change of a zone. */
export interface ZoneDiff {
  /** Absent: as it was. */
  readonly head?: ZoneHead;
  /** The owners that change, each with all of its sets; no sets: the owner goes. */
  readonly owners: readonly { readonly owner: WireName; readonly sets: readonly RRset[] }[];
  /** Zone.added from now on. */
  readonly added: Zone['added'];
}

/** The contents of a zone as authored. */
export function contentsOf(zone: Zone): ZoneContents {
  const steps = contentsInSteps(zone);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** The same in small steps. */
export function* contentsInSteps(zone: Zone): Generator<void, ZoneContents> {
  const own = ownersOf(zone);
  let delegations = OrderedMap.of<readonly WireName[]>();
  for (const sets of own.values()) delegations = withDelegation(delegations, sets);
  const listed = OrderedMap.of<readonly RRset[]>(own);
  const edit = listed.edit();
  for (const [key, sets] of zone.added?.from() ?? []) {
    edit.set(key, answeredAt(own.get(key), sets));
    yield;
  }
  const owners = zone.added === undefined ? listed : edit.done();
  return { head: zone, apexKey: orderKey(zone.apex), owners, listed, added: zone.added, delegations };
}

/** The sets at an owner: those that are listed, and those that are added. */
function answeredAt(
  listed: readonly RRset[] | undefined,
  added: readonly RRset[] | undefined,
): readonly RRset[] {
  return added === undefined ? (listed ?? []) : setsAnswered([...(listed ?? []), ...added]);
}

/** Record sets that are compared one by one at the most, where zones share the others. */
export const SETS_COMPARED_MAX = 64;

/**
 * Returns the difference from contents, which are those of `was`, to those of another zone as authored. Sets that are
 * the same objects in both, before the first and after the last other one, are passed over, so that a change of a few
 * of many costs no more than those.
 */
export function diffTo(contents: ZoneContents, was: Zone, zone: Zone): ZoneDiff {
  const [before, after] = [was.rrsets, zone.rrsets];
  const least = Math.min(before.length, after.length);
  let first = 0;
  while (first < least && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < least - first && before[before.length - 1 - last] === after[after.length - 1 - last])
    last += 1;
  const gone = before.slice(first, before.length - last);
  const come = after.slice(first, after.length - last);
  if (gone.length + come.length > SETS_COMPARED_MAX) return wholeDiffTo(contents, zone);
  const owners = new Map<string, { owner: WireName; sets: readonly RRset[] }>();
  for (const { owner } of [...gone, ...come]) {
    const key = orderKey(owner);
    const kept = (contents.listed.get(key) ?? []).filter((set) => !gone.includes(set));
    // In the order in which the zone has them, as when all of it is read.
    const isBefore = kept.map((set) => after.indexOf(set) < first);
    owners.set(key, {
      owner,
      sets: [
        ...kept.filter((_, i) => isBefore[i]),
        ...come.filter((set) => orderKey(set.owner) === key),
        ...kept.filter((_, i) => !isBefore[i]),
      ],
    });
  }
  return { head: zone, owners: [...owners.values()], added: zone.added };
}

/** The same, of two zones that share little. */
function wholeDiffTo(contents: ZoneContents, zone: Zone): ZoneDiff {
  const wanted = ownersOf(zone);
  const gone = [...contents.listed.from()].filter(([key]) => !wanted.has(key));
  return {
    head: zone,
    owners: [
      ...gone.map(([, sets]) => ({ owner: sets[0]!.owner, sets: [] })),
      ...[...wanted.values()].map((sets) => ({ owner: sets[0]!.owner, sets })),
    ],
    added: zone.added,
  };
}

const NONE_ADDED = OrderedMap.of<readonly RRset[]>();

/** Returns the contents after a change, and the owners that changed. Its cost depends on the size of the change. */
export function applyDiff(
  contents: ZoneContents,
  diff: ZoneDiff,
): { readonly contents: ZoneContents; readonly changed: readonly WireName[] } {
  let { owners, listed, delegations } = contents;
  const { added } = diff;
  const changed: WireName[] = [];
  const concerned = new Map<string, WireName>();
  for (const { owner, sets } of diff.owners) {
    const key = orderKey(owner);
    concerned.set(key, owner);
    listed = sets.length === 0 ? listed.without(key) : listed.with(key, sets);
  }
  for (const { key, before, after } of OrderedMap.differences(
    contents.added ?? NONE_ADDED,
    added ?? NONE_ADDED,
  ))
    concerned.set(key, (after ?? before)![0]!.owner);
  for (const [key, owner] of concerned) {
    const was = owners.get(key) ?? [];
    const sets = answeredAt(listed.get(key), added?.get(key));
    if (areSame(was, sets)) {
      // Equal sets count as well: the next difference compares objects, not what they hold.
      if (sets.some((set, i) => set !== was[i])) owners = owners.with(key, sets);
      continue;
    }
    changed.push(owner);
    owners = sets.length === 0 ? owners.without(key) : owners.with(key, sets);
    delegations = withDelegation(withoutDelegation(delegations, was), sets);
  }
  // Two maps of the same sets would take their memory twice.
  if (added === undefined) listed = owners;
  const { apexKey } = contents;
  const head = diff.head ?? contents.head;
  return { contents: { head, apexKey, owners, listed, added, delegations }, changed };
}

/** Returns true where a key's name is a zone cut of these contents: it has NS records and is not the apex. */
export function isCutAt({ apexKey, owners }: ZoneContents, key: string): boolean {
  return key !== apexKey && (owners.get(key)?.some(({ type }) => type === Type.NS) ?? false);
}

/** Returns true where names below a key's name are not looked up in these contents: it is a zone cut, or has a DNAME (RFC 6672 §2.4). */
export function hidesBelow(contents: ZoneContents, key: string): boolean {
  return (
    isCutAt(contents, key) || (contents.owners.get(key)?.some(({ type }) => type === Type.DNAME) ?? false)
  );
}

/** Returns true where something is below a key's name: records, or the name that pools are below. */
export function hasBelow({ head, owners }: ZoneContents, key: string): boolean {
  if (owners.keyAfter(key)?.startsWith(key)) return true;
  return head.pools !== undefined && orderKey(head.pools).startsWith(key);
}

function ownersOf({ rrsets }: Zone): Map<string, RRset[]> {
  return Map.groupBy(rrsets, ({ owner }) => orderKey(owner));
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
