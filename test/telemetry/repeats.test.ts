import { expect, test } from 'vitest';
import { createRepeats, REASONS_MAX, REPEAT_MS } from '../../src/telemetry/repeats.ts';

test('a line is said at first, when it is about something else, and once a minute with what was not said', () => {
  let nowMs = 0;
  const repeats = createRepeats(() => nowMs);
  const at = (ms: number, about: string) => {
    nowMs = ms;
    return repeats.due(about);
  };
  expect(at(0, 'refused')).toBe(0);
  expect(at(2_000, 'refused')).toBeUndefined();
  expect(at(REPEAT_MS - 1, 'refused')).toBeUndefined();
  expect(at(REPEAT_MS, 'refused')).toBe(2);
  expect(at(REPEAT_MS + 1, 'timed out')).toBe(0);
  // Two that alternate are no news.
  expect(at(REPEAT_MS + 2, 'refused')).toBeUndefined();
  expect(at(REPEAT_MS + 2, 'timed out')).toBeUndefined();
  nowMs = REPEAT_MS + 1_500;
  expect(repeats.over()).toBe(62);
  expect(repeats.over()).toBeUndefined();
  expect(at(2 * REPEAT_MS, 'timed out')).toBe(0);
  expect(repeats.over()).toBe(1);
});

test('of many reasons so many are told apart', () => {
  const repeats = createRepeats(() => 0);
  const due = Array.from({ length: REASONS_MAX + 2 }, (_, i) => repeats.due(`reason ${i}`));
  expect(due).toEqual([...Array<number>(REASONS_MAX).fill(0), undefined, undefined]);
});
