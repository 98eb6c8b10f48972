import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import { healthSourceOf } from '../../../src/commands/source/health-source.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeGroup, makeMember } from '../../pool/groups.ts';
import { makeMonitor, makePool } from '../../probe/checks.ts';
import { override } from '../../store/contract/samples.ts';

const SOON = { timeout: 40_000, interval: 5 };
const quiet = () => {};

/** A node that follows a store with one monitored pool of one endpoint, a worker, and what the API is told. */
async function followed() {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-health-source-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  const monitor = makeMonitor();
  const pool = makePool();
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const refresh = startRefresh({
    store,
    publisher: createPublisher([], createTable(), () => expect.fail()),
    log: { info: quiet, warn: quiet, error: quiet },
    probersPerRegion: 1,
  });
  onTestFinished(async () => {
    await refresh.stop();
    await store.close();
    rmSync(dir, { recursive: true });
  });
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  const report = async (found: Partial<Observation>) => {
    const of = { check: checkKeyOf(monitor, pool.endpoints[0]!), region: 'eu', worker: 'w' };
    const observation = makeObservation({ ...of, ...found });
    await store.publish(lease, { put: [{ observation, changed: true }], drop: [], events: [] });
  };
  await vi.waitUntil(() => refresh.configured.pool(pool.id) !== undefined, SOON);
  return { store, pool, report, refresh, source: healthSourceOf(refresh, store) };
}

test('the health of a pool is the same object until a new result changes it', async () => {
  const { pool, report, source } = await followed();
  const first = () => source.of(pool).endpoints[0];
  expect(first()).toEqual({});
  await report({ healthy: false, reason: 'TCP Timeout', atMs: 1 });
  await vi.waitFor(() => expect(first()).toEqual({ healthy: false, failureReason: 'TCP Timeout' }), SOON);
  expect(source.of(pool)).toBe(source.of(pool));
  // The verdict stays, its reason does not.
  await report({ healthy: false, reason: 'HTTP timeout occurred', atMs: 2 });
  await vi.waitFor(() => expect(first()?.failureReason).toBe('HTTP timeout occurred'), SOON);
});

test('the health of a pool follows its overrides, and each pool object has its own', async () => {
  const { store, pool, report, source } = await followed();
  await report({ healthy: false, reason: 'TCP Timeout', atMs: 1 });
  await vi.waitFor(() => expect(source.of(pool).healthy).toBe(false), SOON);
  await store.commit([
    {
      op: 'put',
      kind: 'override',
      id: 'o',
      unique: [],
      references: [],
      value: override('o', { pool: pool.id, action: 'in' }),
    },
  ]);
  await vi.waitFor(() => expect(source.of(pool).healthy).toBe(true), SOON);
  expect(source.of({ ...pool, minimumOrigins: 2 }).healthy).toBe(false);
  expect(source.of(pool).healthy).toBe(true);
});

test('a watcher is called for each new result or reason, until it ends', async () => {
  const { report, refresh, source } = await followed();
  const heard = vi.fn();
  const end = source.watch(heard);
  await report({ healthy: false, reason: 'TCP Timeout', atMs: 1 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalled(), SOON);
  heard.mockClear();
  await report({ healthy: false, reason: 'HTTP timeout occurred', atMs: 2 });
  await vi.waitFor(() => expect(heard).toHaveBeenCalled(), SOON);
  heard.mockClear();
  end();
  const found = vi.fn();
  refresh.watchResults(found);
  await report({ healthy: false, reason: 'TCP Timeout', atMs: 3 });
  await vi.waitFor(() => expect(found).toHaveBeenCalled(), SOON);
  expect(heard).not.toHaveBeenCalled();
});

test.each([
  { undecided: 'only monitored', member: { monitoringOnly: true } },
  { undecided: undefined, member: { monitoringOnly: true, mustBeHealthy: true } },
  { undecided: 'not checked', member: { enabled: false } },
])('a group with $member is told as $undecided', async ({ undecided, member }) => {
  const { store, pool, refresh, source } = await followed();
  const group = makeGroup({ members: [makeMember({ monitorId: makeMonitor().id, ...member })] });
  const grouped = { ...pool, monitor: null, monitorGroup: group.id };
  await store.commit([
    { op: 'put', kind: 'monitor_group', id: group.id, unique: [], references: [], value: group },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: grouped },
  ]);
  await vi.waitUntil(() => refresh.configured.pool(pool.id)?.monitorGroup === group.id, SOON);
  expect((await source.workersOf!(grouped)).undecided).toBe(undecided);
});
