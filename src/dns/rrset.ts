import type { WireName } from './name.ts';

/** Records of one owner name, class IN and type. The TTL belongs to the set (RFC 2181 §5.2). */
export interface RRset {
  readonly owner: WireName;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Each record's rdata in wire form, uncompressed, without its length; at least one. */
  readonly rdata: readonly Uint8Array[];
}
