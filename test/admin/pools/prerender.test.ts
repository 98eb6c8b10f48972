import { expect, onTestFinished, test, vi } from 'vitest';
import type { PoolHealthSource } from '../../../src/admin/health-source.ts';
import { PRERENDERED_POOLS_MAX, prerenderPools } from '../../../src/admin/pools/prerender.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import type { Store } from '../../../src/store/store.ts';
import { pool } from '../../store/contract/samples.ts';

/** Shows so many pools ahead, of which the node knows `known` at first; of which ones health was asked since it was last looked at, in their order. */
function ahead(count: number, known = count) {
  const documents = Array.from({ length: count }, (_, i) => {
    const id = `p${String(i).padStart(6, '0')}`;
    return { kind: 'pool' as const, id, revision: 1, value: pool(id) };
  });
  const asked: string[] = [];
  let changed: ((pools: Iterable<string>) => void) | undefined;
  const health: PoolHealthSource = {
    of: ({ id, endpoints }) => {
      asked.push(id);
      return { healthy: undefined, endpoints: endpoints.map(() => ({})) };
    },
    pools: known,
    watch(callback) {
      changed = callback;
      return () => {
        changed = undefined;
      };
    },
    regions: async () => new Map(),
  };
  let stored: readonly StoredDocument[] = documents;
  const read = vi.fn(async () => ({ epoch: 'e', revision: 1, documents: stored }));
  const end = prerenderPools({ read } as Partial<Store> as Store, health);
  onTestFinished(end);
  /** Makes the next reading another one. */
  const configure = () => {
    stored = [...stored];
  };
  return {
    ids: documents.map(({ id }) => id),
    asked,
    read,
    end,
    configure,
    change: (...ids: string[]) => changed?.(ids),
  };
}

const SOON = { timeout: 40_000, interval: 5 };

test('all pools are prerendered at the start and after a change of the configuration', async () => {
  const it = ahead(1_000);
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
  it.asked.length = 0;
  it.configure();
  it.change();
  it.change();
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
  expect(it.read).toHaveBeenCalledTimes(2);
});

test('while the node knows no pool yet, the store is not read', async () => {
  const it = ahead(10, 0);
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(it.read).not.toHaveBeenCalled();
  it.change('p000001');
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
});

test('after a change of health, only the pools that changed are prerendered', async () => {
  const it = ahead(1_000);
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
  it.asked.length = 0;
  it.change('p000007');
  it.change('p000003', 'p000007', 'deleted');
  await vi.waitFor(() => expect(it.asked).toEqual(['p000007', 'p000003']), SOON);
  it.asked.length = 0;
  it.change('p000005');
  await vi.waitFor(() => expect(it.asked).toEqual(['p000005']), SOON);
});

test('a pool that changes during a run is prerendered after it', async () => {
  const it = ahead(1_000);
  it.read.mockImplementationOnce(() => {
    it.change();
    return Promise.reject(new Error('away'));
  });
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
});

test('a pool whose health changes during a run is prerendered after it', async () => {
  const it = ahead(1_000);
  it.read.mockImplementationOnce(it.read.getMockImplementation()!).mockImplementationOnce(() => {
    it.change('p000009');
    return it.read.getMockImplementation()!();
  });
  await vi.waitFor(() => expect(it.asked).toEqual(it.ids), SOON);
  it.asked.length = 0;
  it.change('p000001');
  await vi.waitFor(() => expect(it.asked).toEqual(['p000001', 'p000009']), SOON);
});

test('of more than PRERENDERED_POOLS_MAX pools none is prerendered', async () => {
  const it = ahead(PRERENDERED_POOLS_MAX + 1);
  // Long enough for one that does.
  const one = ahead(1);
  await vi.waitFor(() => expect(one.asked).toHaveLength(1), SOON);
  expect(it.read).not.toHaveBeenCalled();
  expect(it.asked).toEqual([]);
});

test('of PRERENDERED_POOLS_MAX pools all are prerendered', async () => {
  const it = ahead(PRERENDERED_POOLS_MAX);
  await vi.waitFor(() => expect(it.asked).toHaveLength(PRERENDERED_POOLS_MAX), SOON);
});

test('nothing is prerendered after the end', async () => {
  const it = ahead(PRERENDERED_POOLS_MAX);
  await vi.waitFor(() => expect(it.asked.length).toBeGreaterThan(0), SOON);
  it.end();
  const shown = it.asked.length;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(it.asked).toHaveLength(shown);
  it.change();
  expect(it.read).toHaveBeenCalledTimes(1);
});
