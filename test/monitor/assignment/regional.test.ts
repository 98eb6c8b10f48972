import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import { createRegional } from '../../../src/monitor/assignment/regional.ts';
import { makeObservation } from '../observations.ts';

const [A, B, C] = ['a', 'b', 'c'] as [CheckKey, CheckKey, CheckKey];
const of = (check: CheckKey, atMs: number, worker = 'other') =>
  makeObservation({ check, region: 'eu', worker, atMs });
const all = (steps: Iterable<void>) => {
  for (const _ of steps);
};

test('known observations stay during a load, and those that arrive during it win over the loaded ones', () => {
  const regional = createRegional('eu', 'self');
  all(regional.load([of(A, 1), of(B, 1)]));
  const steps = regional.load([of(A, 2), of(B, 2), of(C, 2)])[Symbol.iterator]();
  steps.next();
  expect(regional.newest(A)?.atMs).toBe(1);
  regional.take(of(A, 3));
  regional.remove(B, 'other');
  expect([regional.newest(A)?.atMs, regional.newest(B)]).toEqual([3, undefined]);
  while (!steps.next().done);
  expect([regional.newest(A)?.atMs, regional.newest(B), regional.newest(C)?.atMs]).toEqual([3, undefined, 2]);
});

test('an abandoned load changes nothing, and observations that arrived during it stay', () => {
  const regional = createRegional('eu', 'self');
  all(regional.load([of(A, 1)]));
  for (const _ of regional.load([of(A, 2), of(B, 2)])) {
    regional.take(of(C, 3));
    break;
  }
  expect([...regional.checks()]).toEqual([A, C]);
  expect(regional.newest(A)?.atMs).toBe(1);
  all(regional.load([]));
  expect([...regional.checks()]).toEqual([]);
});

test('a later load replaces one that is still running', () => {
  const regional = createRegional('eu', 'self');
  const first = regional.load([of(A, 1)])[Symbol.iterator]();
  first.next();
  const second = regional.load([of(A, 2), of(B, 2)])[Symbol.iterator]();
  second.next();
  first.return?.();
  regional.take(of(C, 3));
  while (!second.next().done);
  expect([...regional.checks()].sort()).toEqual([A, B, C]);
});

test('a load leaves out observations of other regions and of the worker itself', () => {
  const regional = createRegional('eu', 'self');
  all(regional.load([of(A, 1, 'self'), makeObservation({ check: B, region: 'us' })]));
  expect([...regional.checks()]).toEqual([]);
});
