import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { healthSourceOf } from '../../../src/commands/source/health-source.ts';
import { startMonitor } from '../../../src/monitor/monitor.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { listen } from '../../probe/listen.ts';
import { healthIn } from './endpoint-status.ts';

const SOON = { timeout: 40_000, interval: 5 };
vi.setConfig({ testTimeout: 120_000 });

test('a mass failure waits for the second round of checks, and verdicts change when they are stale for too long', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-mass-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  let status = 200;
  const { port } = await listen(
    createServer((_request, response) => void response.writeHead(status).end()),
    '0.0.0.0',
  );
  const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const monitor = await startMonitor({
    store,
    region: 'eu',
    log: quiet,
    probersPerRegion: 1,
    probesInFlightMax: 50,
    certificateWarningDays: 0,
  });
  onTestFinished(() => monitor.stop());
  const said: [object, string][] = [];
  const note = (fields: object, message: string) => void said.push([fields, message]);
  const refresh = startRefresh({
    store,
    publisher: createPublisher([], createTable({ replaced: () => {} }), () => {}),
    log: { info: note, warn: note, error: note },
    probersPerRegion: 1,
    policy: {
      stale: { afterMs: 1_000, policy: 'healthy' },
      massFailure: { share: 0.2, windowMs: 60_000, minimum: 2 },
    },
  });
  onTestFinished(() => refresh.stop());
  const value = makeMonitor({ intervalSeconds: 2, timeoutSeconds: 1 });
  const endpoints = Array.from({ length: 8 }, (_, i) => {
    const address = `127.0.4.${i + 1}`;
    return makeEndpoint({ name: address, address, port });
  });
  const pool = makePool({ endpoints });
  await store.commit([
    { op: 'put', kind: 'monitor', id: value.id, unique: [], references: [], value },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const healthy = () => endpoints.filter((each) => healthIn(refresh, pool, each).healthy).length;
  await vi.waitFor(() => expect(healthy()).toBe(8), SOON);

  status = 500;
  const unhealthyInStore = async () =>
    (await store.observations()).observations.filter((each) => !each.healthy).length;
  await vi.waitFor(async () => expect(await unhealthyInStore()).toBe(8), SOON);
  await vi.waitFor(
    () =>
      expect(said).toContainEqual([
        expect.objectContaining({ region: 'eu', pools: ['web'] }),
        expect.stringMatching(/^Mass failure: /),
      ]),
    SOON,
  );
  await vi.waitFor(() => expect(healthy()).toBe(0), SOON);
  await vi.waitFor(() => expect(said.at(-1)![1]).toMatch(/^Mass failure is over/), SOON);

  await monitor.stop();
  await vi.waitFor(() => expect(healthy()).toBe(8), SOON);
  expect(healthSourceOf(refresh, store).of(pool).endpoints[0]).toMatchObject({ healthy: true });
});
