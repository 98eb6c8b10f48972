import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import { parentOf, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import { Type } from '../../dns/type.ts';
import { hidesBelow, type ZoneContents } from './contents.ts';

/** Names by their key. */
export type Names = Map<string, WireName>;

/** Adds a name and those above it that are below another one. `key`: that of the name. */
export function addUpwards(names: Names, name: WireName, above: WireName, key = orderKey(name)): void {
  for (let at = name, keyAt = key; at.length > above.length; at = parentOf(at)!, keyAt = keyAbove(keyAt)!)
    names.set(keyAt, at);
}

/** Adds every name of contents at or below one of them, empty non-terminals too (RFC 4592 §2.2.2). */
export function addNamesUnder(names: Names, contents: ZoneContents, name: WireName): void {
  for (const [key, found] of namesUnder(contents, name)) names.set(key, found);
}

/** Lists those names with their keys. That of pools, and those above it, may come twice. `silent`: see Owners.from. */
export function* namesUnder(
  contents: ZoneContents,
  name: WireName,
  silent?: (key: string) => void,
): IterableIterator<[string, WireName]> {
  const top = orderKey(name);
  yield [top, name];
  let last = '';
  for (const [key, sets] of contents.owners.from(top, silent)) {
    if (!key.startsWith(top)) break;
    let [at, owner] = [key, sets[0]!.owner];
    // In canonical order, all above that the owner before lies below as well is there already.
    while (at !== top && !last.startsWith(at)) {
      yield [at, owner];
      owner = parentOf(owner)!;
      at = keyAbove(at)!;
    }
    last = key;
  }
  const { pools } = contents.head;
  if (pools === undefined || !orderKey(pools).startsWith(top)) return;
  for (let at = pools; at.length > name.length; at = parentOf(at)!) yield [orderKey(at), at];
}

/**
 * Adds every name whose answer may change when the sets at these owners change: the owners and the empty non-terminals
 * above them, all names below a zone cut or DNAME that comes or goes, and the zone cuts whose referrals hold the addresses at an
 * owner.
 */
export function addConcerned(
  names: Names,
  before: ZoneContents,
  after: ZoneContents,
  changed: ReadonlyMap<string, WireName>,
): void {
  const { apex } = after.head;
  for (const [key, owner] of changed) {
    if (key === after.apexKey) names.set(key, owner);
    addUpwards(names, owner, apex, key);
    if (hidesBelow(before, key) !== hidesBelow(after, key))
      for (const contents of [before, after]) addNamesUnder(names, contents, owner);
    const delegated = [before, after].flatMap(({ delegations }) => delegations.get(key) ?? []);
    if (delegated.length === 0) continue;
    const hasAddresses = [before, after].some(({ owners }) => owners.get(key)?.some(isAddress));
    if (hasAddresses) for (const each of delegated) names.set(orderKey(each), each);
  }
}

function isAddress({ type }: RRset): boolean {
  return type === Type.A || type === Type.AAAA;
}
