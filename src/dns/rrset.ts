import type { WireName } from './name.ts';

/**
 * Records of one set that an answer holds at the most, unless a pool is to have more or fewer; of a larger set it holds a
 * window, which moves with each query. BIND takes no more for an answer since 9.18.28 (its `max-records-per-type`), and gives
 * its clients SERVFAIL.
 */
export const ANSWERED_RECORDS_MAX = 100;

/** PowerDNS Recursor takes no more records of one set (its `max-rrset-size`). */
const POWERDNS_RECORDS_MAX = 256;

/** Says which resolvers refuse answers with this many records of a set; undefined: none that we know of. */
export function refusersOf(records: number): string | undefined {
  if (records <= ANSWERED_RECORDS_MAX) return undefined;
  const bind = `BIND 9.18.28 and later refuses more than ${ANSWERED_RECORDS_MAX} records of a type`;
  return records > POWERDNS_RECORDS_MAX
    ? `${bind}, PowerDNS Recursor more than ${POWERDNS_RECORDS_MAX}.`
    : `${bind}.`;
}

/** Aliases followed in one answer; a longer chain is left to the resolver. */
export const CNAME_CHAIN_MAX = 8;

/** The longest TTL (RFC 2181 §8). */
export const TTL_SECONDS_MAX = 2 ** 31 - 1;

/** Records of one owner name, class IN and type. The TTL belongs to the set (RFC 2181 §5.2). */
export interface RRset {
  readonly owner: WireName;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Each record's rdata in wire form, uncompressed, without its length; at least one. */
  readonly rdata: readonly Uint8Array[];
}
