import type { WireName } from '../dns/name.ts';
import type { RRset } from '../dns/rrset.ts';
import type { OrderedMap } from './contents/ordered-map.ts';
import type { HeldRecord } from './dns-record.ts';
import type { SteeredRRset } from './steered-rrset.ts';

/** Start of authority, but for the serial, which serve/publish/zone-serials.ts gives each zone (RFC 1035 §3.3.13). */
export interface Soa {
  /** In the case they were written in. */
  readonly mname: Uint8Array;
  readonly rname: Uint8Array;
  readonly ttlSeconds: number;
  readonly refreshSeconds: number;
  readonly retrySeconds: number;
  readonly expireSeconds: number;
  /** TTL of negative answers, at least 1 (RFC 2308 §4). */
  readonly minimumSeconds: number;
}

/** What a zone is besides its records. */
export interface ZoneHead {
  readonly apex: WireName;
  readonly soa: Soa;
  /**
   * The name under which every pool answers at a label of its own: below the apex, below no zone cut and no other
   * zone's apex. It has no static records; names right below it, which may be pools', have no A, AAAA and CNAME, and none is a
   * wildcard; and there is no NS below it. Absent: pools do not appear in this zone.
   */
  readonly pools?: WireName;
  /** TTL of pools' answers. */
  readonly poolTtlSeconds: number;
}

/**
 * A zone as authored, without what health decides. Its reader made sure that every owner is at or below the apex; that
 * a CNAME is one record, alone at its name and not at the apex (RFC 1034 §3.6.2, RFC 2181 §10.1); that no wildcard has
 * NS records (RFC 4592 §4.2); and that at and below a zone cut there are only NS records and addresses. Records of the API may
 * be below a zone cut, where they are not answered.
 */
export interface Zone extends ZoneHead {
  /**
   * Static records, the apex's NS and their addresses among them; at most one set for an owner and type. A CNAME that is answered with
   * the addresses of its target, as every one at the apex, has the type FLATTENED_CNAME.
   */
  readonly rrsets: readonly RRset[];
  /** Its document, where the API made it; absent: it is of the configuration file. */
  readonly id?: string;
  /**
   * The records of the API by the orderKey() of their owner, oldest first (byAge); absent: there are none. Those that break a rule
   * beside others are not answered (readName).
   */
  readonly records?: OrderedMap<readonly HeldRecord[]>;
  /** The sets of load balancers by the orderKey() of their owner, which answer in the place of others; absent: there are none. */
  readonly steered?: OrderedMap<readonly SteeredRRset[]>;
  /** The revision that wrote its document, a record or a load balancer of it, last; absent: it has none of these. */
  readonly revision?: number;
}
