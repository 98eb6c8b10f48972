import { expect, onTestFinished, test, vi } from 'vitest';
import { startMonitor } from '../../src/monitor/monitor.ts';
import { LocalFault } from '../../src/probe/failure.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { observed, openStore } from './open-store.ts';

const SOON = { timeout: 40_000, interval: 10 };
vi.setConfig({ testTimeout: 120_000 });

/** A worker that makes one check every second, or is unable to, and whether it is. */
async function start(isUnable: boolean) {
  const store = openStore();
  const state = { isUnable, made: 0, ends: Promise.resolve() };
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const monitor = await startMonitor({
    store,
    log,
    region: 'eu',
    probersPerRegion: 1,
    probesInFlightMax: 5,
    certificateWarningDays: 0,
    probe: async () => {
      state.made++;
      await state.ends;
      if (state.isUnable) throw new LocalFault('this process may not ping');
      return { ok: true, reason: 'No failures', responseCode: 0, rttMs: 1 };
    },
  });
  onTestFinished(() => monitor.stop());
  const value = makeMonitor({ type: 'icmp_ping', intervalSeconds: 1 });
  const pool = makePool({ endpoints: [makeEndpoint()] });
  await store.commit([
    { op: 'put', kind: 'monitor', id: value.id, unique: [], references: [], value },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  return { store, state };
}

const UNABLE = { reason: 'Probe Not Possible', fault: 'this process may not ping' };

test('a worker that cannot make a check keeps its vote for two faults, and loses it with the third', async () => {
  const { store, state } = await start(false);
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([{ healthy: true }]), SOON);
  const { made } = state;
  state.isUnable = true;
  await vi.waitFor(() => expect(state.made).toBe(made + 2), SOON);
  expect((await observed(store))[0]).not.toHaveProperty('fault');
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([UNABLE]), SOON);
  expect(state.made).toBeGreaterThanOrEqual(made + 3);
  expect(await observed(store)).toMatchObject([{ healthy: true }]);
  state.isUnable = false;
  await vi.waitFor(async () => expect((await observed(store))[0]).not.toHaveProperty('fault'), SOON);
  expect(await store.events(10)).toHaveLength(1);
});

test('a check that was never possible publishes its fault at once, and its first result decides', async () => {
  const { store, state } = await start(true);
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([{ ...UNABLE, streak: 0 }]), SOON);
  expect(state.made).toBe(1);
  state.isUnable = false;
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([{ healthy: true }]), SOON);
  expect(await store.events(10)).toMatchObject([{ was: 'unknown', now: 'healthy' }]);
});

test('a worker whose check does not end loses its vote on it, and votes again with the next result', async () => {
  const { store, state } = await start(false);
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([{ healthy: true }]), SOON);
  const { promise, resolve } = Promise.withResolvers<void>();
  state.ends = promise;
  const silent = { ...UNABLE, fault: expect.stringContaining('no result for too long'), healthy: true };
  await vi.waitFor(async () => expect(await observed(store)).toMatchObject([silent]), SOON);
  resolve();
  await vi.waitFor(async () => expect((await observed(store))[0]).not.toHaveProperty('fault'), SOON);
  expect(await store.events(10)).toHaveLength(1);
});
