import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { createEndedResults, ENDED_CHECKS_MAX } from '../../../src/serve/health/ended-results.ts';
import { makeObservation } from '../../monitor/observations.ts';

const found = (at: number, fields: Partial<Observation> = {}) =>
  makeObservation({ check: `check ${at}` as CheckKey, ...fields });
const last = (at: number, fields: Partial<Observation> = {}) =>
  found(at, { ended: { atMs: at, pools: ['p'] }, ...fields });

test('last results decide nothing: only observations of running checks are passed on', () => {
  const results = createEndedResults();
  const plain = [found(1), found(2)];
  expect(results.take(plain)).toBe(plain);
  expect(results.take([found(1), last(2)])).toEqual([found(1)]);
  expect(results.of('check 2' as CheckKey)).toEqual([last(2)]);
});

test('a pool has the last result of a region until that region has a new result', () => {
  const results = createEndedResults();
  results.take([last(1), last(1, { region: 'us', worker: 'w2' }), last(1, { streak: 9 })]);
  expect(results.inPool('p').map(({ region, streak }) => `${region} ${streak}`)).toEqual(['us 1', 'eu 9']);
  results.take([found(1, { worker: 'w3' })]);
  expect(results.inPool('p').map(({ region }) => region)).toEqual(['us']);
  results.take([found(1, { region: 'us' })]);
  expect([results.inPool('p'), results.of('check 1' as CheckKey)]).toEqual([[], []]);
});

test(`the last results of ${ENDED_CHECKS_MAX} checks are kept, and one more drops the oldest`, () => {
  const results = createEndedResults();
  for (let at = 0; at < ENDED_CHECKS_MAX; at++) results.take([last(at)]);
  expect(results.of('check 0' as CheckKey)).toHaveLength(1);
  results.take([last(ENDED_CHECKS_MAX)]);
  expect(results.of('check 0' as CheckKey)).toEqual([]);
  expect(results.inPool('p')).toHaveLength(ENDED_CHECKS_MAX);
});
