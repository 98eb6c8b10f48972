import { foldName, NAME_OCTETS_MAX, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';

/**
 * The alias that a DNAME makes of a name below its owner: the labels before that owner, before the DNAME's target (RFC 6672 §2.2).
 * undefined: it would lead to a name of more than 255 octets.
 */
export function rewritten(name: WireName, dname: RRset): RRset | undefined {
  const [target] = dname.rdata;
  const labels = name.subarray(0, name.length - dname.owner.length);
  if (labels.length + target!.length > NAME_OCTETS_MAX) return undefined;
  const rdata = Uint8Array.from([...labels, ...target!]);
  return { owner: name, type: Type.CNAME, ttlSeconds: dname.ttlSeconds, rdata: [rdata] };
}

/** The name that an alias leads to. */
export function aliasTarget({ rdata }: RRset): WireName {
  return foldName(rdata[0]!);
}
