import { expect, test } from 'vitest';
import { createRepeats, REPEAT_MS } from '../../src/telemetry/repeats.ts';

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
  expect(at(REPEAT_MS + 2, 'timed out')).toBeUndefined();
  repeats.over();
  expect(at(REPEAT_MS + 3, 'timed out')).toBe(0);
});
