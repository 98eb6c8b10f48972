import { expect, test } from 'vitest';
import { createAttendance, HANDOVER_MS, REGION_GRACE_MS } from '../../src/voting/roster.ts';

const worker = (id: string, region = 'eu', isAbstaining = false) => ({
  id,
  region,
  startedAtMs: 0,
  ...(isAbstaining && { isAbstaining }),
});

test.each([
  { case: 'at the edge of its grace', ms: REGION_GRACE_MS - 1, hasVote: true },
  { case: 'after it', ms: REGION_GRACE_MS, hasVote: false },
])('a region without workers, $case', ({ ms, hasVote }) => {
  const attendance = createAttendance();
  attendance.take([worker('a')], 0);
  expect(attendance.take([], 1_000)).toBe(true);
  for (let at = 1_000; at < ms; at += 1_000) attendance.take([], 1_000 + at);
  expect(attendance.take([], 1_000 + ms)).toBe(!hasVote);
  expect(attendance.hasVote('eu')).toBe(hasVote);
});

test('who abstains is not live, and is still among those that were read', () => {
  const attendance = createAttendance();
  attendance.take([worker('a'), worker('b')], 0);
  expect(attendance.take([worker('a', 'eu', true), worker('b')], 1_000)).toBe(true);
  expect([attendance.isLive('a'), attendance.of('eu'), attendance.workers.length]).toEqual([false, ['b'], 2]);
  expect(attendance.departedFrom('eu')).toEqual(['a']);
});

test.each([
  { case: 'at the edge of the time to take over', ms: HANDOVER_MS - 1, gone: ['a'] },
  { case: 'after it', ms: HANDOVER_MS, gone: [] },
])('a worker that went, $case', ({ ms, gone }) => {
  const attendance = createAttendance();
  attendance.take([worker('a'), worker('b')], 0);
  attendance.take([worker('b')], 1_000);
  // From here on the region has had a vote for long.
  attendance.take([worker('b')], HANDOVER_MS);
  expect(attendance.take([worker('b')], 1_000 + ms)).toBe(gone.length === 0);
  expect([attendance.departedFrom('eu'), attendance.hasDeparted]).toEqual([gone, gone.length > 0]);
});

test('who was heard of before it was read may live, for as long as a region has its grace, and not who has gone', () => {
  const attendance = createAttendance();
  attendance.take([worker('a')], 0);
  attendance.take([], 500);
  for (const id of ['a', 'b']) attendance.heard(id, 1_000);
  expect([attendance.mayLive('a'), attendance.mayLive('b'), attendance.isLive('b')]).toEqual([
    false,
    true,
    false,
  ]);
  attendance.take([], 1_000 + REGION_GRACE_MS - 1);
  expect(attendance.mayLive('b')).toBe(true);
  attendance.take([], 1_000 + REGION_GRACE_MS);
  expect(attendance.mayLive('b')).toBe(false);
});

test('while nobody comes or goes nothing is new', () => {
  const attendance = createAttendance();
  expect(attendance.take([worker('a')], 0)).toBe(true);
  expect(attendance.take([worker('a')], 1_000)).toBe(false);
});
