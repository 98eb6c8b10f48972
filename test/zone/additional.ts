import { foldName, nameKey, type WireName } from '../../src/dns/name.ts';
import type { RRset } from '../../src/dns/rrset.ts';
import { Type } from '../../src/dns/type.ts';
import type { Authority } from '../../src/zone/authority.ts';
import { type Lookup, lookup } from '../../src/zone/lookup.ts';

/** What is beside an answer: record sets, and addresses that load balancers choose. */
export interface Additional {
  readonly rrsets: readonly RRset[];
  readonly steered: readonly Extract<Lookup, { kind: 'steered' }>[];
}

/** Where the target is in rdata of types that have one which is looked up. */
const TARGET_AT: ReadonlyMap<number, number> = new Map([
  [Type.NS, 0],
  [Type.MX, 2],
  [Type.SRV, 6],
  [Type.SVCB, 2],
  [Type.HTTPS, 2],
]);

/**
 * What helps with a set of records that is answered, in the plainest way: the addresses that their targets have here (RFC 1035
 * §3.3.9 and §3.3.11, RFC 2782), and for aliases of SVCB and HTTPS the records that they lead to (RFC 9460 §4.1). Tests compare the
 * compiled table with it. Aliases are not followed. `targetsMax`: names that are looked up at the most.
 */
export function additionalTo(authority: Authority, answered: RRset, targetsMax: number): Additional {
  const rrsets: RRset[] = [];
  const steered: Extract<Lookup, { kind: 'steered' }>[] = [];
  const seen = new Set<string>();
  /** Takes in what a name has of a type; returns it where it is a set of records. */
  const add = (name: WireName, type: number): RRset[] => {
    const found = lookup(authority, name, type);
    if (found.kind === 'steered' && found.chain.length === 0) steered.push(found);
    if (found.kind !== 'answer' || found.rrsets.length !== 1 || found.rrsets[0]!.type !== type) return [];
    rrsets.push(found.rrsets[0]!);
    return [found.rrsets[0]!];
  };
  const sets = [answered];
  for (const { owner, type, rdata } of sets)
    for (const octets of rdata) {
      const target = targetOf(owner, type, octets);
      if (target === undefined || seen.has(nameKey(target)) || seen.size === targetsMax) continue;
      seen.add(nameKey(target));
      const isOwn = nameKey(target) === nameKey(answered.owner);
      if (isServiceAlias(type, octets) && !isOwn) sets.push(...add(target, type));
      add(target, Type.A);
      add(target, Type.AAAA);
    }
  return { rrsets, steered };
}

/** The name whose addresses help with a record. */
function targetOf(owner: WireName, type: number, rdata: Uint8Array): WireName | undefined {
  const at = TARGET_AT.get(type);
  if (at === undefined) return undefined;
  const isService = type === Type.SVCB || type === Type.HTTPS;
  // RFC 9460 §2.5: the root stands for the owner of a service. Of others, and of an alias, it says that there is none.
  if (rdata[at] === 0) return isService && !isServiceAlias(type, rdata) ? owner : undefined;
  let end = at;
  while (rdata[end] !== 0) end += 1 + rdata[end]!;
  return foldName(rdata.subarray(at, end + 1));
}

/** RFC 9460 §2.4.1: the priority 0 is that of an alias. */
function isServiceAlias(type: number, rdata: Uint8Array): boolean {
  return (type === Type.SVCB || type === Type.HTTPS) && rdata[0] === 0 && rdata[1] === 0;
}
