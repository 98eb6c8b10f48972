import type { Exchange } from './exchange.ts';

/** What the limits do with an answer. */
export const Limit = {
  /** It is sent. */
  PASS: 0,
  /** It is not sent. */
  DROP: 1,
  /** An empty one with TC goes in its place, so that a real client behind a forged address can come by TCP. */
  SLIP: 2,
} as const;

/** How strict the limits are, and with whom. */
export interface RateLimitOptions {
  /** Answers of one class to one prefix that pass each second, at least 1. */
  readonly perSecond: number;
  /** Answers of all classes to one prefix that pass each second, at least 1; absent: any number. */
  readonly allPerSecond?: number;
  /** Seconds after which a client that went over is forgiven, once it is quiet; at least 1. */
  readonly windowSeconds: number;
  /** One in this number of answers over the limit slips; 1: all of them, 0: none. */
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

/** Response rate limiting: bounds how many answers that are alike, and how many answers in all, a client gets. */
export interface RateLimit {
  /** Whether the exchange's client is never limited. */
  isExempt(exchange: Exchange): boolean;
  /**
   * Counts an answer of the class (any number; equal for answers that are alike) to the exchange's client, and says
   * what becomes of it.
   */
  take(exchange: Exchange, answerClass: number, nowSeconds: number): number;
  /** Counts an answer to the exchange's client, of whatever class, and says what becomes of it. */
  takeAny(exchange: Exchange, nowSeconds: number): number;
}

/** What threads share of the limits. */
export interface RateLimitMemory {
  /** Accounts of a prefix and a class. */
  readonly classes: SharedArrayBuffer;
  /** Accounts of a prefix. */
  readonly clients: SharedArrayBuffer;
}

/** Accounts that are kept at a time, of prefixes with a class and of prefixes alone. Sixteen octets each. */
export const RATE_LIMIT_ACCOUNTS = 1 << 17;
export const CLIENT_ACCOUNTS = 1 << 16;
const ACCOUNT_WORDS = 4;
const HASH = 0;
const BALANCE = 1;
const SECOND = 2;
const SLIPS = 3;
/** Accounts that one hash may lead to: together they are a line of the processor's cache. */
export const BUCKET_ACCOUNTS = 4;
const BUCKET_WORDS = BUCKET_ACCOUNTS * ACCOUNT_WORDS;

/**
 * The memory of the limits: an account that two threads change at once may lose a count, no more. The numbers of accounts
 * are powers of two, BUCKET_ACCOUNTS at least. The seed, any whole number that nobody outside can guess, decides which
 * accounts meet.
 */
export function rateLimitMemory(
  seed: number,
  accounts = RATE_LIMIT_ACCOUNTS,
  clientAccounts = CLIENT_ACCOUNTS,
): RateLimitMemory {
  return { classes: accountsMemory(seed, accounts), clients: accountsMemory(seed, clientAccounts) };
}

function accountsMemory(seed: number, accounts: number): SharedArrayBuffer {
  // The seed is the last word, so that buckets begin on cache lines.
  const words = accounts * ACCOUNT_WORDS + 1;
  const memory = new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[words - 1] = seed;
  return memory;
}

/**
 * Limits in fixed memory: first for answers that are alike, and then, for what passes, for all answers to a client. So
 * a flood of one question takes no more than its share, and its victim still gets other answers.
 */
export function createRateLimit(options: RateLimitOptions, memory: RateLimitMemory): RateLimit {
  const { perSecond, allPerSecond } = options;
  const classes = createAccounts(options, perSecond, memory.classes);
  const clients =
    allPerSecond === undefined ? undefined : createAccounts(options, allPerSecond, memory.clients);
  const exempt4 = options.exempt.filter(({ octets }) => octets.length === 4);
  const exempt6 = options.exempt.filter(({ octets }) => octets.length === 16);
  return {
    isExempt({ peer, peerAt, peerOctets }) {
      const prefixes = peerOctets === 4 ? exempt4 : exempt6;
      for (let i = 0; i < prefixes.length; i += 1) if (matches(prefixes[i]!, peer, peerAt)) return true;
      return false;
    },
    take: (exchange, answerClass, nowSeconds) => classes.take(exchange, answerClass, nowSeconds),
    takeAny: (exchange, nowSeconds) =>
      clients === undefined ? Limit.PASS : clients.take(exchange, ANY_CLASS, nowSeconds),
  };
}

/** The class of an account that is for all of them. */
const ANY_CLASS = 0;

/**
 * Every (client prefix, class) has an account that earns `perSecond` a second, up to one second's worth, and pays 1 for
 * an answer. Below zero nothing passes; it goes down to a window's worth at the most. Where a bucket is full, a new
 * client takes over the account with the highest balance, and that balance. So a client that alternates between
 * questions of one bucket gains nothing.
 */
function createAccounts(
  options: RateLimitOptions,
  perSecond: number,
  memory: SharedArrayBuffer,
): Pick<RateLimit, 'take'> {
  const { slip, windowSeconds } = options;
  const accounts = new Int32Array(memory);
  const seed = accounts[accounts.length - 1]!;
  const bucketMask = (accounts.length - 1) / BUCKET_WORDS - 1;
  // A balance is a word.
  const floor = Math.max(-perSecond * windowSeconds, -(2 ** 31));

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

  /** Returns the balance of an account now. An unused account is full. */
  function balanceOf(at: number, nowSeconds: number): number {
    // A clock that was set back, and a thread that still read the second before, cost nothing.
    const passed = Math.max(0, nowSeconds - accounts[at + SECOND]!);
    const earned = passed > windowSeconds ? perSecond - floor : passed * perSecond;
    return Math.min(perSecond, accounts[at + BALANCE]! + earned);
  }

  return {
    take(exchange, answerClass, nowSeconds) {
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

/** Whether an address of the prefix's family, at `at` of `peer`, is within it. */
export function matches({ octets, bits }: Prefix, peer: Uint8Array, at: number): boolean {
  let left = bits;
  for (let i = 0; left > 0; i += 1) {
    const difference = octets[i]! ^ peer[at + i]!;
    if ((left >= 8 ? difference : difference & (0xff00 >> left)) !== 0) return false;
    left -= 8;
  }
  return true;
}
