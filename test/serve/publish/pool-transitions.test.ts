import { beforeEach, expect, test } from 'vitest';
import {
  createTransitionCounts,
  type TransitionCounts,
} from '../../../src/serve/publish/pool-transitions.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

const [a, b] = [makeEndpoint({ name: 'a' }), makeEndpoint({ name: 'b', address: '192.0.2.2' })];
const pool = makePool({ endpoints: [a, b] });
let turns: TransitionCounts;
beforeEach(() => {
  turns = createTransitionCounts();
});

test.each([
  {
    verdicts: [
      [undefined, undefined],
      [true, false],
    ],
    counted: 0,
    rule: 'a first verdict is not a transition',
  },
  {
    verdicts: [
      [true, true],
      [false, false],
    ],
    counted: 2,
    rule: 'each endpoint counts',
  },
  {
    verdicts: [
      [true, true],
      [false, true],
      [true, true],
    ],
    counted: 2,
    rule: 'each change counts',
  },
  {
    verdicts: [
      [true, true],
      [true, true],
    ],
    counted: 0,
    rule: 'no change',
  },
  {
    verdicts: [
      [true, true],
      [undefined, true],
    ],
    counted: 0,
    rule: 'a verdict that becomes unknown is not a transition',
  },
])('$verdicts: $counted ($rule)', ({ verdicts, counted }) => {
  for (const each of verdicts) turns.published(pool, each);
  expect(turns.of(pool.id)).toBe(counted);
});

test('an edit that moves endpoints is not a transition, and a deleted pool is forgotten', () => {
  turns.published(pool, [true, false]);
  turns.published({ ...pool, endpoints: [b, a] }, [false, true]);
  expect(turns.of(pool.id)).toBe(0);
  turns.published({ ...pool, endpoints: [a] }, [false]);
  expect(turns.of(pool.id)).toBe(1);
  turns.forget(pool.id);
  expect(turns.of(pool.id)).toBe(0);
});
