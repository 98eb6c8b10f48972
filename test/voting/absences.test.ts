import { expect, test } from 'vitest';
import type { CheckKey } from '../../src/check/check.ts';
import { createAbsences } from '../../src/voting/absences.ts';
import { createRoster, HANDOVER_MS, REGION_GRACE_MS } from '../../src/voting/roster.ts';
import { makeObservation } from '../monitor/observations.ts';

const CHECK = 'check' as CheckKey;
const worker = (id: string, stay = 0, region = 'eu') => ({ id, region, startedAtMs: 0, stay });
const said = (by: string, stay = 0, region = 'eu') =>
  makeObservation({ check: CHECK, region, worker: by, stay });
/** Lets a second pass, and then another, for this time. */
const EVERY_MS = 1_000;

function start(probersPerRegion = 1) {
  const roster = createRoster();
  const absences = createAbsences({ roster, probersPerRegion });
  let nowMs = 0;
  const there = (ms: number, live: readonly ReturnType<typeof worker>[], all: ReturnType<typeof said>[]) => {
    for (const endMs = nowMs + ms; nowMs < endMs; ) {
      nowMs += Math.min(EVERY_MS, endMs - nowMs);
      if (roster.update(live, nowMs)) absences.rosterChanged(CHECK, all);
    }
  };
  return { absences, there };
}

test.each([
  {
    rule: 'when it is back within the grace of its region',
    ms: REGION_GRACE_MS - 1,
    stay: 1,
    isFromBeforeAbsence: false,
  },
  { rule: 'when it is back after that grace', ms: REGION_GRACE_MS, stay: 1, isFromBeforeAbsence: true },
  { rule: 'when only the list of workers erred', ms: REGION_GRACE_MS, stay: 0, isFromBeforeAbsence: false },
])('an old observation of the only worker of a region, $rule', ({ ms, stay, isFromBeforeAbsence }) => {
  const { absences, there } = start();
  const before = said('a');
  there(1, [worker('a')], [before]);
  there(1, [], [before]);
  there(ms, [], [before]);
  there(1, [worker('a', stay)], [before]);
  expect(absences.isFromBefore(before)).toBe(isFromBeforeAbsence);
  const after = said('a', stay);
  absences.observed(after, before);
  expect([absences.isFromBefore(after), absences.withoutEarlier([before, after])]).toEqual([
    false,
    isFromBeforeAbsence ? [after] : [before, after],
  ]);
});

test('after an absence, observations that arrive before the roster knows of the return count only if they are new', () => {
  const { absences, there } = start();
  const before = said('a');
  there(1, [worker('a')], [before]);
  there(1, [], [before]);
  there(REGION_GRACE_MS, [], [before]);
  const late = said('a');
  absences.observed(late, before);
  const after = said('b', 1);
  absences.observed(after, undefined);
  there(1, [worker('a', 1), worker('b', 1)], [late, after]);
  expect([absences.isFromBefore(late), absences.isFromBefore(after)]).toEqual([true, false]);
});

test('once the other prober reports, the old observation of a returned prober does not count', () => {
  const { absences, there } = start(2);
  const [gone, other] = [said('a'), said('b')];
  there(1, [worker('a'), worker('b')], [gone, other]);
  there(1, [worker('b')], [gone, other]);
  there(1, [worker('a', 1), worker('b')], [gone, other]);
  expect([absences.isFromBefore(gone), absences.isFromBefore(other)]).toEqual([true, false]);
});

test('a node that has just started learns of an absence from the incarnation of the worker', () => {
  const { absences, there } = start();
  there(1, [worker('a', 1)], []);
  const [before, after] = [said('a'), said('a', 1)];
  for (const each of [before, after]) absences.observed(each, undefined);
  expect([absences.isFromBefore(before), absences.isFromBefore(after)]).toEqual([true, false]);
});

test.each([
  { rule: 'until just before its time to report ends', ms: HANDOVER_MS - 1, isAwaited: true },
  { rule: 'not after its time to report', ms: HANDOVER_MS, isAwaited: false },
])('a region that returned is awaited, $rule', ({ ms, isAwaited }) => {
  const { absences, there } = start();
  const all = [said('a'), said('u', 0, 'us')];
  const back = [worker('a', 1), worker('u', 1, 'us')];
  there(1, [worker('a'), worker('u', 0, 'us')], all);
  there(1, [], all);
  there(REGION_GRACE_MS, [], all);
  expect(absences.isAwaited(all)).toBe(false);
  there(1, back, all);
  there(ms, back, all);
  expect(absences.isAwaited(all)).toBe(isAwaited);
  const after = all.map((each) => ({ ...each, stay: 1 }));
  for (const [at, each] of after.entries()) absences.observed(each, all[at]);
  expect([absences.isAwaited([after[0]!, all[1]!]), absences.isAwaited(after)]).toEqual([isAwaited, false]);
});
