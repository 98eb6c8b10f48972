import { expect, test } from 'vitest';
import { createRoster, HANDOVER_MS, REGION_GRACE_MS } from '../../src/voting/roster.ts';

const worker = (id: string, region = 'eu', isAbstaining = false) => ({
  id,
  region,
  startedAtMs: 0,
  ...(isAbstaining && { isAbstaining }),
});

test.each([
  { case: 'keeps its vote until just before its grace ends', ms: REGION_GRACE_MS - 1, hasVote: true },
  { case: 'loses its vote after its grace', ms: REGION_GRACE_MS, hasVote: false },
])('a region without workers $case', ({ ms, hasVote }) => {
  const roster = createRoster();
  roster.update([worker('a')], 0);
  expect(roster.update([], 1_000)).toBe(true);
  for (let at = 1_000; at < ms; at += 1_000) roster.update([], 1_000 + at);
  expect(roster.update([], 1_000 + ms)).toBe(!hasVote);
  expect(roster.hasVote('eu')).toBe(hasVote);
});

test('an abstaining worker is not live, but still among the workers', () => {
  const roster = createRoster();
  roster.update([worker('a'), worker('b')], 0);
  expect(roster.update([worker('a', 'eu', true), worker('b')], 1_000)).toBe(true);
  expect([roster.isLive('a'), roster.liveIn('eu'), roster.workers.length]).toEqual([false, ['b'], 2]);
  expect(roster.departedFrom('eu')).toEqual(['a']);
});

test.each([
  { case: 'just before the end of the time to hand over', ms: HANDOVER_MS - 1, gone: ['a'] },
  { case: 'after the time to hand over', ms: HANDOVER_MS, gone: [] },
])('the roster lists a departed worker, $case', ({ ms, gone }) => {
  const roster = createRoster();
  roster.update([worker('a'), worker('b')], 0);
  roster.update([worker('b')], 1_000);
  // From here on the region has had a vote for long.
  roster.update([worker('b')], HANDOVER_MS);
  expect(roster.update([worker('b')], 1_000 + ms)).toBe(gone.length === 0);
  expect([roster.departedFrom('eu'), roster.hasDeparted]).toEqual([gone, gone.length > 0]);
});

test('a worker seen before it is listed may be live for one grace; a departed worker may not', () => {
  const roster = createRoster();
  roster.update([worker('a')], 0);
  roster.update([], 500);
  for (const id of ['a', 'b']) roster.noteSeen(id, 1_000);
  expect([roster.mayBeLive('a'), roster.mayBeLive('b'), roster.isLive('b')]).toEqual([false, true, false]);
  roster.update([], 1_000 + REGION_GRACE_MS - 1);
  expect(roster.mayBeLive('b')).toBe(true);
  roster.update([], 1_000 + REGION_GRACE_MS);
  expect(roster.mayBeLive('b')).toBe(false);
});

test('an update with the same workers reports no change', () => {
  const roster = createRoster();
  expect(roster.update([worker('a')], 0)).toBe(true);
  expect(roster.update([worker('a')], 1_000)).toBe(false);
});
