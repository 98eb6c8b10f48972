import { expect, test } from 'vitest';
import { createRepeats, REASONS_MAX, REPEAT_MS, TIMES_MAX } from '../../src/telemetry/repeats.ts';

test('a line is logged first, for each new reason, and once a minute with the number of omitted lines', () => {
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

test('at most REASONS_MAX reasons are distinguished', () => {
  const repeats = createRepeats(() => 0);
  const due = Array.from({ length: REASONS_MAX + 2 }, (_, i) => repeats.due(`reason ${i}`));
  expect(due).toEqual([...Array<number>(REASONS_MAX).fill(0), undefined, undefined]);
});

test('a condition that came and went was logged each time; now three times a minute, and then once', () => {
  let nowMs = 0;
  const repeats = createRepeats(() => nowMs);
  const said: (readonly [second: number, unsaid: number])[] = [];
  let overs = 0;
  for (let second = 0; second < 300; second += 1) {
    nowMs = second * 1_000;
    const unsaid = repeats.due(`reason ${second % 3}`);
    if (unsaid !== undefined) said.push([second, unsaid]);
    nowMs += 500;
    if (repeats.over() !== undefined) overs += 1;
  }
  expect(said).toEqual([
    [0, 0],
    [1, 0],
    [2, 0],
    [62, 59],
    [122, 59],
    [182, 59],
    [242, 59],
  ]);
  // Each line that something began has one that it is over.
  expect(overs).toBe(said.length);
  expect(repeats.isFlapping).toBe(true);
  // What stays after that is said within a minute.
  nowMs = 300_000;
  expect(repeats.due('stays')).toBeUndefined();
  nowMs = 302_000;
  expect(repeats.due('stays')).toBe(58);
});

test('a condition that was steady for a minute is logged again', () => {
  let nowMs = 0;
  const repeats = createRepeats(() => nowMs);
  for (let time = 0; time < TIMES_MAX; time += 1) {
    expect(repeats.due('x')).toBe(0);
    expect(repeats.over()).toBe(1);
  }
  expect(repeats.isFlapping).toBe(true);
  expect(repeats.due('x')).toBeUndefined();
  expect(repeats.over()).toBeUndefined();
  nowMs = REPEAT_MS;
  expect(repeats.due('x')).toBe(1);
  expect(repeats.isFlapping).toBe(false);
  expect(repeats.over()).toBe(1);
  expect(repeats.due('x')).toBe(0);
});
