import type { WireName } from './name.ts';

/**
 * Records of one set that an answer holds at the most; of a larger set it holds a window, which moves with each query.
 * BIND takes no more for an answer since 9.18.28 (its `max-records-per-type`), and gives its clients SERVFAIL.
 */
export const ANSWERED_RECORDS_MAX = 100;

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
