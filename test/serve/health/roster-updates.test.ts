import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Worker } from '../../../src/check/worker.ts';
import { createHealthState } from '../../../src/serve/health/health-state.ts';
import { createRosterUpdates, JUDGE_SLICE_MS } from '../../../src/serve/health/roster-updates.ts';
import { makeObservation } from '../../monitor/observations.ts';
import fc, { draws } from '../../support/property.ts';
import { createHealthStateAtOnce } from './judged-at-once.ts';

const REGIONS = ['eu', 'us'];
const WORKERS = ['a', 'b', 'c', 'd'].map((id, i) => ({ id, region: REGIONS[i % 2]!, startedAtMs: 0 }));
const CHECKS = Array.from({ length: 8 }, (_, i) => `check ${i}` as CheckKey);
const POLICY = {
  probersPerRegion: 1,
  massFailure: { share: 0.5, windowMs: 2_000, minimum: 2 },
  damping: { flips: 3, windowMs: 60_000, holdMaxMs: 60_000 },
  turningTtlSeconds: 3,
};

const roster = fc.record({
  kind: fc.constant('roster' as const),
  live: fc.subarray(WORKERS),
  stay: fc.integer({ min: 0, max: 2 }),
});
const observed = fc.record({
  kind: fc.constant('observed' as const),
  worker: fc.constantFrom(...WORKERS),
  checks: fc.subarray(CHECKS, { minLength: 1 }),
  healthy: fc.boolean(),
  lastOk: fc.boolean(),
});
const passed = fc.record({ kind: fc.constant('passed' as const), ms: fc.integer({ min: 1, max: 6_000 }) });
/** What happens to a node, and how many checks it judges after that before the next thing happens. */
const history = fc.array(
  fc.tuple(fc.oneof(roster, observed, passed), fc.integer({ min: 0, max: CHECKS.length })),
  { maxLength: 30 },
);

describe('judging checks in steps after a change of the roster', () => {
  test('whatever happens between the steps, each verdict is the same as without steps', () => {
    fc.assert(
      fc.property(history, (all) => {
        let nowMs = 0;
        let atMs = 0;
        const options = { ...POLICY, monotonicMs: () => nowMs };
        const atOnce = createHealthStateAtOnce(options);
        const stepped = createHealthState(options);
        let steps: Iterator<CheckKey | undefined> = [][Symbol.iterator]();
        for (const [each, count] of all) {
          if (each.kind === 'passed') nowMs += each.ms;
          else if (each.kind === 'roster') {
            const live: Worker[] = each.live.map((worker) => ({ ...worker, stay: each.stay }));
            atOnce.setWorkers(live);
            steps = stepped.setWorkers(live)[Symbol.iterator]();
          } else {
            atMs += 1;
            const { region, id } = each.worker;
            const { healthy, lastOk } = each;
            const of = { region, worker: id, healthy, lastOk, atMs };
            const news = each.checks.map((check) => makeObservation({ ...of, check }));
            atOnce.observe(news);
            stepped.observe(news);
          }
          for (let i = 0; i < count; i += 1) steps.next();
        }
        while (!steps.next().done);
        for (const check of CHECKS) {
          expect(stepped.verdictOf(check)).toEqual(atOnce.verdictOf(check));
          expect(stepped.turningTtlSeconds(check)).toBe(atOnce.turningTtlSeconds(check));
        }
      }),
      { numRuns: draws(2_000) },
    );
  });
});

/** Roster updates of a state whose readings each take so many steps, by a clock that each step moves. */
function updatesOf(steps: number, stepMs: number) {
  let nowMs = 0;
  const taken: (readonly Worker[])[] = [];
  const judged = vi.fn();
  const health = {
    useRules: () => [],
    *setWorkers(workers: readonly Worker[]) {
      taken.push(workers);
      for (let i = 0; i < steps; i += 1) {
        nowMs += stepMs;
        yield `check ${i}` as CheckKey;
      }
    },
  };
  return { taken, judged, updates: createRosterUpdates({ health, judged, monotonicMs: () => nowMs }) };
}
const [a, b, c] = WORKERS.map((worker) => [worker]);

test('a few checks are judged at once', () => {
  const { taken, judged, updates } = updatesOf(10, 0);
  updates.take(a!);
  expect(taken).toEqual([a]);
  expect(judged).toHaveBeenCalledTimes(1);
  expect(judged.mock.lastCall![0]).toHaveLength(10);
});

test('many checks are judged in slices, and then the latest of the waiting rosters is taken', async () => {
  const { taken, judged, updates } = updatesOf(256, JUDGE_SLICE_MS / 64);
  updates.take(a!);
  updates.take(b!);
  updates.take(c!);
  expect(judged).toHaveBeenCalledTimes(1);
  expect(judged.mock.lastCall![0]).toHaveLength(64);
  expect(taken).toEqual([a]);
  await vi.waitFor(() => expect(taken).toEqual([a, c]));
  await vi.waitFor(() => expect(judged.mock.calls.flat(2)).toHaveLength(512));
});

test('after stop() no check is judged', async () => {
  const { judged, updates } = updatesOf(256, JUDGE_SLICE_MS / 64);
  updates.take(a!);
  updates.stop();
  for (let i = 0; i < 10; i += 1) await turn();
  expect(judged).toHaveBeenCalledTimes(1);
});
