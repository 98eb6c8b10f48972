import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { previewView } from '../../src/admin/previews/view.ts';
import type { Check } from '../../src/check/check.ts';
import type { Outcome } from '../../src/check/outcome.ts';
import { PREVIEW_PROBES_MAX, startPreviews } from '../../src/monitor/previews.ts';
import type { Override } from '../../src/pool/override.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe as realProbe } from '../../src/probe/probe.ts';
import type { Lease } from '../../src/store/contract/workers.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { listen } from '../probe/listen.ts';
import { override } from '../store/contract/samples.ts';
import { WORKER } from './observations.ts';

const SOON = { timeout: 40_000, interval: 10 };
vi.setConfig({ testTimeout: 120_000 });
const ID = 'a'.repeat(32);
const MONITOR = makeMonitor({ type: 'tcp', port: 443, header: { Host: ['www.example.org'] } });
const GOOD: Outcome = { ok: true, reason: 'No failures', responseCode: 200, rttMs: 1.5 };

async function openStore(): Promise<{ store: Store; lease: Lease }> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-previews-'));
  const store = openEmbeddedStore(join(directory, 'store.sqlite'), { monotonicMs: () => 0 });
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, lease: await store.join(WORKER) };
}

/** Carries out previews by `probe` until the test ends; tells what was logged. */
function start(store: Store, lease: Lease, probe: (check: Check, signal: AbortSignal) => Promise<Outcome>) {
  const lines: string[] = [];
  const note = (_: object, message: string) => void lines.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const previews = startPreviews({ store, log, lease: () => lease, probe });
  onTestFinished(() => previews.stop());
  return { previews, lines };
}

test('a worker probes the enabled endpoints of each pool with the requested monitor, and answers pool by pool', async () => {
  const { store, lease } = await openStore();
  const one = makePool({
    id: '1'.repeat(32),
    enabled: false,
    minimumOrigins: 1,
    endpoints: [
      makeEndpoint({ name: 'a', address: '192.0.2.1', port: 8443 }),
      makeEndpoint({ name: 'b', address: 'b.example.org' }),
      makeEndpoint({ name: 'c', address: '192.0.2.3', enabled: false }),
    ],
  });
  const slow = makePool({ id: '2'.repeat(32), endpoints: [makeEndpoint({ address: '192.0.2.9' })] });
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const probed: unknown[] = [];
  const { lines } = start(store, lease, async ({ address, port, host, monitor }) => {
    probed.push({ address, port, host, monitor });
    if (address === '192.0.2.9') await released;
    if (address === 'b.example.org') return { ...GOOD, ok: false, reason: 'TCP Timeout', responseCode: 0 };
    return GOOD;
  });
  await store.requestPreview({ id: ID, monitor: MONITOR, pools: [one, slow] });

  const first = {
    pool: one.id,
    healthy: true,
    endpoints: [
      { address: '192.0.2.1', healthy: true, rttMs: 1.5, reason: 'No failures', responseCode: 200 },
      { address: 'b.example.org', healthy: false, rttMs: 1.5, reason: 'TCP Timeout', responseCode: 0 },
    ],
  };
  await expect.poll(() => store.preview(ID), SOON).toEqual([first]);
  expect(lines).toEqual([]);
  release();
  await expect.poll(() => store.preview(ID), SOON).toHaveLength(2);
  expect((await store.preview(ID))![1]).toMatchObject({ pool: slow.id, healthy: true });
  const host = 'www.example.org';
  expect(probed).toEqual([
    { address: '192.0.2.1', port: 8443, host, monitor: MONITOR },
    { address: 'b.example.org', port: 443, host, monitor: MONITOR },
    { address: '192.0.2.9', port: 443, host, monitor: MONITOR },
  ]);
  await expect.poll(() => lines, SOON).toEqual(['This worker ran a preview.']);
  expect((await store.observations()).observations).toEqual([]);
  expect(await store.events(1)).toEqual([]);
});

test(`${PREVIEW_PROBES_MAX} probes of a preview run at a time, and a probe that cannot be made says so`, async () => {
  const { store, lease } = await openStore();
  let running = 0;
  let most = 0;
  const { lines } = start(store, lease, async ({ address }) => {
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
    if (address === 'e7.example.org') throw new Error('no socket left');
    return GOOD;
  });
  const endpoints = Array.from({ length: PREVIEW_PROBES_MAX + 50 }, (_, i) =>
    makeEndpoint({ name: `e${i}`, address: `e${i}.example.org` }),
  );
  const minimumOrigins = endpoints.length;
  await store.requestPreview({ id: ID, monitor: MONITOR, pools: [makePool({ endpoints, minimumOrigins })] });
  await expect.poll(() => store.preview(ID), SOON).toHaveLength(1);
  const [found] = (await store.preview(ID))!;
  expect(most).toBe(PREVIEW_PROBES_MAX);
  expect(found!.healthy).toBe(false);
  expect(found!.endpoints.filter(({ healthy }) => !healthy)).toEqual([
    {
      address: 'e7.example.org',
      healthy: false,
      rttMs: 0,
      reason: 'Probe Not Possible',
      detail: 'no socket left',
      responseCode: 0,
    },
  ]);
  expect(lines).toContain('Cannot run a probe of a preview.');
});

test('a preview without endpoints ends at once, and stop gives up a running preview for another worker to take', async () => {
  const { store, lease } = await openStore();
  let signalled: AbortSignal | undefined;
  const { previews, lines } = start(store, lease, (_, signal) => {
    signalled = signal;
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  await store.requestPreview({ id: 'b'.repeat(32), monitor: MONITOR, pools: [] });
  await expect.poll(() => lines, SOON).toEqual(['This worker ran a preview.']);
  expect(await store.preview('b'.repeat(32))).toEqual([]);

  await store.requestPreview({ id: ID, monitor: MONITOR, pools: [makePool()] });
  await expect.poll(() => signalled, SOON).toBeDefined();
  await previews.stop();
  expect(signalled!.aborted).toBe(true);
  expect(await store.preview(ID)).toEqual([]);
  await store.leave(lease);
  const heir = await store.join({ ...WORKER, id: 'w2' });
  expect(await store.takePreview(heir)).toMatchObject({ id: ID });
});

test('a preview judges pools as they are served: overrides count, and a check that cannot be made is no failure', async () => {
  const { store, lease } = await openStore();
  const unmade: Outcome = { ok: false, reason: 'Probe Not Possible', responseCode: 0, rttMs: 0 };
  start(store, lease, async ({ address }) => (address.startsWith('no') ? unmade : GOOD));
  const ids = 'abcdef'.split('').map((each) => each.repeat(32));
  const endpoints = (...addresses: string[]) =>
    addresses.map((address) => makeEndpoint({ name: address, address }));
  const poolOf = (at: number, ...addresses: string[]) =>
    makePool({ id: ids[at]!, name: `p${at}`, endpoints: endpoints(...addresses) });
  const pools = [
    { ...poolOf(0, 'a', 'b'), minimumOrigins: 2 },
    poolOf(1, 'a'),
    poolOf(2, 'no-1', 'no-2'),
    poolOf(3, 'no-1', 'a'),
    poolOf(4, 'no-1'),
    { ...poolOf(5, 'a'), enabled: false, monitor: null },
  ];
  const of = (at: number, action: Override['action'], endpoint?: string) =>
    override(`o${at}`, { pool: ids[at]!, action, ...(endpoint ? { endpoint } : {}) });
  const overrides = [of(0, 'out', 'b'), of(1, 'maintenance'), of(4, 'in')];
  await store.requestPreview({ id: ID, monitor: MONITOR, pools, overrides });
  await expect.poll(() => store.preview(ID), SOON).toHaveLength(pools.length);
  const said = (await store.preview(ID))!.map(({ healthy, isUnknown }) => (isUnknown ? undefined : healthy));
  expect(said).toEqual([false, undefined, undefined, true, true, true]);
});

test('a preview of a denied target probes nothing and reports that the probe is not possible', async () => {
  const { store, lease } = await openStore();
  const means = { resolve: async () => ({ addresses: ['169.254.169.254'] }), ping: createPing() };
  start(store, lease, (check, signal) => realProbe(check, { ...means, signal }));
  const pool = makePool({ endpoints: [makeEndpoint({ address: 'a.example.org' })] });
  await store.requestPreview({ id: ID, monitor: MONITOR, pools: [pool] });
  const detail = expect.stringContaining('169.254.169.254 is denied');
  const endpoints = [
    expect.objectContaining({ address: 'a.example.org', reason: 'Probe Not Possible', detail }),
  ];
  await expect.poll(() => store.preview(ID), SOON).toEqual([expect.objectContaining({ endpoints })]);
});

test('a preview lists each address of a host name, and one healthy address makes the host name healthy', async () => {
  const { store, lease } = await openStore();
  const addresses = ['127.0.0.2', '169.254.169.254', '127.0.0.1'];
  const means = { resolve: async () => ({ addresses }), ping: createPing() };
  start(store, lease, (check, signal) => realProbe(check, { ...means, signal }));
  const { port } = await listen(createServer());
  const endpoint = makeEndpoint({ address: 'a.example.org', port });
  await store.requestPreview({ id: ID, monitor: MONITOR, pools: [makePool({ endpoints: [endpoint] })] });
  await expect.poll(() => store.preview(ID), SOON).toHaveLength(1);
  const view = Object.values(previewView((await store.preview(ID))!));
  const result = { response_code: 0, rtt: expect.stringMatching(/^[\d.]+ms$/) };
  const well = { ...result, healthy: true, failure_reason: 'No failures' };
  const dead = { ...result, healthy: false, failure_reason: 'TCP connection failed' };
  const detail = expect.stringContaining('169.254.169.254 is denied');
  const denied = { ...result, healthy: false, failure_reason: 'Probe Not Possible', failure_detail: detail };
  const told = [
    { address: '127.0.0.2', ...dead },
    { address: '169.254.169.254', ...denied },
    { address: '127.0.0.1', ...well },
  ];
  expect(view).toEqual([{ healthy: true, origins: [{ 'a.example.org.': { ...well, addresses: told } }] }]);
});
