import { expect, test } from 'vitest';
import { createTimeSeries, STEP_MS, STEPS } from '../../src/health/time-series.ts';

const at = (step: number) => step * STEP_MS;

test('a series has one value a step, and null where nothing was measured', () => {
  const series = createTimeSeries();
  expect(series.read(at(0), 2)).toEqual([null, null]);
  series.add(10, at(100));
  series.add(undefined, at(101));
  series.add(12.5, at(103) + STEP_MS - 1);
  expect(series.read(at(99), 7)).toEqual([null, 10, null, null, 12.5, null, null]);
  series.add(13, at(103));
  expect(series.read(at(103) + 1, 1)).toEqual([13]);
});

test('the oldest values are replaced, also after a long gap', () => {
  const series = createTimeSeries();
  series.add(1, at(0));
  series.add(2, at(STEPS - 1));
  expect(series.read(at(0), 1)).toEqual([1]);
  series.add(3, at(STEPS));
  expect(series.read(at(0), STEPS + 1).filter((value) => value !== null)).toEqual([2, 3]);
  series.add(4, at(3 * STEPS));
  expect(series.read(at(2 * STEPS), STEPS + 1).filter((value) => value !== null)).toEqual([4]);
});

test('what was measured before the clock was set back stays', () => {
  const series = createTimeSeries();
  series.add(1, at(10));
  series.add(2, at(5));
  expect(series.read(at(5), 6)).toEqual([null, null, null, null, null, 1]);
});
