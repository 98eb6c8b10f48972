import { expect, test } from 'vitest';
import { createOverviews, OVERVIEW_KEPT_MS, OVERVIEW_OLD_MS } from '../../../src/admin/summary/overview.ts';
import type { DocumentStore, StoredDocument } from '../../../src/store/contract/documents.ts';

test('an overview is taken anew only after a change, and not more often than it is kept', async () => {
  let nowMs = 0;
  let changed = () => {};
  let isWatched = false;
  let documents: readonly StoredDocument[] = [];
  const store = { read: async () => ({ documents, revision: 1 }) } as unknown as DocumentStore;
  const watch = (callback: () => void) => {
    changed = callback;
    isWatched = true;
    return () => {
      isWatched = false;
    };
  };
  const health = {
    of: () => ({ healthy: undefined, endpoints: [] }),
    pools: 0,
    watch,
    regions: async () => new Map(),
  };
  const { look, stop } = createOverviews(store, health, () => nowMs);
  const first = await look();
  nowMs += OVERVIEW_KEPT_MS;
  expect(await look()).toBe(first);
  changed();
  const second = await look();
  expect(second).not.toBe(first);
  changed();
  documents = [];
  nowMs += OVERVIEW_KEPT_MS - 1;
  expect(await look()).toBe(second);
  nowMs += 1;
  const third = await look();
  expect(third).not.toBe(second);
  nowMs += OVERVIEW_OLD_MS;
  expect(await look()).not.toBe(third);
  stop();
  expect(isWatched).toBe(false);
});

test('an overview that could not be read is read again', async () => {
  let isAway = true;
  const store = {
    read: async () => {
      if (isAway) throw new Error('away');
      return { documents: [], revision: 1 };
    },
  } as unknown as DocumentStore;
  const health = {
    of: () => ({ healthy: undefined, endpoints: [] }),
    pools: 0,
    watch: () => () => {},
    regions: async () => new Map(),
  };
  const { look } = createOverviews(store, health, () => 0);
  await expect(look()).rejects.toThrow('away');
  isAway = false;
  expect((await look()).pools.total).toBe(0);
});
