import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { createDueHeap, type Due } from '../../../src/monitor/schedule/due-heap.ts';
import { createSchedule, nextOnGrid } from '../../../src/monitor/schedule/schedule.ts';
import fc from '../../support/property.ts';

const key = (name: string | number) => `check ${name}` as CheckKey;

test('the heap returns the earliest item after any additions and removals', () => {
  const steps = fc.array(fc.record({ dueMs: fc.integer({ min: 0, max: 20 }), remove: fc.nat(9) }));
  fc.assert(
    fc.property(steps, (list) => {
      const heap = createDueHeap<Due>();
      let model: Due[] = [];
      for (const { dueMs, remove } of list) {
        const item = { dueMs, slot: -1 };
        heap.add(item);
        model.push(item);
        const gone = model[remove];
        if (gone !== undefined && remove % 2 === 0) {
          heap.remove(gone);
          heap.remove(gone);
          model = model.filter((each) => each !== gone);
        }
        expect(heap.earliest?.dueMs).toBe(
          model.length === 0 ? undefined : Math.min(...model.map((each) => each.dueMs)),
        );
      }
      while (heap.earliest !== undefined) {
        const { earliest } = heap;
        expect(earliest.dueMs).toBe(Math.min(...model.map((each) => each.dueMs)));
        heap.remove(earliest);
        model = model.filter((each) => each !== earliest);
      }
      expect(model).toEqual([]);
    }),
  );
});

test.each([
  { phase: 0, now: 0, next: 5_000 },
  { phase: 0, now: 4_999, next: 5_000 },
  { phase: 1_200, now: 0, next: 1_200 },
  { phase: 1_200, now: 1_200, next: 6_200 },
  { phase: 6_200, now: 1_199.5, next: 1_200 },
])('with phase $phase, the next moment of a 5 s grid after $now is $next', ({ phase, now, next }) =>
  expect(nextOnGrid(phase, 5_000, now)).toBe(next),
);

/** When each check ran, by asking the schedule at its own next moment until the end, late by `lateMs` every time. */
function runsUntil(endMs: number, lateMs: number, schedule: ReturnType<typeof createSchedule>) {
  const runs = new Map<CheckKey, number[]>();
  for (let now = schedule.nextDueMs; now !== undefined && now <= endMs; now = schedule.nextDueMs! + lateMs)
    for (const due of schedule.takeDue(now)) runs.set(due, [...(runs.get(due) ?? []), now]);
  return runs;
}

test('a new check is due at once, and then on its grid', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 5_000, 'as made', 123);
  const [first, ...rest] = runsUntil(60_000, 0, schedule).get(key(1))!;
  expect(first).toBe(123);
  expect(rest.length).toBeGreaterThanOrEqual(11);
  expect(new Set(rest.map((at) => at % 5_000)).size).toBe(1);
});

test('late runs do not shift the later ones', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 1_000, 'as made', 0);
  const runs = runsUntil(100_000, 7, schedule).get(key(1))!;
  expect(runs.length).toBeGreaterThanOrEqual(100);
});

test('after a long pause each check is due once', () => {
  const schedule = createSchedule();
  for (let i = 0; i < 50; i++) schedule.put(key(i), 1_000, 'as made', 0);
  schedule.takeDue(0);
  expect(schedule.takeDue(90_000)).toHaveLength(50);
  expect(schedule.takeDue(90_000)).toHaveLength(0);
});

test('10,000 checks of 5 s are spread: no 100 ms has more than twice its share', () => {
  const schedule = createSchedule();
  for (let i = 0; i < 10_000; i++) schedule.put(key(i), 5_000, 'as made', 0);
  expect(schedule.takeDue(0)).toHaveLength(10_000);
  for (let now = 100; now <= 5_000; now += 100) expect(schedule.takeDue(now).length).toBeLessThan(400);
});

test('a new interval moves a check to another grid, and the same interval changes nothing', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 60_000, 'as made', 0);
  schedule.takeDue(0);
  const due = schedule.nextDueMs!;
  schedule.put(key(1), 60_000, 'as made', 1);
  expect(schedule.nextDueMs).toBe(due);
  schedule.put(key(1), 1_000, 'as made', 1);
  expect(schedule.nextDueMs).toBeLessThanOrEqual(1_001);
  expect(schedule.nextDueMs! % 1_000).toBe(due % 1_000);
});

test('a deleted check is no longer due', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 1_000, 'as made', 0);
  schedule.put(key(2), 1_000, 'as made', 0);
  schedule.delete(key(1));
  schedule.delete(key(3));
  expect(schedule.takeDue(0)).toEqual([key(2)]);
  schedule.delete(key(2));
  expect([schedule.nextDueMs, schedule.size]).toEqual([undefined, 0]);
});

test('a check whose monitor was edited is due at once, and then on its old grid', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 3_600_000, 'wrong path', 0);
  schedule.takeDue(0);
  const grid = schedule.nextDueMs!;
  schedule.put(key(1), 3_600_000, 'right path', 20);
  expect(schedule.nextDueMs).toBe(20);
  expect(schedule.takeDue(20)).toEqual([key(1)]);
  expect(schedule.nextDueMs).toBe(grid);
});

test('takeDue passes on since when each check is due', () => {
  const schedule = createSchedule();
  schedule.put(key(1), 5_000, '', 100);
  schedule.put(key(2), 5_000, '', 200);
  const taken: [CheckKey, number][] = [];
  schedule.takeDue(300, (...each) => taken.push(each));
  expect(taken).toEqual([
    [key(1), 100],
    [key(2), 200],
  ]);
});
