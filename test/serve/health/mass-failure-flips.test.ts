import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const keys = ['a', 'b', 'c', 'd', 'e'] as CheckKey[];

function observed(check: CheckKey, healthy: boolean, sinceResults = 0): Observation {
  const result = { healthy, lastOk: healthy, streak: 1, sinceMs: 0, sinceResults, atMs: 0 };
  const reason = healthy ? 'No failures' : 'TCP Timeout';
  return { check, region: 'eu', worker: 'eu', ...result, reason, responseCode: 0, rttMs: 1 };
}

test('a check that fails, is kept by a mass failure and fails again has flipped once', () => {
  let nowMs = 0;
  const state = createHealthStateAtOnce({
    probersPerRegion: 1,
    monotonicMs: () => nowMs,
    massFailure: { share: 0.5, windowMs: 10_000, minimum: 4 },
    damping: { flips: 2, windowMs: 600_000, holdMaxMs: 600_000 },
  });
  state.setWorkers([{ id: 'eu', region: 'eu', startedAtMs: 0 }]);
  state.observe(keys.map((key) => observed(key, true)));
  const first = () => state.verdictOf(keys[0]!).healthy;
  state.observe([observed(keys[0]!, false)]);
  expect(first()).toBe(false);
  state.observe(keys.slice(1).map((key) => observed(key, false)));
  expect(first()).toBe(true);
  state.observe([observed(keys[0]!, false, 1)]);
  expect(first()).toBe(false);
  expect(state.heldOut.size).toBe(0);
  // That it comes back by its own checks is its second flip; the next, after the mass failure, is one too many.
  state.observe([observed(keys[0]!, true)]);
  expect(first()).toBe(true);
  expect(state.heldOut.size).toBe(0);
  nowMs += 10_001;
  state.observe([observed(keys[0]!, false)]);
  expect(state.heldOut.size).toBe(1);
});
