import { expect, test, vi } from 'vitest';
import type { OriginHealth, PoolHealthSource } from '../../../src/admin/health-source.ts';
import {
  createOverviews,
  OVERVIEW_KEPT_MS,
  OVERVIEW_OLD_MS,
  OVERVIEW_UNUSED_MS,
} from '../../../src/admin/summary/overview.ts';
import type { DocumentStore, StoredDocument } from '../../../src/store/contract/documents.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';

/** A source of overviews over pools with these names, each with one endpoint, and what happens to them. */
function overviewed(names: readonly string[] = []) {
  let nowMs = 0;
  let isWatched = false;
  let isAway = false;
  let documents: readonly StoredDocument[] = names.map(document);
  let changed = (_: Iterable<string>) => {};
  const down = new Set<string>();
  const asked: string[] = [];
  const health: PoolHealthSource = {
    of({ name }): { healthy: undefined; endpoints: OriginHealth[] } {
      asked.push(name);
      return { healthy: undefined, endpoints: [{ healthy: !down.has(name) }] };
    },
    pools: 0,
    watch(callback) {
      changed = callback;
      isWatched = true;
      return () => {
        isWatched = false;
      };
    },
    regions: async () => new Map(),
  };
  const store = {
    read: async () => {
      if (isAway) throw new Error('away');
      return { documents, revision: 1 };
    },
  } as unknown as DocumentStore;
  return {
    ...createOverviews(store, health, () => nowMs),
    /** Returns the pools whose health was asked for since the last call. */
    asked: () => asked.splice(0),
    pass(ms: number) {
      nowMs += ms;
    },
    change: (...ids: string[]) => changed(ids),
    die(name: string) {
      down.add(name);
      changed([name]);
    },
    configure(now: readonly StoredDocument[]) {
      documents = now;
    },
    setAway(now: boolean) {
      isAway = now;
    },
    documents: () => documents,
    isWatched: () => isWatched,
  };
}

function document(name: string): StoredDocument {
  const value = makePool({ id: name, name, endpoints: [makeEndpoint()] });
  return { kind: 'pool', id: name, revision: 1, value } as StoredDocument;
}

const namesOf = (pools: readonly { readonly name: string }[]) => pools.map(({ name }) => name);

test('an overview is taken anew only after a change, and not more often than it is kept', async () => {
  const it = overviewed(['web']);
  const first = await it.look();
  it.pass(OVERVIEW_KEPT_MS);
  expect(await it.look()).toBe(first);
  it.change('web');
  const second = await it.look();
  expect(second).not.toBe(first);
  it.change('web');
  it.pass(OVERVIEW_KEPT_MS - 1);
  expect(await it.look()).toBe(second);
  const third = await it.look(0);
  expect(third).not.toBe(second);
  it.pass(OVERVIEW_OLD_MS);
  expect(await it.look()).not.toBe(third);
  it.stop();
  expect(it.isWatched()).toBe(false);
});

test('only the pools that changed are counted anew', async () => {
  const it = overviewed(['a', 'b', 'c']);
  expect((await it.look(0)).summary.endpoints).toMatchObject({ total: 3, healthy: 3 });
  it.asked();
  it.die('b');
  const { summary, poolsByName, poolsByState, viewsOf } = await it.look(0);
  expect(it.asked()).toEqual(['b']);
  expect(summary.endpoints).toMatchObject({ total: 3, healthy: 2, unhealthy: 1 });
  expect(namesOf(poolsByName)).toEqual(['a', 'b', 'c']);
  expect(namesOf(poolsByState())).toEqual(['b', 'a', 'c']);
  expect(viewsOf(poolsByName).map(({ state }) => state)).toEqual(['healthy', 'unhealthy', 'healthy']);
  it.configure([...it.documents().slice(1), document('d')]);
  const later = await it.look(0);
  expect(it.asked()).toEqual(['d']);
  expect(namesOf(later.poolsByName)).toEqual(['b', 'c', 'd']);
  expect(later.summary.pools.total).toBe(3);
});

test('a pool that is deleted while an earlier overview is shown is left out of it', async () => {
  const it = overviewed(['a', 'b']);
  const earlier = await it.look(0);
  it.configure(it.documents().slice(1));
  await it.look(0);
  expect(namesOf(earlier.viewsOf(earlier.poolsByName))).toEqual(['b']);
});

test('pools are put in order anew only after one has another state', async () => {
  const it = overviewed(['a', 'b']);
  const first = (await it.look(0)).poolsByState();
  it.change('a');
  expect((await it.look(0)).poolsByState()).toBe(first);
  it.die('b');
  expect(namesOf((await it.look(0)).poolsByState())).toEqual(['b', 'a']);
});

test('requests at the same time share one overview', async () => {
  const it = overviewed(['web']);
  const [one, other] = await Promise.all([it.look(0), it.look(0)]);
  expect(one).toBe(other);
});

test('what nobody asks for is forgotten', async () => {
  vi.useFakeTimers();
  try {
    const it = overviewed(['web']);
    const first = await it.look();
    await vi.advanceTimersByTimeAsync(OVERVIEW_UNUSED_MS);
    it.asked();
    expect(await it.look()).not.toBe(first);
    expect(it.asked()).toEqual(['web']);
    it.stop();
  } finally {
    vi.useRealTimers();
  }
});

test('an overview that could not be read is read again', async () => {
  const it = overviewed();
  it.setAway(true);
  await expect(it.look()).rejects.toThrow('away');
  it.setAway(false);
  expect((await it.look()).summary.pools.total).toBe(0);
});
