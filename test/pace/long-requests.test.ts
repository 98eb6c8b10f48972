import { afterEach, expect, test, vi } from 'vitest';
import { planRestore } from '../../src/admin/backup/plan.ts';
import { allPools } from '../../src/admin/pools/all-pools.ts';
import { PIECE_MS } from '../../src/pace/next-turn.ts';
import type { Pool } from '../../src/pool/pool.ts';
import type { Configuration, DocumentStore, StoredDocument } from '../../src/store/contract/documents.ts';
import { pool } from '../store/contract/samples.ts';

afterEach(() => void vi.restoreAllMocks());

/** Pools in no order, and the greatest number of looks at their names in one turn of the event loop. */
function watchedPools(count: number) {
  let looks = 0;
  let most = 0;
  const documents = Array.from({ length: count }, (_, i): StoredDocument => {
    const name = `p${(i * 7_919) % count}`;
    const value = Object.defineProperty({ ...pool(name) }, 'name', {
      enumerable: true,
      get: () => {
        looks += 1;
        return name;
      },
    });
    return { kind: 'pool', id: name, revision: 1, value: value as Pool };
  });
  let isOver = false;
  const turn = () => {
    most = Math.max(most, looks);
    looks = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  const mostLooks = () => {
    isOver = true;
    turn();
    return most;
  };
  return { documents, mostLooks };
}

/** Lets each look at the clock find that a piece was long enough. */
function hurry(): void {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (nowMs += PIECE_MS));
}

test('a list of many pools was sorted in one piece (148 ms of the main thread with 100,000)', async () => {
  const { documents, mostLooks } = watchedPools(8_192);
  hurry();
  const store = { read: async () => ({ documents }) } as unknown as DocumentStore;
  const names = (await allPools(store)).map(({ id }) => id);
  // To sort one run takes eleven comparisons of two names for each of 2,048 pools.
  expect(mostLooks()).toBeLessThan(60_000);
  expect(names).toEqual(names.toSorted());
  expect(await allPools(store)).toBe(await allPools(store));
});

test('the plan of a restore was made in one piece (411 ms of the main thread with 100,000 pools)', async () => {
  const { documents, mostLooks } = watchedPools(300);
  hurry();
  const read = { epoch: 'e', revision: 1, documents: [] } as unknown as Configuration;
  const { writes, created } = await planRestore(read, documents);
  expect(mostLooks()).toBeLessThan(20);
  expect([writes.length, created]).toEqual([300, 300]);
});
