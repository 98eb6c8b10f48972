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
    rule: 'a first verdict is no turn',
  },
  {
    verdicts: [
      [true, true],
      [false, false],
    ],
    counted: 2,
    rule: 'each endpoint',
  },
  {
    verdicts: [
      [true, true],
      [false, true],
      [true, true],
    ],
    counted: 2,
    rule: 'there and back',
  },
  {
    verdicts: [
      [true, true],
      [true, true],
    ],
    counted: 0,
    rule: 'nothing',
  },
  {
    verdicts: [
      [true, true],
      [undefined, true],
    ],
    counted: 0,
    rule: 'not known any more',
  },
])('$verdicts: $counted ($rule)', ({ verdicts, counted }) => {
  for (const each of verdicts) turns.published(pool, each);
  expect(turns.of(pool.id)).toBe(counted);
});

test('an edit that moves endpoints is no turn, and a pool that is gone is forgotten', () => {
  turns.published(pool, [true, false]);
  turns.published({ ...pool, endpoints: [b, a] }, [false, true]);
  expect(turns.of(pool.id)).toBe(0);
  turns.published({ ...pool, endpoints: [a] }, [false]);
  expect(turns.of(pool.id)).toBe(1);
  turns.forget(pool.id);
  expect(turns.of(pool.id)).toBe(0);
});
