import { expect, onTestFinished, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import type { ReportedEvent } from '../../../src/event/event.ts';
import type { Endpoint } from '../../../src/pool/pool.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import type { RefreshOptions } from '../../../src/serve/follow/refresh-options.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { startEventReporter } from '../../../src/serve/report/event-reporter.ts';
import { type LeadershipOptions, startLeadership } from '../../../src/serve/report/leadership.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { openSimulatedStore } from '../../simulation/world/store.ts';

/** How long is waited for what is told. */
export const SOON = { timeout: 40_000, interval: 10 };

export const monitor = makeMonitor();
export const endpoints = ['a', 'b'].map((name, i) => makeEndpoint({ name, address: `192.0.2.${i + 1}` }));
export const pool = makePool({ endpoints });

/** A store with one pool of two endpoints, and a worker that says how they are. */
export async function openWatched() {
  const store = openSimulatedStore(() => performance.now());
  await store.commit([
    { op: 'put', kind: 'monitor', id: monitor.id, unique: [], references: [], value: monitor },
    { op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value: pool },
  ]);
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  const renewing = setInterval(() => void store.renew(lease), 500);
  onTestFinished(() => clearInterval(renewing));
  let atMs = 0;
  const report = async (found: readonly (readonly [Endpoint, boolean])[], sinceResults = 0) => {
    const put = found.map(([endpoint, healthy]) => {
      const reason = healthy ? ('No failures' as const) : ('TCP connection failed' as const);
      const of = {
        check: checkKeyOf(monitor, endpoint),
        region: 'eu',
        worker: 'w',
        atMs: ++atMs,
        sinceResults,
      };
      return { observation: makeObservation({ ...of, healthy, lastOk: healthy, reason }), changed: true };
    });
    expect(await store.publish(lease, { put, drop: [], events: [] })).toBe('published');
  };
  /** `ab`: each endpoint by its name, in upper case when it is healthy. */
  const say = (text: string, sinceResults = 0) =>
    report(
      [...text].map((letter) => {
        const endpoint = endpoints.find(({ name }) => name === letter.toLowerCase())!;
        return [endpoint, letter !== letter.toLowerCase()];
      }),
      sinceResults,
    );
  const leave = () => {
    clearInterval(renewing);
    return store.leave(lease);
  };
  return { store, report, say, leave };
}

interface OtherNode
  extends Partial<Pick<LeadershipOptions, 'monotonicMs'>>,
    Pick<RefreshOptions, 'refusal'> {}

/** A node that asks for the lead, without its listeners. */
export function startNode(
  store: Store,
  node: string,
  policy: RefreshOptions['policy'] = {},
  other: OtherNode = {},
) {
  const said: [object, string][] = [];
  const note = (fields: object, message: string) => void said.push([fields, message]);
  const log = { info: note, warn: note, error: note };
  const publisher = createPublisher([], createTable({ replaced: () => {} }), () => {});
  const { refusal = () => undefined, ...clock } = other;
  const refresh = startRefresh({ store, publisher, log, probersPerRegion: 1, policy, refusal });
  const leadership = startLeadership({ store, node, log, ...clock });
  const eventReporter = startEventReporter({ store, leadership, refresh, log });
  const stop = async () => {
    await eventReporter.stop();
    await leadership.stop();
    await refresh.stop();
  };
  onTestFinished(stop);
  return { refresh, leadership, said, stop };
}

/** What was reported, oldest first, in short. */
export async function reported(store: Store): Promise<string[]> {
  const events = (await store.eventsAfter(undefined, 1_000, 'told')) as readonly ReportedEvent[];
  return events.map((event) => {
    const who = {
      endpoint: () => (event.kind === 'endpoint' ? event.endpoint : ''),
      pool: () => 'pool',
      load_balancer: () => (event.kind === 'load_balancer' ? event.loadBalancerName : ''),
      region: () => (event.kind === 'region' ? event.region : ''),
      worker: () => (event.kind === 'worker' ? event.worker : ''),
      override: () => 'override',
      alarm: () => (event.kind === 'alarm' ? event.alarm : ''),
    }[event.kind]();
    return `${who} ${event.was}>${event.now}`;
  });
}
/** Resolves once exactly this was reported. */
export const untilReported = (store: Store, ...expected: string[]) =>
  vi.waitFor(async () => expect(await reported(store)).toEqual(expected), SOON);
/** Whether somebody has looked at everything once. */
export const untilSettled = (store: Store) =>
  vi.waitFor(async () => expect([...(await store.reported()).keys()].length).toBeGreaterThan(0), SOON);
