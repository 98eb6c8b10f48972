import type { Exchange } from './exchange.ts';

/** What becomes of an answer. */
export const Limit = {
  /** It is sent. */
  PASS: 0,
  /** It is not sent. */
  DROP: 1,
  /** An empty one with TC goes in its place, so that a real client behind a forged address can come by TCP. */
  SLIP: 2,
} as const;

/** How strict a limit is, and with whom. */
export interface RateLimitOptions {
  /** Answers of one class to one prefix that pass each second, at least 1. */
  readonly perSecond: number;
  /** Seconds after which a client that went over is forgiven, once it is quiet; at least 1. */
  readonly windowSeconds: number;
  /** Each so many-th answer over the limit slips; 1: all of them, 0: none. */
  readonly slip: number;
  /** Bits of an address that make a client. */
  readonly ipv4Bits: number;
  readonly ipv6Bits: number;
  /** Who is never limited. */
  readonly exempt: readonly Prefix[];
}

/** The first `bits` of an address of 4 or 16 octets. */
export interface Prefix {
  readonly octets: Uint8Array;
  readonly bits: number;
}

/** Response rate limiting: who asks for the same again and again is answered so often and no more. */
export interface RateLimit {
  /**
   * Counts an answer of the class (any number; equal for answers that are alike) to the exchange's client, and says
   * what becomes of it.
   */
  take(exchange: Exchange, answerClass: number, nowSeconds: number): number;
}

/** Accounts that are kept at a time. Sixteen octets each. */
export const RATE_LIMIT_ACCOUNTS = 1 << 17;
const ACCOUNT_WORDS = 4;
const HASH = 0;
const BALANCE = 1;
const SECOND = 2;
const SLIPS = 3;
/** Accounts that one hash may lead to: together they are a line of the processor's cache. */
export const BUCKET_ACCOUNTS = 4;
const BUCKET_WORDS = BUCKET_ACCOUNTS * ACCOUNT_WORDS;

/**
 * The memory of a rate limit, which threads share: an account that two of them change at once may lose a count, no more.
 * `accounts` is a power of two, BUCKET_ACCOUNTS at least. The seed, any whole number that nobody outside can guess,
 * decides which accounts meet.
 */
export function rateLimitMemory(seed: number, accounts = RATE_LIMIT_ACCOUNTS): SharedArrayBuffer {
  // The seed is the last word, so that buckets begin on cache lines.
  const words = accounts * ACCOUNT_WORDS + 1;
  const memory = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[words - 1] = seed;
  return memory;
}

/**
 * A limit in fixed memory. Every (client prefix, class) has an account that earns `perSecond` a second, up to one
 * second's worth, and pays 1 for an answer. Below zero nothing passes; it goes down to a window's worth at the most.
 * Where a bucket is full, a newcomer takes over the account that is best off, with what is on it: who asks for things
 * in turn that share a bucket gains nothing by it.
 */
export function createRateLimit(options: RateLimitOptions, memory: SharedArrayBuffer): RateLimit {
  const { perSecond, slip, windowSeconds } = options;
  const accounts = new Int32Array(memory);
  const seed = accounts[accounts.length - 1]!;
  const bucketMask = (accounts.length - 1) / BUCKET_WORDS - 1;
  const floor = -perSecond * windowSeconds;
  const exempt4 = options.exempt.filter(({ octets }) => octets.length === 4);
  const exempt6 = options.exempt.filter(({ octets }) => octets.length === 16);

  function isExempt({ peer, peerAt, peerOctets }: Exchange): boolean {
    const prefixes = peerOctets === 4 ? exempt4 : exempt6;
    for (let i = 0; i < prefixes.length; i += 1) if (matches(prefixes[i]!, peer, peerAt)) return true;
    return false;
  }

  /** Of the client's prefix and the class under the seed; never 0, which is an account nobody has. */
  function hashOf({ peer, peerAt, peerOctets }: Exchange, answerClass: number): number {
    let hash = mix(seed ^ answerClass, 0x85eb_ca6b);
    hash = mix(hash ^ peerOctets, 0xc2b2_ae35);
    let left = peerOctets === 4 ? options.ipv4Bits : options.ipv6Bits;
    for (let i = 0; left > 0; i += 1) {
      const octet = left >= 8 ? peer[peerAt + i]! : peer[peerAt + i]! & (0xff00 >> left);
      hash = mix(hash ^ octet, 0x9e37_79b1);
      left -= 8;
    }
    return hash === 0 ? 1 : hash;
  }

  /** What is on an account now. One that nobody has is full. */
  function balanceOf(at: number, nowSeconds: number): number {
    // A clock that was set back, and a thread that still read the second before, cost nothing.
    const passed = Math.max(0, nowSeconds - accounts[at + SECOND]!);
    const earned = passed > windowSeconds ? perSecond - floor : passed * perSecond;
    return Math.min(perSecond, accounts[at + BALANCE]! + earned);
  }

  return {
    take(exchange, answerClass, nowSeconds) {
      if (isExempt(exchange)) return Limit.PASS;
      const hash = hashOf(exchange, answerClass);
      const bucket = (hash & bucketMask) * BUCKET_WORDS;
      let at = bucket;
      let balance = floor - 1;
      for (let other = bucket; other < bucket + BUCKET_WORDS; other += ACCOUNT_WORDS) {
        const isOwn = accounts[other + HASH] === hash;
        const otherBalance = balanceOf(other, nowSeconds);
        if (!isOwn && otherBalance <= balance) continue;
        at = other;
        balance = otherBalance;
        if (isOwn) break;
      }
      if (accounts[at + HASH] !== hash) {
        accounts[at + HASH] = hash;
        accounts[at + SLIPS] = 0;
      }
      balance = Math.max(floor, balance - 1);
      accounts[at + BALANCE] = balance;
      accounts[at + SECOND] = nowSeconds;
      if (balance >= 0) return Limit.PASS;
      if (slip === 0) return Limit.DROP;
      const slips = accounts[at + SLIPS]! + 1;
      accounts[at + SLIPS] = slips % slip;
      return slips >= slip ? Limit.SLIP : Limit.DROP;
    },
  };
}

/** One step of a hash: every bit of `value` has an effect on the lower ones, which choose the bucket. */
function mix(value: number, factor: number): number {
  const product = Math.imul(value, factor);
  return product ^ (product >>> 15);
}

function matches({ octets, bits }: Prefix, peer: Uint8Array, at: number): boolean {
  let left = bits;
  for (let i = 0; left > 0; i += 1) {
    const difference = octets[i]! ^ peer[at + i]!;
    if ((left >= 8 ? difference : difference & (0xff00 >> left)) !== 0) return false;
    left -= 8;
  }
  return true;
}
