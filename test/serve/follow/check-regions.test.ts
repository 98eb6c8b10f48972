import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { startMonitor } from '../../../src/monitor/monitor.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { type LastGood, openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { healthIn } from '../health/endpoint-status.ts';

const SOON = { timeout: 40_000, interval: 20 };
vi.setConfig({ testTimeout: 120_000 });

function openStore(): Store {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-regions-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  return store;
}

/** Stands in a region from where every endpoint is well, or none. */
async function worker(store: Store, region: string, ok: boolean) {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const asked = new Set<string>();
  const monitor = await startMonitor({
    store,
    region,
    log,
    probersPerRegion: 1,
    probesInFlightMax: 10,
    certificateWarningDays: 0,
    probe: async ({ address }) => {
      asked.add(address);
      return { ok, reason: ok ? 'No failures' : 'TCP Timeout', responseCode: 0, rttMs: 1 };
    },
  });
  onTestFinished(() => monitor.stop());
  return { asked };
}

/** A node that is in a region. */
function node(store: Store, region: string, lastGood?: LastGood) {
  const warned: object[] = [];
  const log = { info: () => {}, warn: (fields: object) => void warned.push(fields), error: () => {} };
  const table = createTable({ replaced: () => {} });
  const refresh = startRefresh({
    store,
    publisher: createPublisher([], table, () => {}),
    log,
    probersPerRegion: 1,
    region,
    ...(lastGood && { lastGood }),
  });
  onTestFinished(() => refresh.stop());
  const healthy = (pool: Pool) => healthIn(refresh, pool, pool.endpoints[0]!).healthy;
  const observers = (pool: Pool) =>
    refresh.configured
      .checksOf(pool, pool.endpoints[0]!)
      .flatMap(({ key }) => refresh.health.observationsOf(key)).length;
  return { healthy, observers, warned };
}

const poolOf = (name: string, fields: Partial<Pool>) =>
  makePool({
    id: name.padEnd(32, '0'),
    name,
    endpoints: [makeEndpoint({ address: '192.0.2.1' })],
    ...fields,
  });

test('pools that share a check have separate verdicts from the regions that each pool names', async () => {
  const store = openStore();
  const both = ['regional', 'global'];
  const pools = {
    west: poolOf('west', { checkRegions: ['WNAM'] }),
    europe: poolOf('europe', { checkRegions: ['WEU'] }),
    all: poolOf('all', {}),
    near: poolOf('near', { checkRegions: ['ALL_REGIONS'], healthSources: both }),
    nobody: poolOf('nobody', { checkRegions: ['OC'] }),
    only: poolOf('only', {
      checkRegions: ['WNAM'],
      endpoints: [makeEndpoint({ address: '192.0.2.2' })],
    }),
  };
  const monitor = makeMonitor({ intervalSeconds: 1 });
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    ...Object.values(pools).map(
      (value) => ({ op: 'put', kind: 'pool', id: value.id, unique: [], references: [], value }) as const,
    ),
  ]);
  await worker(store, 'WNAM', true);
  const europe = await worker(store, 'WEU', false);
  const nodes = ['WNAM', 'WEU', 'office'].map((region) => node(store, region));
  const seen = () =>
    nodes.map(({ healthy }) =>
      Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, healthy(pool)])),
    );
  const alike = { west: true, europe: false, all: true, only: true };
  await vi.waitFor(
    () =>
      expect(seen()).toMatchObject([
        // A region's own verdict, and where no worker is the majority, of which a tie is healthy.
        { ...alike, near: true },
        { ...alike, near: false },
        { ...alike, near: true },
      ]),
    SOON,
  );
  // Nobody ever checked it; once it was well, what was known holds.
  expect(seen().map(({ nobody }) => nobody)).toEqual([undefined, undefined, undefined]);
  await vi.waitFor(
    () => expect(nodes[0]!.warned).toContainEqual(expect.objectContaining({ pools: ['nobody'], count: 1 })),
    SOON,
  );
  const { id } = pools.all;
  const value = { ...pools.all, checkRegions: ['OC'] };
  await store.commit([{ op: 'put', kind: 'pool', id, unique: [], references: [], value }]);
  await vi.waitFor(
    () => expect(nodes[0]!.warned).toContainEqual(expect.objectContaining({ pools: ['all', 'nobody'] })),
    SOON,
  );
  expect(seen().map(({ all }) => all)).toEqual([true, true, true]);
  expect(europe.asked).toEqual(new Set(['192.0.2.1']));
});

test('after an edit of its regions, the verdict of a pool is saved for the next start', async () => {
  const store = openStore();
  const monitor = makeMonitor({ intervalSeconds: 1 });
  const pool = poolOf('moved', {});
  const put = (value: Pool) =>
    ({ op: 'put', kind: 'pool', id: value.id, unique: [], references: [], value }) as const;
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    put(pool),
  ]);
  await worker(store, 'WNAM', true);
  await worker(store, 'WEU', false);
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-regions-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const lastGood = openLastGood(join(directory, 'last-good.sqlite'), (error) => {
    throw error;
  });
  onTestFinished(() => lastGood.close());
  const { healthy, observers } = node(store, 'WNAM', lastGood);
  await vi.waitFor(() => expect([healthy(pool), observers(pool)]).toEqual([true, 2]), SOON);
  const moved = { ...pool, checkRegions: ['WEU'] };
  await store.commit([put(moved)]);
  await vi.waitFor(() => expect(healthy(moved)).toBe(false), SOON);
  const verdicts = () => [...(lastGood.load()?.verdicts ?? [])].map(([key, held]) => [key, held.healthy]);
  await vi.waitFor(() => expect(verdicts()).toContainEqual([expect.stringMatching(/ WEU$/), false]), SOON);
});
