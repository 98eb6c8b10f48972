/** The judge of the storm of load balancers is held against answers that it must not let pass. */
import { describe, expect, test } from 'vitest';
import { isExplained, type Steered, steeredOf } from './judge.ts';

/** Steps at which so many endpoints are up. */
const STEP_OF = { 4: 0, 3: 1, 2: 2, 1: 3 } as const;
type Up = keyof typeof STEP_OF;

const ordered: Steered = { name: 'lb.example.com', pools: [5, 6, 7], isDrawn: false };
const drawn: Steered = { ...ordered, isDrawn: true };

/** Each pool stays at what is given, in the order of the pools. */
const staying =
  (...ups: readonly Up[]) =>
  (pool: number) => {
    const step = STEP_OF[ups[pool - 5]!];
    return { from: step, to: step };
  };

describe.each([
  { what: 'the first pool, with all its endpoints', of: ordered, ups: [4, 4, 4], pool: 5, up: 4, is: true },
  { what: 'another number of endpoints than are up', of: ordered, ups: [4, 4, 4], pool: 5, up: 3, is: false },
  {
    what: 'the second pool though the first is usable',
    of: ordered,
    ups: [3, 4, 4],
    pool: 6,
    up: 4,
    is: false,
  },
  {
    what: 'the second pool, the first being unusable',
    of: ordered,
    ups: [2, 4, 4],
    pool: 6,
    up: 4,
    is: true,
  },
  { what: 'any usable pool where it is drawn', of: drawn, ups: [4, 4, 4], pool: 6, up: 4, is: true },
  { what: 'an unusable pool', of: drawn, ups: [2, 4, 4], pool: 5, up: 2, is: false },
  { what: 'the fallback pool though one is usable', of: ordered, ups: [2, 3, 2], pool: 7, up: 2, is: false },
  { what: 'the fallback pool where none is usable', of: ordered, ups: [2, 1, 2], pool: 7, up: 2, is: true },
  { what: 'a pool of another load balancer', of: ordered, ups: [4, 4, 4], pool: 8, up: 4, is: false },
] as const)('$what', ({ of, ups, pool, up, is }) => {
  test(is ? 'is explained' : 'is wrong', () => {
    expect(isExplained(of, { pool, up }, staying(...ups))).toBe(is);
  });
});

test('an answer is explained by any step within the time', () => {
  const turning = (pool: number) => ({ from: 0, to: pool === 5 ? 2 : 0 });
  expect(isExplained(ordered, { pool: 6, up: 4 }, turning)).toBe(true);
  expect(isExplained(ordered, { pool: 7, up: 4 }, turning)).toBe(false);
});

test('load balancers have different pools, none of them the watched one', () => {
  for (const pools of [5, 100, 1_000])
    for (let i = 0; i < 2_000; i += 1) {
      const { pools: own } = steeredOf(i, pools);
      expect(new Set(own).size).toBe(own.length);
      for (const pool of own) expect(pool > 0 && pool < pools).toBe(true);
    }
});
