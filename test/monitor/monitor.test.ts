import { createServer } from 'node:http';
import { expect, onTestFinished, test, vi } from 'vitest';
import { type MonitorOptions, type RunningMonitor, startMonitor } from '../../src/monitor/monitor.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';
import type { Write } from '../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../src/store/contract/failure.ts';
import { LEASE_MS } from '../../src/store/contract/workers.ts';
import type { Store } from '../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { listen } from '../probe/listen.ts';
import { observed, openStore } from './open-store.ts';

/** Longest wait for anything that needs no lease to end. */
const SOON = { timeout: 40_000, interval: 10 };
vi.setConfig({ testTimeout: 120_000 });

const FAST = makeMonitor({ intervalSeconds: 1, timeoutSeconds: 10 });

/** A worker, and what it logged, until the test ends. */
async function start(store: Store, options: Partial<MonitorOptions> = {}) {
  const lines: { level: string; message: string; fields: Record<string, unknown> }[] = [];
  const note = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, message, fields: { ...fields } });
  const log = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
  const defaults = { region: 'eu', probersPerRegion: 1, probesInFlightMax: 50, certificateWarningDays: 14 };
  const monitor = await startMonitor({ store, log, ...defaults, ...options });
  onTestFinished(() => monitor.stop());
  return { monitor, lines, said: (message: string) => lines.filter((line) => line.message === message) };
}

function put(value: Pool | typeof FAST): Write {
  const rest = { op: 'put', id: value.id, unique: [], references: [] } as const;
  return 'endpoints' in value ? { ...rest, kind: 'pool', value } : { ...rest, kind: 'monitor', value };
}

const poolOf = (endpoints: readonly Partial<Endpoint>[], fields: Partial<Pool> = {}) =>
  makePool({ endpoints: endpoints.map((own, at) => makeEndpoint({ name: `e${at}`, ...own })), ...fields });

/** Thirty endpoints, each a check of its own, all answered by one server. */
const manyAt = (port: number) =>
  poolOf(Array.from({ length: 30 }, (_, at) => ({ address: `127.0.1.${at + 1}`, port })));

/** A server on every loopback address whose answer can be changed. */
async function serveStatus() {
  const state = { status: 200, asked: 0 };
  const server = createServer((_request, response) => {
    state.asked++;
    response.writeHead(state.status).end();
  });
  const { port } = await listen(server, '0.0.0.0');
  return { port, state };
}

const transitionsIn = async (store: Store, limit: number) =>
  (await store.events(limit)).filter((event) => event.kind === 'health');
const holdersIn = async (store: Store) => new Set((await observed(store)).map(({ worker }) => worker));

/** The store as a worker sees it when its network is cut. */
function cuttable(store: Store) {
  const state = { isCut: false };
  const guarded = new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name] as (...args: unknown[]) => unknown;
      if (name === 'follow' || typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        if (state.isCut) throw new StoreUnavailable('cut off');
        return method.apply(target, args);
      };
    },
  });
  return { store: guarded, state };
}

test('a new check runs at once, and each change of health is an observation, an event and a log line', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const { monitor, said } = await start(store);
  await vi.waitFor(() => expect(monitor.status().isMember).toBe(true), SOON);
  const startedMs = performance.now();
  await store.commit([put(FAST), put(poolOf([{ port }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  expect((await observed(store))[0]).toMatchObject({
    region: 'eu',
    worker: monitor.worker.id,
    healthy: true,
    reason: 'No failures',
    responseCode: 200,
  });
  state.status = 500;
  await vi.waitFor(async () => expect((await observed(store))[0]!.healthy).toBe(false), SOON);
  await vi.waitFor(async () => expect(await store.events(10)).toHaveLength(2), SOON);
  expect((await transitionsIn(store, 10)).map(({ was, now }) => `${was} ${now}`)).toEqual([
    'healthy unhealthy',
    'unknown healthy',
  ]);
  const of = { pool: 'web', endpoint: 'e0', address: '127.0.0.1', monitor: FAST.id, region: 'eu' };
  expect(said('The health of an endpoint changed.').map(({ fields }) => fields)).toEqual([
    { ...of, was: 'unknown', now: 'healthy', reason: 'No failures' },
    { ...of, was: 'healthy', now: 'unhealthy', reason: 'Response code mismatch error' },
  ]);
});

test('an edited monitor runs at once, whatever its interval, and a late result of the old one is dropped', async () => {
  const store = openStore();
  const answers: ((ok: boolean) => void)[] = [];
  const probe: MonitorOptions['probe'] = () =>
    new Promise((resolve) => {
      answers.push((ok) => {
        const reason = ok ? 'No failures' : 'Response code mismatch error';
        resolve({ ok, reason, responseCode: 0, rttMs: 1 });
      });
    });
  const { monitor } = await start(store, { probe });
  const hourly = makeMonitor({ intervalSeconds: 3_600 });
  await store.commit([put(hourly), put(poolOf([{}]))]);
  await vi.waitFor(() => expect(answers).toHaveLength(1), SOON);
  await store.commit([put({ ...hourly, path: '/right', modifiedOn: '2026-11-24T00:00:00.000000Z' })]);
  await vi.waitFor(() => expect(monitor.status().skipped).toBe(1), SOON);
  answers[0]!(false);
  await vi.waitFor(() => expect(answers).toHaveLength(2), SOON);
  answers[1]!(true);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  expect(await transitionsIn(store, 10)).toMatchObject([{ was: 'unknown', now: 'healthy' }]);
});

test('disabled and deleted endpoints are not checked; only disabled ones keep their last result', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const { monitor } = await start(store);
  await store.commit([put(FAST), put(poolOf([{ port }, { port, address: '127.0.0.2' }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(2), SOON);
  await store.commit([put(poolOf([{ port }, { port, address: '127.0.0.2', enabled: false }]))]);
  await expect.poll(async () => (await observed(store)).filter(({ ended }) => ended).length, SOON).toBe(1);
  await store.commit([{ op: 'delete', kind: 'pool', id: poolOf([]).id }]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(0), SOON);
  const { asked } = state;
  expect(monitor.status()).toMatchObject({ checks: 0, held: 0, inFlight: 0, waiting: 0 });
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(state.asked).toBe(asked);
});

test('deleting a check that is running ends it at once', async () => {
  const store = openStore();
  const { port, connections } = await listen(createServer(() => {}));
  const { monitor } = await start(store);
  await store.commit([put(makeMonitor({ timeoutSeconds: 30 })), put(poolOf([{ port }]))]);
  await vi.waitFor(() => expect(connections.open).toBe(1), SOON);
  await store.commit([{ op: 'delete', kind: 'pool', id: poolOf([]).id }]);
  await vi.waitFor(() => expect([connections.open, monitor.status().inFlight]).toEqual([0, 0]), SOON);
  expect(await observed(store)).toEqual([]);
});

test('health and streaks survive a restart of the worker', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const slow = makeMonitor({ intervalSeconds: 3_600, consecutiveDown: 2 });
  const first = await start(store);
  await store.commit([put(slow), put(poolOf([{ port }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  const [before] = await observed(store);
  await first.monitor.stop();
  expect(await store.workers()).toEqual([]);
  state.status = 500;
  const second = await start(store);
  await vi.waitFor(
    async () => expect(await holdersIn(store)).toEqual(new Set([second.monitor.worker.id])),
    SOON,
  );
  expect((await observed(store))[0]).toMatchObject({
    healthy: true,
    lastOk: false,
    streak: 1,
    sinceMs: before!.sinceMs,
  });
  await second.monitor.stop();
  await start(store);
  await vi.waitFor(async () => expect((await observed(store))[0]!.healthy).toBe(false), SOON);
  expect((await transitionsIn(store, 10)).map(({ was, now }) => `${was} ${now}`)).toEqual([
    'healthy unhealthy',
    'unknown healthy',
  ]);
});

test('stop returns in time, gives up the lease, and writes nothing more', async () => {
  const store = openStore();
  const { port, connections } = await listen(
    createServer(() => {}),
    '0.0.0.0',
  );
  const { monitor } = await start(store);
  await store.commit([put(makeMonitor({ timeoutSeconds: 30 })), put(manyAt(port))]);
  await vi.waitFor(() => expect(connections.open).toBe(30), SOON);
  const startedMs = performance.now();
  await monitor.stop();
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(await store.workers()).toEqual([]);
  const { published } = monitor.status();
  await store.commit([put(FAST)]);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect([monitor.status().published, await observed(store)]).toEqual([published, []]);
});

test('stop returns in time while the store hangs', async () => {
  const store = openStore();
  const hanging = new Proxy(store, {
    get: (target, name: keyof Store) => (name === 'leave' ? () => new Promise(() => {}) : target[name]),
  });
  const { monitor } = await start(hanging);
  await vi.waitFor(() => expect(monitor.status().isMember).toBe(true), SOON);
  const startedMs = performance.now();
  await monitor.stop();
  expect(performance.now() - startedMs).toBeLessThan(20_000);
});

test('two workers share the checks of a region, and one that is cut off loses its share to the other', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const cut = cuttable(store);
  const first = await start(cut.store);
  await store.commit([put(FAST), put(manyAt(port))]);
  await vi.waitFor(() => expect(first.monitor.status().held).toBe(30), SOON);
  const second = await start(store);
  const workers: RunningMonitor[] = [first.monitor, second.monitor];
  const ids = new Set(workers.map(({ worker }) => worker.id));
  await vi.waitFor(async () => {
    expect(workers.map((each) => each.status().held).reduce((sum, held) => sum + held)).toBe(30);
    expect(await holdersIn(store)).toEqual(ids);
    expect(await observed(store)).toHaveLength(30);
  }, SOON);
  for (const each of workers) expect(each.status().held).toBeGreaterThan(5);

  cut.state.isCut = true;
  const startedMs = performance.now();
  await vi.waitFor(async () => expect(await holdersIn(store)).toEqual(new Set([second.monitor.worker.id])), {
    timeout: 40_000,
    interval: 20,
  });
  expect(performance.now() - startedMs).toBeGreaterThan(LEASE_MS - 1_500);
  expect(performance.now() - startedMs).toBeLessThan(30_000);
  const turns = (await transitionsIn(store, 100)).filter(({ was }) => was !== 'unknown');
  expect(turns.map(({ now, reason }) => `${now}: ${reason}`)).toEqual([]);

  state.status = 500;
  cut.state.isCut = false;
  await vi.waitFor(async () => {
    expect(await holdersIn(store)).toEqual(ids);
    const now = await observed(store);
    expect([now.length, now.filter(({ healthy }) => healthy).length]).toEqual([30, 0]);
  }, SOON);
  expect(first.said('The lease of this worker had ended. It joined again.')).toHaveLength(1);
});

test('results found while the store is away are published when it is back', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const cut = cuttable(store);
  const { monitor, said } = await start(cut.store);
  await store.commit([put(FAST), put(poolOf([{ port }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  cut.state.isCut = true;
  state.status = 500;
  await vi.waitFor(() => expect(said('The health of an endpoint changed.')).toHaveLength(2), SOON);
  state.status = 200;
  await vi.waitFor(() => expect(said('The health of an endpoint changed.')).toHaveLength(3), SOON);
  expect((await store.events(10)).length).toBe(1);
  cut.state.isCut = false;
  await vi.waitFor(async () => expect(await store.events(10)).toHaveLength(3), SOON);
  expect((await observed(store))[0]!.healthy).toBe(true);
  expect(monitor.status().publishFailures).toBeGreaterThan(0);
});

test('with two probers per region, two of three workers make each check', async () => {
  const store = openStore();
  const { port } = await serveStatus();
  await store.commit([put(FAST), put(manyAt(port))]);
  for (let i = 0; i < 3; i++) await start(store, { probersPerRegion: 2 });
  const other = await start(store, { region: 'us', probersPerRegion: 2 });
  await vi.waitFor(async () => {
    const all = await observed(store);
    expect(all.filter(({ region }) => region === 'eu')).toHaveLength(60);
    expect(all.filter(({ worker }) => worker === other.monitor.worker.id)).toHaveLength(30);
  }, SOON);
});

/** A store that can be replaced by an empty one, as a server that lost its disk. */
function replaceable() {
  let current = openStore();
  const losts = new Set<() => void>();
  const store = new Proxy({} as Store, {
    get(_target, name: keyof Store) {
      if (name === 'damage') return undefined;
      if (name !== 'follow')
        return (...args: never[]) => (current[name] as (...all: never[]) => unknown)(...args);
      return (...[from, follower]: Parameters<Store['follow']>) => {
        losts.add(follower.lost);
        return current.follow(from, follower);
      };
    },
  });
  return {
    store,
    replace() {
      current = openStore();
      for (const lost of losts) lost();
    },
  };
}

test('a store that lost its data does not make the worker drop its checks', async () => {
  const { store, replace } = replaceable();
  const { port, state } = await serveStatus();
  const { monitor, said } = await start(store);
  await store.commit([put(FAST), put(poolOf([{ port }, { port, address: '127.0.0.2' }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(2), SOON);
  replace();
  await vi.waitFor(() => expect(monitor.status().isSuspect).toBe(true), SOON);
  const told = said('The store cannot be trusted. The checks of the last good configuration go on.');
  expect(told).toMatchObject([{ level: 'error' }]);
  const { asked } = state;
  await vi.waitFor(() => expect(state.asked).toBeGreaterThan(asked + 2), SOON);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(2), SOON);
  await store.commit([put(FAST), put(poolOf([{ port }]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  expect(monitor.status()).toMatchObject({ isSuspect: false, checks: 1, held: 1 });
});

test('deleting the last pool is not taken for lost data', async () => {
  const store = openStore();
  const { port } = await serveStatus();
  const { monitor } = await start(store);
  await store.commit([put(FAST), put(poolOf([{ port }]))]);
  await vi.waitFor(() => expect(monitor.status().held).toBe(1), SOON);
  await store.commit([
    { op: 'delete', kind: 'pool', id: poolOf([]).id },
    { op: 'delete', kind: 'monitor', id: FAST.id },
  ]);
  await vi.waitFor(
    () => expect(monitor.status()).toMatchObject({ checks: 0, held: 0, isSuspect: false }),
    SOON,
  );
});

test('a worker starts without the store, and begins its checks when the store is reachable', async () => {
  const store = openStore();
  const { port } = await serveStatus();
  await store.commit([put(FAST), put(poolOf([{ port }]))]);
  const cut = cuttable(store);
  cut.state.isCut = true;
  const { monitor, said } = await start(cut.store);
  await vi.waitFor(() => expect(said('Cannot read the configuration from the store.')).toHaveLength(1), SOON);
  expect(monitor.status()).toMatchObject({ isMember: false, held: 0 });
  cut.state.isCut = false;
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
});

test('a check that this machine cannot make is counted and logged, and changes no health', async () => {
  const store = openStore();
  const state = { isBroken: false };
  const probe: MonitorOptions['probe'] = async () => {
    if (state.isBroken) throw new Error('no sockets left');
    return { ok: true, reason: 'No failures', responseCode: 200, rttMs: 1 };
  };
  const { monitor, said } = await start(store, { probe });
  await store.commit([put(FAST), put(poolOf([{}]))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(1), SOON);
  state.isBroken = true;
  await vi.waitFor(() => expect(monitor.status().faults).toBeGreaterThan(1), SOON);
  expect(said('Cannot run a check. Its endpoint keeps its last health.')).toHaveLength(1);
  expect((await observed(store))[0]!.healthy).toBe(true);
});

test('a slow check delays no other check, and is skipped while it runs', async () => {
  const store = openStore();
  let quick = 0;
  const probe: MonitorOptions['probe'] = async ({ address }, signal) => {
    if (address === '127.0.0.2') await new Promise((_, reject) => signal.addEventListener('abort', reject));
    quick++;
    return { ok: true, reason: 'No failures', responseCode: 200, rttMs: 1 };
  };
  const { monitor } = await start(store, { probe, probesInFlightMax: 2 });
  await store.commit([put(FAST), put(poolOf([{}, { address: '127.0.0.2' }]))]);
  await vi.waitFor(() => expect([quick >= 3, monitor.status().skipped >= 2]).toEqual([true, true]), SOON);
  expect(monitor.status().inFlight).toBe(1);
});

test('results that change nothing are published about once a second', async () => {
  const store = openStore();
  const { port, state } = await serveStatus();
  const { monitor } = await start(store);
  await store.commit([put(FAST), put(manyAt(port))]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(30), SOON);
  const before = { published: monitor.status().published, asked: state.asked };
  await vi.waitFor(() => expect(state.asked).toBeGreaterThanOrEqual(before.asked + 90), SOON);
  expect(monitor.status().published - before.published).toBeLessThanOrEqual(5);
  const [one] = await observed(store);
  await vi.waitFor(async () => expect((await observed(store))[0]!.atMs).toBeGreaterThan(one!.atMs), SOON);
});
