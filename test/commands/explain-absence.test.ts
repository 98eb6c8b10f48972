import { expect, onTestFinished, test, vi } from 'vitest';
import { poolExplained } from '../../src/admin/explain/view.ts';
import { whatIfOf } from '../../src/admin/explain/what-if.ts';
import { createTable } from '../../src/answer/table.ts';
import { checkKeyOf } from '../../src/check/check.ts';
import { explainSourceOf } from '../../src/commands/source/explain-source.ts';
import { startRefresh } from '../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../src/serve/publish/publisher.ts';
import type { Serving } from '../../src/serve/serve.ts';
import { makeObservation } from '../monitor/observations.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { openSimulatedStore } from '../simulation/world/store.ts';

const NOTHING_SUPPOSED = whatIfOf({ endpoints: [], pools: [], place: undefined }, []).whatIf;

const SOON = { timeout: 40_000, interval: 10 };

test('a result from before an absence is shown as such, and has no vote', async () => {
  const store = openSimulatedStore(() => performance.now());
  const monitor = makeMonitor();
  const endpoint = makeEndpoint();
  const pool = makePool({ endpoints: [endpoint] });
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const check = checkKeyOf(monitor, endpoint);
  const lease = await store.join({ id: 'w1', region: 'eu', startedAtMs: 0, stay: 1 });
  const renewing = setInterval(() => void store.renew(lease), 500);
  onTestFinished(() => clearInterval(renewing));
  const find = (stay: number) =>
    store.publish(lease, {
      put: [{ observation: makeObservation({ check, stay }), changed: true }],
      drop: [],
      events: [],
    });
  await find(0);
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const publisher = createPublisher([], createTable({ replaced: () => {} }), () => {});
  const refresh = startRefresh({ store, publisher, log: quiet, probersPerRegion: 1 });
  onTestFinished(() => refresh.stop());
  const source = explainSourceOf({ refresh } as Serving, store, () => undefined);
  const until = (healthy: boolean | undefined, isFromBeforeAbsence: boolean) =>
    vi.waitFor(async () => {
      const [reasons] = (await source.reasons(pool)).values();
      const regions = [{ region: 'eu', healthy, observations: [{ isLive: true, isFromBeforeAbsence }] }];
      expect(reasons?.monitors).toMatchObject([{ regions }]);
    }, SOON);
  await until(undefined, true);
  await find(1);
  await until(true, false);
});

test('a last result of an ended check that the store dropped is not shown', async () => {
  const store = openSimulatedStore(() => performance.now());
  const monitor = makeMonitor();
  const endpoint = makeEndpoint();
  const pool = makePool({ endpoints: [endpoint] });
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: { ...pool, enabled: false } },
  ]);
  const check = checkKeyOf(monitor, endpoint);
  const lease = await store.join({ id: 'w1', region: 'eu', startedAtMs: 0 });
  const ended = { atMs: 1, pools: [pool.id] };
  const observation = makeObservation({ check, worker: 'w1', ended });
  await store.publish(lease, { put: [{ observation, changed: true }], drop: [], events: [] });
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const publisher = createPublisher([], createTable({ replaced: () => {} }), () => {});
  const refresh = startRefresh({ store, publisher, log: quiet, probersPerRegion: 1 });
  onTestFinished(() => refresh.stop());
  await vi.waitFor(() => expect(refresh.ended.inPool(pool.id)).toHaveLength(1), SOON);
  const source = explainSourceOf({ refresh } as Serving, store, () => undefined);
  const shown = async () => {
    const [reasons] = (await source.reasons(refresh.configured.pool(pool.id)!)).values();
    return reasons!.monitors.flatMap(({ regions }) => regions.flatMap((each) => each.observations));
  };
  expect(await shown()).toMatchObject([{ ended }]);
  await store.publish(lease, { put: [], drop: [{ check, region: 'eu', worker: 'w1' }], events: [] });
  expect(await shown()).toEqual([]);
});

test('a disabled pool does not show results that the store has dropped', async () => {
  const store = openSimulatedStore(() => performance.now());
  const monitor = makeMonitor();
  const endpoint = makeEndpoint();
  const pool = makePool({ endpoints: [endpoint] });
  const put = (enabled: boolean) =>
    store.commit([
      { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
      { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: { ...pool, enabled } },
    ]);
  await put(true);
  const check = checkKeyOf(monitor, endpoint);
  const lease = await store.join({ id: 'w1', region: 'eu', startedAtMs: 0 });
  const publish = (atMs: number, changed: boolean) => {
    const observation = makeObservation({ check, worker: 'w1', atMs, streak: atMs });
    return store.publish(lease, { put: [{ observation, changed }], drop: [], events: [] });
  };
  await publish(1, true);
  await publish(2, false);
  const quiet = { info: () => {}, warn: () => {}, error: () => {} };
  const publisher = createPublisher([], createTable({ replaced: () => {} }), () => {});
  const refresh = startRefresh({ store, publisher, log: quiet, probersPerRegion: 1 });
  onTestFinished(() => refresh.stop());
  await vi.waitFor(() => expect(refresh.configured.pool(pool.id)).toBeDefined(), SOON);
  await publish(3, false);
  const source = explainSourceOf({ refresh } as Serving, store, () => undefined);
  const shown = async () => {
    const now = refresh.configured.pool(pool.id)!;
    const [reasons] = (await source.reasons(now)).values();
    return reasons!.monitors.flatMap(({ regions }) => regions.flatMap((each) => each.observations));
  };
  await vi.waitFor(async () => expect(await shown()).toMatchObject([{ atMs: 3, streak: 3 }]), SOON);
  await put(false);
  await vi.waitFor(() => expect(refresh.configured.pool(pool.id)!.enabled).toBe(false), SOON);
  // Until the worker learns of it, the last result is there.
  expect(await shown()).toMatchObject([{ atMs: 3 }]);
  await store.publish(lease, { put: [], drop: [{ check, region: 'eu', worker: 'w1' }], events: [] });
  expect(await shown()).toEqual([]);
  const at = {
    zone: 'example.org.',
    answerOf: refresh.answerOf,
    pool: { ...refresh.configured.pool(pool.id)!, disabledAt: '2026-06-01T12:00:00Z' },
  };
  const explained = async () => {
    const reasons = await source.reasons(at.pool);
    return poolExplained(at, reasons, 'ipv4', NOTHING_SUPPOSED, 0).endpoints.map((each) => each.no_results);
  };
  expect(await explained()).toEqual([
    'No result is kept since the pool was disabled at 2026-06-01T12:00:00Z. The last verdict was healthy.',
  ]);
  const [off] = at.pool.endpoints;
  const reasons = new Map([[off!, (await source.reasons(at.pool)).values().next().value!]]);
  const told = (change: object) => {
    const disabled = { ...off!, ...change };
    const all = new Map([[disabled, reasons.get(off!)!]]);
    return poolExplained(
      { ...at, pool: { ...at.pool, enabled: true, endpoints: [disabled] } },
      all,
      'ipv4',
      NOTHING_SUPPOSED,
      0,
    ).endpoints.map((each) => each.no_results);
  };
  expect(told({ enabled: false })).toEqual([
    'No result is kept since the endpoint was disabled. The last verdict was healthy.',
  ]);
  expect(told({ enabled: true })).toEqual([null]);
});
