import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLoader, type Loader } from '../../../src/serve/follow/loader.ts';

let loader: Loader;
let loads = 0;
beforeEach(() => {
  vi.useFakeTimers();
  loads = 0;
});
afterEach(() => {
  loader.stop();
  vi.useRealTimers();
});
/** Loads as `outcome` says until `seconds` of the clock have passed; how often that was. */
async function loadsIn(seconds: number, outcome: () => Promise<boolean>): Promise<number> {
  loader = createLoader(
    () => {
      loads += 1;
      return outcome();
    },
    () => {},
  );
  void loader.now();
  await vi.advanceTimersByTimeAsync(seconds * 1_000);
  return loads;
}

// 50, 100, … 1,600 ms are six pauses in the first 3.15 s; then there is one reading in 2 s.
const BOUND = 7 + Math.ceil((60 - 3.15) / 2);

test('a store without the record of its revision was read completely 279 times a second', async () => {
  expect(await loadsIn(60, async () => false)).toBeLessThanOrEqual(BOUND);
});

test('a store that cannot be read is read again only in growing pauses', async () => {
  expect(await loadsIn(60, () => Promise.reject(new Error('away')))).toBeLessThanOrEqual(BOUND);
});

describe('a store that loses its feed after each reading', () => {
  const loseAfter = (readingMs: number) => async () => {
    await new Promise((resolve) => setTimeout(resolve, readingMs));
    setTimeout(() => loader.lost(), 1);
    return true;
  };

  test('is read in pauses that grow to ten seconds, where it is large', async () => {
    // At once, then after 50, 100, … 6,400 ms in the first 13 s, and from then on every 10 s.
    expect(await loadsIn(60, loseAfter(500))).toBeLessThanOrEqual(2 + 8 + Math.ceil((60 - 12.75) / 10));
  });

  test('was read after ten seconds, too, where it is small: it is in pauses that grow to two', async () => {
    const found = await loadsIn(60, loseAfter(10));
    expect(found).toBeLessThanOrEqual(1 + BOUND);
    expect(found).toBeGreaterThanOrEqual(BOUND - 1);
  });
});

test('a loss of the feed long after the last one is followed by a reading at once', async () => {
  expect(await loadsIn(30, async () => true)).toBe(1);
  loader.lost();
  await vi.advanceTimersByTimeAsync(1);
  expect(loads).toBe(2);
});

test('a fault that came with each reading was logged with each reading', () => {
  const loader = createLoader(
    async () => true,
    () => {},
  );
  const said = Array.from({ length: 100 }, () => loader.fault(new TypeError('a fault')));
  expect(said.filter((unsaid) => unsaid !== undefined)).toEqual([0]);
  expect(loader.fault(new RangeError('another fault'))).toBe(99);
  loader.stop();
});
