import * as fromType from '../dns/type.ts';
import * as fromLayout from './layout.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { Type } = fromType;
const { ZONES_MAX } = fromLayout;

/** What is counted, as positions in a block of numbers that a responder adds to and others read. */
export const Counter = {
  /** Queries, by transport: the first of four, in the order of Transport. */
  QUERIES: 0,
  /** Packets that were not answered: too short, or responses. */
  SILENT: 4,
  /** Queries answered FORMERR. */
  MALFORMED: 5,
  /** Answers with TC, slipped ones apart. */
  TRUNCATED: 6,
  /** Answers that are too many of one kind for their client: the first of three, LIMITED_DROPPED and so on. */
  LIMITED: 7,
  /** Queries with EDNS, with a client subnet, with a valid and with another server cookie. */
  EDNS: 10,
  SUBNET: 11,
  COOKIE_VALID: 12,
  COOKIE_OTHER: 13,
  /** Queries that our own fault made SERVFAIL. */
  FAILED: 14,
  /** Answers by UDP that the kernel did not take, or had no room for in time. */
  UNSENT: 15,
  /** Queries, by type: the first, in the order of COUNTED_TYPES, all others last. */
  TYPES: 16,
  /** Answers that are too many of all kinds for their client: the first of three again. */
  LIMITED_ALL: 32,
  /** Exchanges that were copied for the query log, and that were not since its ring was full. */
  SAMPLED: 35,
  UNSAMPLED: 36,
  /** Connections and, by UDP, queries of proxies that were dropped, since they began with no PROXY protocol header. */
  MISPROXIED: 39,
  /** Answers, by rcode: the first of RCODES_COUNTED. */
  RCODES: 40,
  /** Timed answers, by how long they took: the first of LATENCY_BOUNDS_NS.length, and then those that took longer. */
  LATENCY: 64,
  /** How long all of them took, nanoseconds. */
  LATENCY_SUM_NS: 79,
  /** Queries for names of each zone: the first, in the order of the ordinals of zones. */
  ZONES: 80,
  /** Queries for pools and load balancers, by the ordinals that the table has for them; the first is for all others. */
  NAMES: 80 + ZONES_MAX,
} as const;

/** Pools and load balancers, together, whose queries are counted apart. */
export const COUNTED_NAMES_MAX = 10_000;

/** Upper bounds of the buckets of timed answers, nanoseconds. */
export const LATENCY_BOUNDS_NS = [
  250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 512_000, 1_000_000,
  10_000_000,
] as const;

/** What became of answers over a limit, as positions from its first: not sent, sent empty with TC, or sent since it is a dry run. */
export const LIMITED_DROPPED = 0;
export const LIMITED_SLIPPED = 1;
export const LIMITED_DRY = 2;

/** Types that are counted apart, each at its place. Of DNSKEY there are no records here, but many questions (RFC 4034 §2). */
export const COUNTED_TYPES = {
  A: Type.A,
  AAAA: Type.AAAA,
  NS: Type.NS,
  CNAME: Type.CNAME,
  SOA: Type.SOA,
  PTR: Type.PTR,
  MX: Type.MX,
  TXT: Type.TXT,
  SRV: Type.SRV,
  DS: Type.DS,
  CAA: Type.CAA,
  ANY: Type.ANY,
  DNSKEY: 48,
  SVCB: Type.SVCB,
  HTTPS: Type.HTTPS,
} as const;

/** Rcodes that are counted, from 0. */
export const RCODES_COUNTED = 24;

/** Numbers in a block. */
export const COUNTERS = Counter.NAMES + COUNTED_NAMES_MAX + 1;

/** A block of counters, and the thread that it belongs to. */
export interface ThreadCounters {
  /** What it answers for: an engine of UDP, or `streams` (TCP, TLS, HTTPS). */
  readonly engine: 'batched' | 'portable' | 'streams';
  /** From 0, within its engine. */
  readonly thread: number;
  readonly counters: Float64Array;
}

/** A block of counters that threads can share. A number is exact up to 2^53, and has one writer. */
export function newCounters(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(COUNTERS * Float64Array.BYTES_PER_ELEMENT));
}

/** Types below this have a place in the table that says how they are counted. */
const TYPES_MAPPED = 512;
const countedTypes = Object.values(COUNTED_TYPES);
const OTHER_TYPES = Counter.TYPES + countedTypes.length;
const positionOfType = new Uint8Array(TYPES_MAPPED).fill(OTHER_TYPES);
for (const [i, type] of countedTypes.entries()) positionOfType[type] = Counter.TYPES + i;

/** Returns the position of the counter for queries of a type. */
export function typeCounter(type: number): number {
  return type < TYPES_MAPPED ? positionOfType[type]! : OTHER_TYPES;
}
