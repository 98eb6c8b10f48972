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

/** Accounts that are kept at a time; a power of two. Sixteen octets each. */
export const RATE_LIMIT_ACCOUNTS = 1 << 17;
const ACCOUNT_WORDS = 4;
const HASH = 0;
const BALANCE = 1;
const SECOND = 2;
const SLIPS = 3;

/** The memory of a rate limit, which threads share: an account that two of them change at once may lose a count, no more. */
export function rateLimitMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(RATE_LIMIT_ACCOUNTS * ACCOUNT_WORDS * 4);
}

/**
 * A limit in fixed memory. Every (client prefix, class) has an account that earns `perSecond` a second, up to one
 * second's worth, and pays 1 for an answer. Below zero nothing passes; it goes down to a window's worth at the most.
 * Two that meet in one account share it for a while: the newer takes it over.
 */
export function createRateLimit(options: RateLimitOptions, memory: SharedArrayBuffer): RateLimit {
  const { perSecond, slip } = options;
  const accounts = new Int32Array(memory);
  const floor = -perSecond * options.windowSeconds;
  const mask = RATE_LIMIT_ACCOUNTS - 1;
  const exempt4 = options.exempt.filter(({ octets }) => octets.length === 4);
  const exempt6 = options.exempt.filter(({ octets }) => octets.length === 16);

  function isExempt({ peer, peerAt, peerOctets }: Exchange): boolean {
    const prefixes = peerOctets === 4 ? exempt4 : exempt6;
    for (let i = 0; i < prefixes.length; i += 1) if (matches(prefixes[i]!, peer, peerAt)) return true;
    return false;
  }

  return {
    take(exchange, answerClass, nowSeconds) {
      if (isExempt(exchange)) return Limit.PASS;
      const { peer, peerAt, peerOctets } = exchange;
      let hash = Math.imul(answerClass ^ peerOctets, 0x85eb_ca6b);
      let left = peerOctets === 4 ? options.ipv4Bits : options.ipv6Bits;
      for (let i = 0; left > 0; i += 1) {
        const octet = left >= 8 ? peer[peerAt + i]! : peer[peerAt + i]! & (0xff00 >> left);
        hash = Math.imul(hash ^ octet, 0x0100_0193);
        left -= 8;
      }
      hash ^= hash >>> 15;
      // 0 is an account nobody has.
      if (hash === 0) hash = 1;
      const at = (Math.imul(hash, 0x9e37_79b1) & mask) * ACCOUNT_WORDS;
      let balance = perSecond;
      if (accounts[at + HASH] === hash) {
        // A clock that was set back, and a thread that still read the second before, cost nothing.
        const passed = Math.max(0, nowSeconds - accounts[at + SECOND]!);
        const earned = passed > options.windowSeconds ? perSecond - floor : passed * perSecond;
        balance = Math.min(perSecond, accounts[at + BALANCE]! + earned);
      } else {
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

function matches({ octets, bits }: Prefix, peer: Uint8Array, at: number): boolean {
  let left = bits;
  for (let i = 0; left > 0; i += 1) {
    const difference = octets[i]! ^ peer[at + i]!;
    if ((left >= 8 ? difference : difference & (0xff00 >> left)) !== 0) return false;
    left -= 8;
  }
  return true;
}
