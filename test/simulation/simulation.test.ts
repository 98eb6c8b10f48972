import { expect, test } from 'vitest';
import { runHistory } from './history.ts';

/** As many as a slow machine runs in a few seconds; `npm run simulate` runs as many as one likes, of other seeds. */
const HISTORIES = 4;

test(`${HISTORIES} histories of crashes, pauses, partitions and flapping keep every rule`, {
  timeout: 300_000,
}, async () => {
  const total = { published: 0, fenced: 0, generations: 0, reported: 0, notices: 0 };
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const history = await runHistory(seed);
    if (history.broken !== undefined)
      throw new Error(`see it again: ${history.broken.again}`, { cause: history.broken.error });
    for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += history[name];
  }
  // Histories in which nothing happens would keep every rule too.
  expect(total.published).toBeGreaterThan(HISTORIES * 20);
  expect(total.generations).toBeGreaterThan(HISTORIES * 3);
  expect(total.reported).toBeGreaterThan(HISTORIES * 3);
  expect(total.notices).toBeGreaterThan(HISTORIES * 3);
  expect(total.fenced).toBeGreaterThan(0);
});

test('a history with a reload, a replacement, a clock that jumps and a failover that undoes a write keeps every rule', async () => {
  const { broken, replaced, undone } = await runHistory(3_722);
  if (broken !== undefined) throw new Error(`see it again: ${broken.again}`, { cause: broken.error });
  expect([replaced, undone]).toEqual([1, 1]);
});

test('a seed always gives the same history', async () => {
  const [first, second] = [await runHistory(7), await runHistory(7)];
  expect(second).toEqual(first);
});
