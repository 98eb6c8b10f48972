import { describe, expect, test } from 'vitest';
import { newExchange, Transport } from '../../src/answer/exchange.ts';
import {
  BUCKET_ACCOUNTS,
  createRateLimit,
  type RateLimitOptions,
  rateLimitMemory,
} from '../../src/answer/rate-limit.ts';

const OPTIONS: RateLimitOptions = {
  perSecond: 5,
  windowSeconds: 3,
  slip: 2,
  ipv4Bits: 24,
  ipv6Bits: 56,
  exempt: [],
};

function client(...octets: number[]) {
  return {
    ...newExchange(Transport.UDP),
    peer: Uint8Array.from([0, ...octets]),
    peerAt: 1,
    peerOctets: octets.length,
  };
}
const v6 = (...first: number[]) => client(...Array.from({ length: 16 }, (_, i) => first[i] ?? 0));

/** What becomes of so many answers of a class at a second, in one letter each. */
function limitOf(options: Partial<RateLimitOptions> = {}, memory = rateLimitMemory(1)) {
  const limit = createRateLimit({ ...OPTIONS, ...options }, memory);
  return (from: ReturnType<typeof client>, count: number, second = 100, answerClass = 7) =>
    Array.from({ length: count }, () =>
      limit.isExempt(from) ? 'P' : 'PDS'[limit.take(from, answerClass, second)],
    ).join('');
}

const a = client(192, 0, 2, 1);

describe('an account', () => {
  test('passes the answers of one second, then drops, and slips every second one', () => {
    expect(limitOf()(a, 11)).toBe('PPPPPDSDSDS');
  });
  test.each([
    { slip: 0, becomes: 'PPPPPDDDDDD' },
    { slip: 1, becomes: 'PPPPPSSSSSS' },
    { slip: 3, becomes: 'PPPPPDDSDDS' },
  ])('slips every $slip-th answer above the limit', ({ slip, becomes }) => {
    expect(limitOf({ slip })(a, 11)).toBe(becomes);
  });
  test('earns with each second, up to the answers of one second', () => {
    const take = limitOf();
    take(a, 7, 100);
    expect(take(a, 6, 101)).toBe('PPPDSD');
    expect(take(a, 6, 150)).toBe('PPPPPS');
  });
  test('goes down by at most one window, so that a flood is silenced until it pauses', () => {
    const take = limitOf({ slip: 0 });
    take(a, 1_000, 100);
    expect(take(a, 1, 102)).toBe('D');
    expect(take(a, 1, 103)).toBe('D');
    expect(take(a, 6, 107)).toBe('PPPPPD');
  });
  test('a clock that was set back harms no client for longer than a second', () => {
    const take = limitOf();
    take(a, 5, 100);
    take(a, 1, 50);
    expect(take(a, 1, 100)).toBe('P');
  });
  test('a clock that was set back, or a thread with an old second, cost seconds of earnings', () => {
    const take = limitOf();
    take(a, 2, 100);
    expect(take(a, 3, 99)).toBe('PPP');
    expect(take(a, 1, 98)).toBe('D');
    expect(take(a, 1, 99)).toBe('P');
  });
});

describe('clients and answers that share an account', () => {
  test.each([
    { who: 'the same /24', other: client(192, 0, 2, 200), shares: true },
    { who: 'the next /24', other: client(192, 0, 3, 1), shares: false },
    { who: 'IPv6 with the same first octets', other: v6(192, 0, 2, 1), shares: false },
  ])('$who: $shares', ({ other, shares }) => {
    const take = limitOf();
    take(a, 100);
    expect(take(other, 1)).toBe(shares ? 'S' : 'P');
  });
  test.each([
    { who: 'the same /56', last: 0x01, shares: true },
    { who: 'the next /56', last: 0x1_00, shares: false },
  ])('IPv6, $who: $shares', ({ last, shares }) => {
    const take = limitOf();
    take(v6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0), 100);
    expect(take(v6(0x20, 1, 0xd, 0xb8, 0, 0, last >> 8, last & 0xff), 1)).toBe(shares ? 'S' : 'P');
  });
  test('a prefix may end within an octet', () => {
    const take = limitOf({ ipv4Bits: 30 });
    take(a, 100);
    expect(take(client(192, 0, 2, 2), 1)).toBe('S');
    expect(take(client(192, 0, 2, 4), 1)).toBe('P');
  });
  test('answers of another class have another account', () => {
    const take = limitOf();
    take(a, 100);
    expect(take(a, 1, 100, 8)).toBe('P');
  });
});

test.each([
  { peer: client(127, 9, 9, 9), exempt: true },
  { peer: client(128, 0, 0, 1), exempt: false },
  { peer: v6(0x20, 1), exempt: true },
  { peer: v6(0x20, 2), exempt: false },
])('an exempt prefix is not limited: $exempt', ({ peer, exempt }) => {
  const prefixes = [
    { octets: Uint8Array.of(127, 0, 0, 0), bits: 8 },
    { octets: Uint8Array.from({ length: 16 }, (_, i) => [0x20, 1][i] ?? 0), bits: 16 },
  ];
  expect(limitOf({ exempt: prefixes })(peer, 20)).toMatch(exempt ? /^P{20}$/ : /^P{5}[DS]{15}$/);
});

test('many simultaneous clients have separate accounts', () => {
  const take = limitOf({ ipv4Bits: 32 });
  let wronged = 0;
  for (let i = 0; i < 20_000; i += 1) if (take(client(198, 51, i >> 8, i & 0xff), 1) !== 'P') wronged += 1;
  expect(wronged).toBe(0);
});

describe('accounts that share one bucket', () => {
  const oneBucket = () => limitOf({}, rateLimitMemory(1, BUCKET_ACCOUNTS));
  const passed = (taken: string) => taken.replaceAll(/[^P]/g, '').length;

  test('as many as the bucket holds are separate', () => {
    const take = oneBucket();
    for (let each = 0; each < BUCKET_ACCOUNTS; each += 1)
      expect(take(a, OPTIONS.perSecond, 100, each)).toBe('PPPPP');
  });
  test.each([
    { who: 'classes', ask: (take: ReturnType<typeof limitOf>, i: number) => take(a, 1, 100, i) },
    {
      who: 'prefixes',
      ask: (take: ReturnType<typeof limitOf>, i: number) => take(client(192, 0, i, 1), 1, 100),
    },
  ])('more $who than that, in turn, get no more than the accounts of the bucket', ({ ask }) => {
    const take = oneBucket();
    let taken = '';
    for (let round = 0; round < 100; round += 1)
      for (let each = 0; each < 2 * BUCKET_ACCOUNTS; each += 1) taken += ask(take, each);
    expect(passed(taken)).toBe(BUCKET_ACCOUNTS * OPTIONS.perSecond);
  });
  test('two that alternate are limited separately', () => {
    const take = oneBucket();
    let taken = '';
    for (let round = 0; round < 100; round += 1) taken += take(a, 1, 100, 7) + take(a, 1, 100, 8);
    expect(passed(taken)).toBe(2 * OPTIONS.perSecond);
  });
  test('a new account replaces the one with the highest credit, and takes over what is left', () => {
    const take = oneBucket();
    for (let each = 0; each < BUCKET_ACCOUNTS - 1; each += 1) take(a, 50, 100, each);
    take(a, 4, 100, 90);
    expect(take(a, 3, 100, 91)).toBe('PDS');
    expect(take(a, 1, 100, 0)).toBe('S');
    expect(take(a, 4, 101, 92)).toBe('PPPD');
  });
});

test('the seed decides which accounts share a bucket', () => {
  const buckets = (seed: number) => {
    const accounts = 1_024;
    return Array.from({ length: 64 }, (_, answerClass) => {
      const memory = rateLimitMemory(seed, accounts);
      limitOf({}, memory)(a, 1, 100, answerClass);
      return new Int32Array(memory.classes, 0, accounts * 4).findIndex((word) => word !== 0);
    });
  };
  expect(buckets(1)).toEqual(buckets(1));
  const other = buckets(2);
  expect(buckets(1).filter((at, i) => at === other[i]).length).toBeLessThan(4);
});

describe('the limit on all answers to a client', () => {
  const anyOf = (options: Partial<RateLimitOptions>, memory = rateLimitMemory(1)) => {
    const limit = createRateLimit({ ...OPTIONS, ...options }, memory);
    return (from: ReturnType<typeof client>, count: number, second = 100) =>
      Array.from({ length: count }, () => 'PDS'[limit.takeAny(from, second)]).join('');
  };
  test('passes up to the limit, then drops and slips', () => {
    expect(anyOf({ allPerSecond: 7 })(a, 12)).toBe('PPPPPPPDSDSD');
    expect(anyOf({ allPerSecond: 7, slip: 0 })(a, 9)).toBe('PPPPPPPDD');
  });
  test('applies to a prefix', () => {
    const take = anyOf({ allPerSecond: 7 });
    take(a, 100);
    expect(take(client(192, 0, 2, 200), 1)).not.toBe('P');
    expect(take(client(192, 0, 3, 1), 1)).toBe('P');
    take(v6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0), 100);
    expect(take(v6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0xff), 1)).not.toBe('P');
    expect(take(v6(0x20, 1, 0xd, 0xb8, 0, 0, 1, 0), 1)).toBe('P');
  });
  test('ends after a window', () => {
    const take = anyOf({ allPerSecond: 7, slip: 0 });
    take(a, 10_000, 100);
    expect(take(a, 1, 103)).toBe('D');
    expect(take(a, 8, 107)).toBe('PPPPPPPD');
  });
  test('does not apply unless it is set', () => {
    expect(anyOf({})(a, 1_000)).toBe('P'.repeat(1_000));
  });
  test('has its own accounts, which a flood of many kinds does not take', () => {
    const memory = rateLimitMemory(1, BUCKET_ACCOUNTS, BUCKET_ACCOUNTS);
    const options = { ...OPTIONS, allPerSecond: 7 };
    const limit = createRateLimit(options, memory);
    for (let i = 0; i < 7; i += 1) limit.takeAny(a, 100);
    for (let kind = 0; kind < 1_000; kind += 1) limit.take(a, kind, 100);
    expect('PDS'[limit.takeAny(a, 100)]).toBe('D');
  });
});
