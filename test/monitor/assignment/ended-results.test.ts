import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { ObservationKey } from '../../../src/health/observation.ts';
import {
  createEndedResults,
  ENDED_KEPT_MS,
  ENDED_RESULTS_MAX,
} from '../../../src/monitor/assignment/ended-results.ts';
import { assigned } from '../../../src/voting/assignment.ts';
import { makeObservation } from '../observations.ts';
import { makeRegion } from './region.ts';

/** What the store has of checks that ended: the worker, the streak and the pools that had them. */
const endedIn = (region: ReturnType<typeof makeRegion>) =>
  [...region.store.values()].flatMap(({ worker, streak, ended }) =>
    ended ? [`${worker} ${streak} ${ended.pools.map((id) => Number(id))}`] : [],
  );

test('the last result of a disabled pool stays in the store, and is dropped when the check begins again', () => {
  const region = makeRegion(1, 1);
  region.join('a');
  region.settle();
  region.workers.get('a')!.find(region.keys[0]!);
  region.enable(0, false);
  expect(endedIn(region)).toEqual(['a 4 0']);
  // Also if something else is read or received meanwhile.
  region.settle();
  expect(endedIn(region)).toEqual(['a 4 0']);
  region.enable(0, true);
  const a = region.workers.get('a')!;
  expect(a.assignedChecks.before(region.keys[0]!)).toBeUndefined();
  a.find(region.keys[0]!);
  expect([endedIn(region), region.holders()]).toEqual([[], region.rightful()]);
});

test('the last result of a worker that is gone stays until another worker has a new result', () => {
  const region = makeRegion(1, 1);
  region.join('a');
  region.settle();
  region.enable(0, false);
  region.kill('a');
  region.join('b');
  region.settle();
  expect(endedIn(region)).toEqual(['a 3 0']);
  region.enable(0, true);
  region.settle();
  expect([endedIn(region), region.holders()]).toEqual([[], region.rightful()]);
});

test('a worker drops its last result from the store when another live worker makes the check again', () => {
  const region = makeRegion(1, 1);
  region.join('a');
  region.settle();
  region.enable(0, false);
  const [key] = region.keys as [CheckKey];
  const other = Array.from({ length: 50 }, (_, at) => `w${at}`).find(
    (id) => assigned(key, ['a', id], 1)[0] === id,
  )!;
  region.join(other);
  region.settle();
  expect(endedIn(region)).toEqual(['a 3 0']);
  region.enable(0, true);
  region.settle();
  expect([endedIn(region), region.holders()]).toEqual([[], [`${other} ${key}`]]);
});

test('a worker keeps the last result of a pool that was disabled while no worker was live', () => {
  const region = makeRegion(2, 1);
  region.join('a');
  region.settle();
  region.kill('a');
  region.enable(0, false);
  region.remove(1);
  region.join('b');
  region.settle();
  expect([endedIn(region), region.store.size]).toEqual([['a 3 0'], 1]);
});

test('a worker drops the last result of an ended check after a fixed time', () => {
  const region = makeRegion(1, 1);
  region.join('a');
  region.settle();
  region.enable(0, false);
  const a = region.workers.get('a')!;
  region.advance(ENDED_KEPT_MS - 1);
  a.beat();
  expect(region.store.size).toBe(1);
  region.advance(1);
  a.beat();
  expect(region.store.size).toBe(0);
});

test(`a worker keeps ${ENDED_RESULTS_MAX} last results, and one more drops the oldest`, () => {
  const dropped: ObservationKey[] = [];
  const results = createEndedResults((key) => dropped.push(key));
  const result = (at: number) => ({
    ...makeObservation({ check: `check ${at}` as CheckKey }),
    ended: { atMs: at, pools: [] },
  });
  for (let at = 0; at < ENDED_RESULTS_MAX; at++) results.add(result(at));
  expect(dropped).toEqual([]);
  results.add(result(ENDED_RESULTS_MAX));
  expect([results.size, dropped]).toEqual([
    ENDED_RESULTS_MAX,
    [{ check: 'check 0', region: 'eu', worker: 'w1' }],
  ]);
});

test('deleting a pool drops the last results of its disabled endpoints, even while no worker is live', () => {
  const region = makeRegion(2, 1);
  region.join('a');
  region.settle();
  region.enable(0, false);
  region.enable(1, false);
  expect(endedIn(region)).toHaveLength(2);
  region.remove(0);
  expect(endedIn(region)).toEqual(['a 3 1']);
  region.kill('a');
  region.remove(1);
  region.join('b');
  region.settle();
  expect(region.store.size).toBe(0);
});
