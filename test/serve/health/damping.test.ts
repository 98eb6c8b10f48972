import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import { healthSourceOf } from '../../../src/commands/source/health-source.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openLastGood } from '../../../src/store/last-good/last-good.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeMonitor, makePool } from '../../probe/checks.ts';
import { healthIn } from './endpoint-status.ts';

const SOON = { timeout: 40_000, interval: 5 };
vi.setConfig({ testTimeout: 120_000 });

test('damping takes a flapping endpoint out, is logged and shown in the API, and ends by itself', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-damping-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  const lastGood = openLastGood(join(dir, 'last-good.sqlite'), () => expect.fail());
  onTestFinished(async () => {
    lastGood.close();
    await store.close();
    rmSync(dir, { recursive: true });
  });
  const said: [object, string][] = [];
  const note = (fields: object, message: string) => void said.push([fields, message]);
  const refresh = startRefresh({
    store,
    publisher: createPublisher([], createTable({ replaced: () => {} }), () => {}),
    log: { info: note, warn: note, error: note },
    probersPerRegion: 1,
    lastGood,
    policy: { damping: { flips: 2, windowMs: 3_000, holdMaxMs: 3_000 } },
  });
  onTestFinished(() => refresh.stop());
  const value = makeMonitor();
  const pool = makePool();
  const [endpoint] = pool.endpoints;
  await store.commit([
    { op: 'put', kind: 'monitor', id: value.id, unique: [], references: [], value },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  const renewing = setInterval(() => void store.renew(lease), 500);
  onTestFinished(() => clearInterval(renewing));
  const healthy = () => healthIn(refresh, pool, endpoint!).healthy;
  const remembered = () => lastGood.load()?.verdicts.get(checkKeyOf(value, endpoint!))?.healthy;
  const turn = async (isHealthy: boolean) => {
    const of = { check: checkKeyOf(value, endpoint!), region: 'eu', worker: 'w' };
    const observation = makeObservation({ ...of, healthy: isHealthy, lastOk: isHealthy });
    await store.publish(lease, { put: [{ observation, changed: true }], drop: [], events: [] });
  };
  for (const isHealthy of [true, false, true]) {
    await turn(isHealthy);
    await vi.waitFor(() => expect(healthy()).toBe(isHealthy), SOON);
  }
  await turn(false);
  await vi.waitFor(() => expect(said.at(-1)![1]).toMatch(/^Flapping: /), SOON);
  await turn(true);
  await vi.waitFor(
    () => expect(refresh.health.observationsOf(checkKeyOf(value, endpoint!))[0]!.healthy).toBe(true),
    SOON,
  );
  expect(healthy()).toBe(false);
  expect(healthSourceOf(refresh, store).of(pool).endpoints[0]).toMatchObject({ healthy: false });
  expect(refresh.health.heldOutMs(checkKeyOf(value, endpoint!))).toBeGreaterThan(0);
  await vi.waitFor(() => expect(healthy()).toBe(true), SOON);
  await vi.waitFor(() => expect(said.at(-1)![1]).toBe('Flapping is over: the checks decide again'), SOON);
  await vi.waitFor(() => expect(remembered()).toBe(true), SOON);
});
