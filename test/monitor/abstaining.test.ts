import { createServer } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Check } from '../../src/check/check.ts';
import { startMonitor } from '../../src/monitor/monitor.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { probe } from '../../src/probe/probe.ts';
import type { Store } from '../../src/store/store.ts';
import type { ReferenceTarget } from '../../src/voting/abstaining.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { listen } from '../probe/listen.ts';
import { observed, openStore } from './open-store.ts';

/** Two rounds of checks. */
const SETTLED_MS = 2_000;
const SOON = { timeout: 40_000, interval: 20 };
vi.setConfig({ testTimeout: 120_000 });
const MONITOR = makeMonitor({ intervalSeconds: 1, timeoutSeconds: 1 });

async function serving() {
  const state = { asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    response.end('well');
  });
  return { ...(await listen(server, '0.0.0.0')), state };
}

/** A worker whose network can be cut: then whatever it connects to is a port where nobody listens. */
async function start(store: Store, references: readonly ReferenceTarget[]) {
  const said: string[] = [];
  const note = (_fields: object, message: string) => void said.push(message);
  const network = { isCut: false };
  const options = { resolve: createResolve(), ping: () => Promise.reject(new Error('no pings here')) };
  const through = (check: Check): Check =>
    network.isCut ? { ...check, port: 1, address: '127.0.0.1' } : check;
  const monitor = await startMonitor({
    store,
    region: 'eu',
    log: { debug: note, info: note, warn: note, error: note },
    probersPerRegion: 1,
    probesInFlightMax: 50,
    certificateWarningDays: 0,
    references,
    probe: (check, signal) => probe(through(check), { ...options, signal }),
  });
  onTestFinished(() => monitor.stop());
  return { monitor, said, network };
}

const put = (store: Store, port: number, addresses: readonly string[]) => {
  const endpoints = addresses.map((address) => makeEndpoint({ name: address, address, port }));
  const pool = makePool({ endpoints });
  return store.commit([
    { op: 'put', kind: 'monitor', id: MONITOR.id, unique: [], references: [], value: MONITOR },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
};

test('a worker that is cut off publishes nothing and logs that it abstains, until its reference targets answer', async () => {
  const store = openStore();
  const endpoint = await serving();
  const reference = await serving();
  const { port } = reference;
  const target: ReferenceTarget = {
    text: 'http://reference',
    type: 'http',
    address: '127.0.0.1',
    port,
    path: '/',
  };
  const { monitor, said, network } = await start(store, [target]);
  await put(store, endpoint.port, ['127.0.0.1', '127.0.0.2']);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(2), SOON);

  network.isCut = true;
  await vi.waitFor(
    async () => expect(await store.workers()).toMatchObject([{ id: monitor.worker.id, isAbstaining: true }]),
    SOON,
  );
  // Two more rounds of checks, all of which fail.
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  expect((await observed(store)).map(({ healthy }) => healthy)).toEqual([true, true]);
  expect(monitor.status().isAbstaining).toBe(true);
  expect(await store.events(10)).toMatchObject([{ now: 'healthy' }, { now: 'healthy' }]);

  network.isCut = false;
  await vi.waitFor(async () => expect((await store.workers())[0]).not.toHaveProperty('isAbstaining'), SOON);
  const { asked } = endpoint.state;
  await vi.waitFor(() => expect(endpoint.state.asked).toBeGreaterThan(asked + 2), SOON);
  expect(said.filter((message) => /^This worker (abstains|votes)/.test(message))).toEqual([
    'This worker abstains from voting: it cannot reach most reference targets.',
    'This worker votes again: it reaches the reference targets.',
  ]);
});

test('other workers of the region take over the checks of an abstaining worker, and give them back', async () => {
  const store = openStore();
  const endpoint = await serving();
  const reference = await serving();
  const { port } = reference;
  const target: ReferenceTarget = {
    text: 'tcp://reference',
    type: 'tcp',
    address: '127.0.0.1',
    port,
    path: '/',
  };
  const cut = await start(store, [target]);
  const other = await start(store, []);
  await put(
    store,
    endpoint.port,
    Array.from({ length: 20 }, (_, i) => `127.0.3.${i + 1}`),
  );
  const shares = async () => {
    const all = await observed(store);
    return [cut, other].map(({ monitor }) => all.filter(({ worker }) => worker === monitor.worker.id).length);
  };
  // A worker that has just learned of the other, within a second, is about to give checks away.
  let sinceMs = performance.now();
  let before: readonly number[] = [];
  await vi.waitFor(async () => {
    const found = await shares();
    if (String(found) !== String(before)) sinceMs = performance.now();
    before = found;
    expect([found[0]! + found[1]!, found[0]! > 0, found[1]! > 0]).toEqual([20, true, true]);
    expect(performance.now() - sinceMs).toBeGreaterThan(SETTLED_MS);
  }, SOON);
  cut.network.isCut = true;
  await vi.waitFor(async () => expect(await shares()).toEqual([0, 20]), SOON);
  cut.network.isCut = false;
  await vi.waitFor(async () => expect(await shares()).toEqual(before), SOON);
  expect((await observed(store)).every(({ healthy }) => healthy)).toBe(true);
});
