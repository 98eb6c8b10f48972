import type { RRset } from '../../src/dns/rrset.ts';
import { Type } from '../../src/dns/type.ts';
import { autoHints, withHints } from '../../src/rdata/address-hints.ts';
import { namesIn } from '../../src/rdata/rdata.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { type FlattenedRRset, lookup } from '../../src/zone/lookup.ts';

/** A set whose hints are filled. */
export interface Hinted {
  /** With as many hints as an answer has, each of them 0. */
  readonly rrset: RRset;
  /** All that these hints may be, in hexadecimal. */
  readonly addresses: ReadonlySet<string>;
}

/**
 * Fills the hints of a set that are `auto` with the addresses that their targets have now, in the plainest way: what a query for them is
 * answered with, unless a DNAME is on the way. `answered`: how many records of a set an answer has. undefined: it has no such hints.
 */
export function hinted(
  authority: Authority,
  set: RRset,
  answered: (set: RRset) => number,
): Hinted | undefined {
  let { ttlSeconds } = set;
  const addresses = new Set<string>();
  let isAuto = false;
  const rdata = set.rdata.map((octets) => {
    const { ipv4, ipv6 } = autoHints(set.type, octets);
    if (!ipv4 && !ipv6) return octets;
    isAuto = true;
    const [name] = namesIn(set.type, octets);
    const target = name!.length === 1 ? set.owner : name!;
    const hints = (isWanted: boolean, type: number): Uint8Array[] => {
      const found = isWanted ? lookup(authority, target, type) : undefined;
      if (found?.kind !== 'answer' || found.rrsets.some((each) => each.type === Type.DNAME)) return [];
      const last = found.rrsets.at(-1)!;
      if (last.type !== type) return [];
      ttlSeconds = Math.min(ttlSeconds, ...found.rrsets.map((each) => each.ttlSeconds));
      for (const address of last.rdata) addresses.add(Buffer.from(address).toString('hex'));
      return Array.from({ length: answered(sourceOf(last)) }, () => new Uint8Array(last.rdata[0]!.length));
    };
    return withHints(octets, hints(ipv4, Type.A), hints(ipv6, Type.AAAA));
  });
  return isAuto ? { rrset: { ...set, ttlSeconds, rdata }, addresses } : undefined;
}

/** The set whose records an answer has: of addresses that stand for an alias, that of its target. */
export function sourceOf(set: RRset | FlattenedRRset): RRset {
  return 'of' in set ? set.of : set;
}
