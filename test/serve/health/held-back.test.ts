import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { EVERYWHERE } from '../../../src/voting/region-scope.ts';
import { REGION_GRACE_MS } from '../../../src/voting/roster.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const KEYS = ['k1', 'k2'] as CheckKey[];

test('without live workers a mass failure keeps nothing in answers, and that change is reported', () => {
  let nowMs = 0;
  const massFailure = { share: 0.5, windowMs: 60_000, minimum: 2 };
  const state = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => nowMs, massFailure });
  const hear = (healthy: boolean) =>
    state.observe(KEYS.map((check) => makeObservation({ check, healthy, lastOk: healthy })));
  const heldBack = () => KEYS.map((key) => state.isHeldBack(key, EVERYWHERE));
  state.setWorkers([{ id: 'w1', region: 'eu', startedAtMs: 0 }]);
  hear(true);
  expect(heldBack()).toEqual([false, false]);
  hear(false);
  expect(heldBack()).toEqual([true, true]);
  // The word of one region is taken as it is.
  expect(state.isHeldBack(KEYS[0]!, { regions: ['eu'], isOwnRegionFirst: false })).toBe(false);
  expect(state.isHeldBack(KEYS[0]!, { regions: ['us', 'ap'], isOwnRegionFirst: false })).toBe(false);
  const turned = [];
  for (; nowMs <= REGION_GRACE_MS + 1_000; nowMs += 1_000) turned.push(...state.setWorkers([]));
  expect(new Set(turned)).toEqual(new Set(KEYS));
  expect(heldBack()).toEqual([false, false]);
  expect(KEYS.map((key) => state.verdictOf(key))).toEqual(KEYS.map(() => ({ healthy: true, stale: true })));
});

test('an endpoint that a departed region kept in answers stayed reported as unhealthy though the others found it healthy', () => {
  let nowMs = 0;
  const massFailure = { share: 0.5, windowMs: 60_000, minimum: 2 };
  const state = createHealthStateAtOnce({ probersPerRegion: 1, monotonicMs: () => nowMs, massFailure });
  const worker = (id: string) => ({ id, region: id, startedAtMs: 0 });
  const hear = (id: string, healthy: boolean) =>
    state.observe(
      KEYS.map((check) => makeObservation({ check, region: id, worker: id, healthy, lastOk: healthy })),
    );
  state.setWorkers([worker('eu'), worker('us')]);
  for (const id of ['eu', 'us']) hear(id, true);
  hear('eu', false);
  expect(state.isHeldBack(KEYS[0]!, EVERYWHERE)).toBe(true);
  const turned = [];
  for (; nowMs <= REGION_GRACE_MS + 1_000; nowMs += 1_000) turned.push(...state.setWorkers([worker('us')]));
  expect(new Set(turned)).toEqual(new Set(KEYS));
  expect(state.verdictOf(KEYS[0]!)).toEqual({ healthy: true, stale: false });
  expect(state.isHeldBack(KEYS[0]!, EVERYWHERE)).toBe(false);
});
