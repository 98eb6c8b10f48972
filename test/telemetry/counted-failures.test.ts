import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { COUNT_MS, createCountedFailures, REASONS_MAX } from '../../src/telemetry/counted-failures.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Failures, and the lines about them. */
function counted() {
  const lines: string[] = [];
  const failures = createCountedFailures(
    (count, reason, seconds) => void lines.push(`${count} ${reason} in ${seconds} s`),
  );
  return { lines, failures, note: (reason: string) => failures.note(reason, () => void lines.push(reason)) };
}

test('a failure is logged once, and then counted each 30 s, until it is over', () => {
  const { lines, note } = counted();
  for (let i = 0; i < 1_000; i += 1) note('away');
  note('full');
  expect(lines).toEqual(['away', 'full']);
  vi.advanceTimersByTime(COUNT_MS);
  expect(lines).toEqual(['away', 'full', '999 away in 30 s']);
  note('away');
  vi.advanceTimersByTime(2 * COUNT_MS);
  expect(lines.slice(3)).toEqual(['1 away in 30 s']);
  note('away');
  expect(lines.slice(4)).toEqual(['away']);
  expect(vi.getTimerCount()).toBe(1);
});

test('failures of more reasons than are counted apart are counted together', () => {
  const { lines, failures, note } = counted();
  for (let i = 0; i < REASONS_MAX + 3; i += 1) note(`reason ${i}`);
  expect(lines).toHaveLength(REASONS_MAX + 1);
  failures.stop();
  expect(lines.slice(REASONS_MAX + 1)).toEqual(['2 others in 30 s']);
  expect(vi.getTimerCount()).toBe(0);
});
