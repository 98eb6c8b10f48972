import { expect, onTestFinished, test, vi } from 'vitest';
import type { Outcome } from '../../src/check/outcome.ts';
import type { Observation } from '../../src/health/observation.ts';
import { type MonitorOptions, startMonitor } from '../../src/monitor/monitor.ts';
import type { Publication } from '../../src/store/contract/observations.ts';
import type { Store } from '../../src/store/store.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';
import { observed, openStore } from './open-store.ts';

const SOON = { timeout: 40_000, interval: 10 };
vi.setConfig({ testTimeout: 120_000 });

const GOOD: Outcome = { ok: true, reason: 'No failures', responseCode: 200, rttMs: 1 };
const BAD: Outcome = { ok: false, reason: 'TCP connection failed', responseCode: 0, rttMs: 1 };

/** The store of a worker that can be paused: while it is, nothing is asked and no answer is heard. */
function pausable(store: Store) {
  let waking = Promise.withResolvers<void>();
  waking.resolve();
  const published: Observation[] = [];
  const paused = new Proxy(store, {
    get(target, name: keyof Store) {
      const method = target[name] as (...args: unknown[]) => unknown;
      if (name === 'follow' || typeof method !== 'function') return method;
      return async (...args: unknown[]) => {
        await waking.promise;
        const answer = await method.apply(target, args);
        if (name === 'publish' && answer === 'published')
          published.push(...(args[1] as Publication).put.map(({ observation }) => observation));
        return answer;
      };
    },
  });
  const pause = () => {
    waking = Promise.withResolvers<void>();
  };
  return { store: paused, pause, wake: () => waking.resolve(), published };
}

test('a paused worker that wakes late does not overwrite newer observations with its old results', async () => {
  const store = openStore();
  const monitor = makeMonitor({ intervalSeconds: 1, timeoutSeconds: 30 });
  // So many that each of two workers has some.
  const pool = makePool({
    endpoints: Array.from({ length: 10 }, (_, i) =>
      makeEndpoint({ name: `e${i}`, address: `192.0.2.${i + 1}` }),
    ),
  });
  let outcome = GOOD;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const start = async (over: Store, probe: MonitorOptions['probe']) => {
    const options = { region: 'eu', probersPerRegion: 1, probesInFlightMax: 50, certificateWarningDays: 0 };
    const running = await startMonitor({ store: over, log, ...options, probe: probe! });
    onTestFinished(() => running.stop());
    return running;
  };
  const sleeper = pausable(store);
  let answer = Promise.withResolvers<Outcome>();
  let asked = 0;
  answer.resolve(GOOD);
  const paused = await start(sleeper.store, () => {
    asked++;
    return answer.promise;
  });
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  await vi.waitFor(async () => expect(await observed(store)).toHaveLength(10), SOON);
  answer = Promise.withResolvers();
  const before = asked;
  await vi.waitFor(() => expect(asked).toBe(before + 10), SOON);

  sleeper.pause();
  outcome = BAD;
  await start(store, async () => outcome);
  const healthy = async () => (await observed(store)).filter((each) => each.healthy);
  await vi.waitFor(async () => expect(await healthy()).toEqual([]), SOON);
  const { length } = sleeper.published;
  const old = answer;
  answer = Promise.withResolvers();
  answer.resolve(BAD);
  old.resolve(GOOD);
  sleeper.wake();
  await vi.waitFor(async () => expect(await store.workers()).toHaveLength(2), SOON);
  await vi.waitFor(() => expect(paused.status().inFlight).toBe(0), SOON);
  await paused.stop();
  expect(sleeper.published.slice(length).filter((each) => each.healthy)).toEqual([]);
});
