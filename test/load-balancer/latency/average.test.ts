import { expect, test } from 'vitest';
import {
  type Average,
  averaged,
  HALF_LIFE_MS,
  isTooOld,
  isWarm,
  KEPT_MS,
  WARM_MS,
} from '../../../src/load-balancer/latency/average.ts';

const MINUTE_MS = 60_000;
const of = (...samples: readonly (readonly [rttMs: number, atMs: number])[]): Average =>
  samples.reduce<Average | undefined>((was, [rttMs, atMs]) => averaged(was, rttMs, atMs), undefined)!;

test.each([
  { what: 'one measurement is the average', samples: [[40, 0]], rttMs: 40 },
  {
    what: 'two at once count the same',
    samples: [
      [40, 0],
      [80, 0],
    ],
    rttMs: 60,
  },
  {
    what: 'one of a half-life ago counts half',
    samples: [
      [40, 0],
      [70, HALF_LIFE_MS],
    ],
    rttMs: 60,
  },
  {
    what: 'one of two half-lives ago counts a quarter',
    samples: [
      [40, 0],
      [90, 2 * HALF_LIFE_MS],
    ],
    rttMs: 80,
  },
  {
    what: 'so it does with another between them',
    samples: [
      [40, 0],
      [40, HALF_LIFE_MS],
      [110, 2 * HALF_LIFE_MS],
    ],
    rttMs: 80,
  },
] as const)('$what', ({ samples, rttMs }) => expect(of(...samples).rttMs).toBeCloseTo(rttMs, 9));

test('an average that was steady for hours is halfway to a new level after one half-life', () => {
  let average: Average | undefined;
  for (let minute = 0; minute < 300; minute += 1) average = averaged(average, 100, minute * MINUTE_MS);
  for (let minute = 300; minute < 310; minute += 1) average = averaged(average, 200, minute * MINUTE_MS);
  expect(average!.rttMs).toBeCloseTo(150, 6);
});

test('measurements are used when they span three minutes, and forgotten thirty minutes after the last', () => {
  expect(isWarm(of([1, 0]))).toBe(false);
  expect(isWarm(of([1, 0], [1, WARM_MS - 1]))).toBe(false);
  const average = of([1, 0], [1, WARM_MS]);
  expect(isWarm(average)).toBe(true);
  expect(isTooOld(average, WARM_MS + KEPT_MS - 1)).toBe(false);
  expect(isTooOld(average, WARM_MS + KEPT_MS)).toBe(true);
});
