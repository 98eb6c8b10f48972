import { expect, test, vi } from 'vitest';
import { sortInPieces } from '../../src/pace/sort-in-pieces.ts';

const byKey = (a: { readonly key: number }, b: { readonly key: number }) => a.key - b.key;
/** Entries in no order, of which some are equal. */
const mixed = (length: number) => Array.from({ length }, (_, i) => ({ key: (i * 7_919) % 997, i }));
const numbers = (list: readonly { readonly i: number }[]) => list.map(({ i }) => i).join();

test.each([0, 1, 2_047, 2_048, 2_049, 4_096, 6_145, 9_000])(
  'a list of %i is in order, and what is equal stays in its own',
  async (length) => {
    const list = mixed(length);
    expect(numbers(await sortInPieces(list, byKey))).toBe(numbers(list.toSorted(byKey)));
  },
);

test('others work in between', async () => {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += 1));
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await sortInPieces(mixed(9_000), byKey);
  isOver = true;
  clock.mockRestore();
  expect(turns).toBeGreaterThan(5);
});
