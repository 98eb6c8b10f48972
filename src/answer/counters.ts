import { Type } from '../dns/type.ts';

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
  /** Answers not sent, and sent empty with TC, because their client asks too often. */
  LIMITED: 7,
  SLIPPED: 8,
  /** Answers that would have been limited, were it not a dry run. */
  LIMITED_DRY: 9,
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
  /** Answers, by rcode: the first of RCODES_COUNTED. */
  RCODES: 40,
} as const;

/** Types that are counted apart. */
export const COUNTED_TYPES = [
  'A',
  'AAAA',
  'NS',
  'CNAME',
  'SOA',
  'PTR',
  'MX',
  'TXT',
  'SRV',
  'DS',
  'CAA',
  'ANY',
] as const;

/** Rcodes that are counted, from 0. */
export const RCODES_COUNTED = 24;

/** Numbers in a block. */
export const COUNTERS = Counter.RCODES + RCODES_COUNTED;

/** A block of counters that threads can share. A number is exact up to 2^53, and has one writer. */
export function newCounters(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(COUNTERS * Float64Array.BYTES_PER_ELEMENT));
}

/** Types below this have a place in the table that says how they are counted. */
const TYPES_MAPPED = 512;
const OTHER_TYPES = Counter.TYPES + COUNTED_TYPES.length;
const positionOfType = new Uint8Array(TYPES_MAPPED).fill(OTHER_TYPES);
for (const [i, mnemonic] of COUNTED_TYPES.entries()) positionOfType[Type[mnemonic]] = Counter.TYPES + i;

/** Where queries of a type are counted. */
export function typeCounter(type: number): number {
  return type < TYPES_MAPPED ? positionOfType[type]! : OTHER_TYPES;
}
