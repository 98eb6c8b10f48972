import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { REGION_GRACE_MS } from '../../../src/voting/roster.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const CHECK = 'check' as CheckKey;

/** A node, and workers each of a region of its own name. */
function start(damping?: Parameters<typeof createHealthStateAtOnce>[0]['damping']) {
  let nowMs = 0;
  const state = createHealthStateAtOnce({
    probersPerRegion: 1,
    monotonicMs: () => nowMs,
    ...(damping && { damping }),
  });
  const there = (live: Readonly<Record<string, number>>, ms = 1_000) => {
    const workers = Object.entries(live).map(([id, stay]) => ({ id, region: id, startedAtMs: 0, stay }));
    const turned = [];
    for (const endMs = nowMs + ms; nowMs < endMs; nowMs += 1_000) turned.push(...state.setWorkers(workers));
    return turned;
  };
  const hear = (id: string, healthy: boolean, stay = 0) =>
    state.observe([
      makeObservation({ check: CHECK, region: id, worker: id, healthy, lastOk: healthy, stay }),
    ]);
  return { state, there, hear };
}

const AWAY_MS = REGION_GRACE_MS + 2_000;

test('a region that returned made an endpoint unhealthy by its old result', () => {
  const { state, there, hear } = start();
  there({ eu: 0, us: 0, ap: 0 });
  hear('eu', true);
  hear('us', false);
  hear('ap', false);
  expect(state.verdictOf(CHECK).healthy).toBe(false);
  expect(there({ eu: 0, us: 0 }, AWAY_MS)).toEqual([CHECK]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: true, stale: false });
  expect(there({ eu: 0, us: 0, ap: 1 })).toEqual([]);
  expect(hear('ap', true, 1)).toEqual([]);
  expect(hear('ap', false, 1)).toEqual([CHECK]);
});

test.each([
  { found: true, turned: [CHECK] },
  { found: false, turned: [] },
])('the only region returns: its verdict stays until it has a result: $found', ({ found, turned }) => {
  const { state, there, hear } = start();
  there({ eu: 0 });
  hear('eu', false);
  there({}, AWAY_MS);
  expect(there({ eu: 1 }, AWAY_MS)).toEqual([]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: false, stale: true });
  expect(hear('eu', found, 1)).toEqual(turned);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: found, stale: false });
});

test('after all regions were away, the first one with a result does not decide alone', () => {
  const { state, there, hear } = start();
  there({ eu: 0, us: 0 });
  hear('eu', true);
  hear('us', false);
  there({}, AWAY_MS);
  there({ eu: 1, us: 1 });
  expect(hear('us', false, 1)).toEqual([]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: true, stale: true });
  expect(hear('eu', true, 1)).toEqual([]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: true, stale: false });
});

test('a returned region whose worker restarted was no longer awaited, so the other region decided alone', () => {
  const { state, there, hear } = start();
  there({ eu: 0, us: 0 });
  hear('eu', true);
  hear('us', false);
  there({}, AWAY_MS);
  there({ eu: 1, us: 1 });
  expect([...there({ us: 1 }), ...hear('us', false, 1), ...there({ eu: 2, us: 1 })]).toEqual([]);
  expect(hear('eu', true, 2)).toEqual([]);
  expect(state.verdictOf(CHECK)).toEqual({ healthy: true, stale: false });
});

test('a change that happened while a region was away does not count as flapping', () => {
  const { state, there, hear } = start({ flips: 1, windowMs: 600_000, holdMaxMs: 600_000 });
  there({ eu: 0 });
  hear('eu', true);
  there({}, AWAY_MS);
  there({ eu: 1 });
  expect(hear('eu', false, 1)).toEqual([CHECK]);
  expect(state.heldOut.size).toBe(0);
});
