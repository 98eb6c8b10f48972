/** The plan that a storm's answers are held against. */
import { describe, expect, test } from 'vitest';
import { addressOf, ENDPOINTS } from '../../../bench/verdict/pools.ts';
import { latencies } from '../asker.ts';
import { ALL_UP, flipTo, placesOf, poolOf, stepsOf, upAfter, upIn, WATCHED } from './flip-plan.ts';

describe.each([2, 3, 10, 7_920, 100_000])('%i pools', (pools) => {
  const places = placesOf(pools);

  test('each pool but the watched one flips once before one flips again', () => {
    const first = new Set(Array.from({ length: pools - 1 }, (_, flip) => poolOf(flip, pools)));
    expect(first.size).toBe(pools - 1);
    expect(first.has(WATCHED)).toBe(false);
    for (const flip of [0, 1, pools - 2]) expect(poolOf(flip + pools - 1, pools)).toBe(poolOf(flip, pools));
  });

  test('the steps of a pool are the number of its flips so far', () => {
    for (const pool of [1, pools - 1]) {
      let steps = 0;
      for (let flips = 0; flips < Math.min(3 * pools, 1_000); flips += 1) {
        expect(stepsOf(places[pool]!, flips, pools)).toBe(steps);
        if (poolOf(flips, pools) === pool) steps += 1;
      }
    }
  });
});

test('each flip changes one endpoint to the state of its step', () => {
  const up = new Set(Array.from({ length: ALL_UP }, (_, i) => i));
  for (let step = 1; step < 30; step += 1) {
    const { endpoint, healthy } = flipTo(step);
    expect(up.has(endpoint)).toBe(!healthy);
    if (healthy) up.add(endpoint);
    else up.delete(endpoint);
    expect([...up].sort()).toEqual(Array.from({ length: upAfter(step) }, (_, i) => i));
  }
});

describe('an answer is a state of the plan', () => {
  const own = (...endpoints: number[]) => endpoints.map((endpoint) => addressOf(7, endpoint));
  const up = (addresses: readonly string[]) => upIn(addresses, (endpoint) => addressOf(7, endpoint));
  test.each([[0], [1, 0], [2, 0, 1], [3, 2, 1, 0]])('endpoints %i %i %i %i', (...endpoints) =>
    expect(up(own(...endpoints.filter((each) => each !== undefined)))).toBe(endpoints.length),
  );
  test.each([
    { what: 'no address', addresses: [] },
    { what: 'a later endpoint without the earlier', addresses: own(1) },
    { what: 'a gap', addresses: own(0, 1, 3) },
    { what: 'one twice', addresses: own(0, 0) },
    { what: 'one twice beside all', addresses: own(0, 1, 2, 3, 3) },
    { what: 'of another pool', addresses: [...own(0), addressOf(8, 1)] },
    { what: 'more than all', addresses: own(0, 1, 2, 3, ENDPOINTS) },
  ])('not: $what', ({ addresses }) => expect(up(addresses)).toBeUndefined());
});

test('the latency of a step ends with the first answer that shows it or a later step', () => {
  const steps = [100, 200, 300, 400];
  // 4 → 3 → (2, unseen) → 1: the last answer shows two steps at once.
  const seen = [
    { up: 4, atMs: 50 },
    { up: 3, atMs: 110 },
    { up: 1, atMs: 320 },
    { up: 2, atMs: 405 },
  ];
  expect(latencies(seen, steps)).toEqual([10, 120, 20, 5]);
});
