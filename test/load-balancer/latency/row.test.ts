import { describe, expect, test } from 'vitest';
import { firstRow, GAIN_HOLD_MS, nextRow, type Row } from '../../../src/load-balancer/latency/row.ts';
import fc from '../../support/property.ts';
import { seed } from '../../support/seed.ts';

type Rtts = Readonly<Record<string, number>>;
const LIST = ['a', 'b', 'c', 'd'];
const rttOf = (rtts: Rtts) => (pool: string) => rtts[pool];
const rowOf = (order: string): Row => ({ order: [...order], quickerSince: new Map() });
const orderOf = (row: Row | undefined) => row?.order.join('');

describe('a list without a row', () => {
  test.each([
    { rtts: {}, order: undefined, why: 'nothing is measured' },
    { rtts: { c: 1 }, order: undefined, why: 'one pool is measured' },
    { rtts: { a: 40, b: 30, c: 20, d: 10 }, order: 'dcba', why: 'each is quicker by enough' },
    { rtts: { a: 100, b: 90, c: 100, d: 100 }, order: 'abcd', why: 'a gain of 10 % is not over 10 %' },
    { rtts: { a: 100, b: 89.9, c: 100, d: 100 }, order: 'bacd', why: 'a gain of over 10 %' },
    { rtts: { a: 100, b: 95, c: 89, d: 200 }, order: 'cabd', why: 'the gain over any pool before it counts' },
    { rtts: { b: 50, d: 10 }, order: 'adcb', why: 'a and c are not measured, and stay at their places' },
  ] as { rtts: Rtts; order: string | undefined; why: string }[])('is $order, as $why', ({ rtts, order }) =>
    expect(orderOf(firstRow(LIST, rttOf(rtts)))).toBe(order),
  );
});

describe('a row', () => {
  const quick = { a: 100, b: 50, c: 200, d: 300 };
  const even = { a: 100, b: 95, c: 200, d: 300 };

  /** The orders after looks at these minutes, each with the times of then. */
  function orders(looks: readonly (readonly [minute: number, rtts: Rtts])[]): (string | undefined)[] {
    let row = rowOf('abcd');
    return looks.map(([minute, rtts]) => {
      row = nextRow(row, LIST, rttOf(rtts), minute * 60_000);
      return orderOf(row);
    });
  }

  test.each([
    {
      what: 'changes when the gain was there for three minutes',
      looks: [0, 1, 2, 3].map((minute) => [minute, quick] as const),
      expected: ['abcd', 'abcd', 'abcd', 'bacd'],
    },
    {
      what: 'waits anew where the gain was gone in between',
      looks: [
        [0, quick],
        [2, even],
        [3, quick],
        [5, quick],
        [6, quick],
      ] as const,
      expected: ['abcd', 'abcd', 'abcd', 'abcd', 'bacd'],
    },
    {
      what: 'never changes for 10 % or less',
      looks: [0, 10, 20].map((minute) => [minute, { ...quick, b: 90 }] as const),
      expected: ['abcd', 'abcd', 'abcd'],
    },
    {
      what: 'moves one pool for its own time, and not another that is quicker only since a minute',
      looks: [
        [0, quick],
        [2, { ...quick, d: 1 }],
        [3, { ...quick, d: 1 }],
        [5, { ...quick, d: 1 }],
      ] as const,
      expected: ['abcd', 'abcd', 'bacd', 'dbac'],
    },
    {
      what: 'leaves a pool at its place in the list where its measurement is lost',
      looks: [
        [0, { ...quick, d: 1 }],
        [3, { ...quick, d: 1 }],
        [4, { a: 100, b: 50, c: 200 }],
        [5, { a: 100, b: 50, c: 200, d: 1 }],
      ] as const,
      expected: ['abcd', 'dbac', 'bacd', 'bacd'],
    },
  ])('$what', ({ looks, expected }) => expect(orders(looks)).toEqual(expected));

  test('stays as it is while two pools are quicker in turn by less than 10 %', () => {
    const jitter = Array.from({ length: 100 }, (_, minute) => [
      minute,
      { ...quick, a: 100, b: minute % 2 === 0 ? 91 : 109 },
    ]) as [number, Rtts][];
    expect(new Set(orders(jitter))).toEqual(new Set(['abcd']));
  });

  test('is the same object where nothing is new', () => {
    const row = rowOf('abcd');
    expect(nextRow(row, LIST, rttOf(even), 0)).toBe(row);
  });

  test(`has every pool once, and no gain is left after three minutes of the same times (seed ${seed})`, () => {
    const anyRtts = fc.dictionary(
      fc.constantFrom(...LIST),
      fc.double({ min: 0.01, max: 1_000, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.shuffledSubarray(LIST, { minLength: 4 }), anyRtts, (order, rtts) => {
        const start: Row = { order, quickerSince: new Map() };
        const waiting = nextRow(start, LIST, rttOf(rtts), 0);
        const { order: last } = nextRow(waiting, LIST, rttOf(rtts), GAIN_HOLD_MS);
        expect([...last].sort()).toEqual(LIST);
        for (const [i, pool] of last.entries())
          for (const later of last.slice(i + 1))
            expect((rtts[later] ?? Number.POSITIVE_INFINITY) < (rtts[pool] ?? 0) * 0.9).toBe(false);
      }),
      { seed },
    );
  });
});
