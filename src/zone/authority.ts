import { foldName, nameKey, type WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import { Type } from '../dns/type.ts';
import type { Member } from '../pool/members.ts';
import { isSteered } from './steered-rrset.ts';
import type { Zone, ZoneHead } from './zone.ts';

/** Everything that decides answers, at one generation. */
export interface Authority {
  readonly zones: readonly Zone[];
  /** SOA serial of every zone: the configuration's revision. */
  readonly serial: number;
  /** Members of each enabled pool, by its name in lower case. */
  readonly pools: ReadonlyMap<string, readonly Member[]>;
  /** The names, in lower case, of pools of which nothing else is known, because their documents are damaged. Absent: none. */
  readonly unread?: ReadonlySet<string>;
}

/** Octets of the numbers that end the rdata of an SOA, 32 bits each. The serial is the first (RFC 1035 §3.3.13). */
export const SOA_NUMBERS_OCTETS = 20;

/** The SOA set of a zone (RFC 1035 §3.3.13). Its TTL in negative answers is the smaller of both (RFC 2308 §3). */
export function soaRRset(zone: ZoneHead, serial: number, use: 'answer' | 'negative'): RRset {
  const { soa } = zone;
  const numbers = [serial, soa.refreshSeconds, soa.retrySeconds, soa.expireSeconds, soa.minimumSeconds];
  const rdata = new Uint8Array(soa.mname.length + soa.rname.length + SOA_NUMBERS_OCTETS);
  rdata.set(soa.mname);
  rdata.set(soa.rname, soa.mname.length);
  const view = new DataView(rdata.buffer, soa.mname.length + soa.rname.length);
  for (const [i, number] of numbers.entries()) view.setUint32(4 * i, number);
  const ttlSeconds = use === 'answer' ? soa.ttlSeconds : Math.min(soa.ttlSeconds, soa.minimumSeconds);
  return { owner: zone.apex, type: Type.SOA, ttlSeconds, rdata: [rdata] };
}

/** The address sets a zone holds for the targets of an NS set: its glue, or a courtesy. */
export function addressesOf(zone: Zone, ns: RRset): RRset[] {
  // An NS record's rdata is the name, uncompressed.
  const targets = new Set(ns.rdata.map((target) => nameKey(foldName(target))));
  return zone.rrsets.filter(
    (set) =>
      (set.type === Type.A || set.type === Type.AAAA) && !isSteered(set) && targets.has(nameKey(set.owner)),
  );
}

/** Whether names below `owner` are not this zone's to answer for: it has NS records and is not the apex. */
export function isCut(zone: ZoneHead, owner: WireName, sets: readonly RRset[]): boolean {
  return owner.length !== zone.apex.length && sets.some(({ type }) => type === Type.NS);
}
