import { expect, onTestFinished, test, vi } from 'vitest';
import { checkKeyOf } from '../../../src/check/check.ts';
import { REPORTED_LINES_MAX, WRITE_EVENTS } from '../../../src/serve/report/event-reporter.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Store } from '../../../src/store/store.ts';
import { makeObservation } from '../../monitor/observations.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';
import { override } from '../../store/contract/samples.ts';
import { healthIn } from '../health/endpoint-status.ts';

import {
  endpoints,
  monitor,
  openWatched,
  pool,
  reported,
  SOON,
  startNode,
  untilReported,
  untilSettled,
} from './reporting-node.ts';

vi.setConfig({ testTimeout: 120_000 });

test('one of two nodes reports each transition once, with its object, reason and region', async () => {
  const { store, say } = await openWatched();
  const nodes = [startNode(store, 'n1'), startNode(store, 'n2')];
  await untilSettled(store);
  await say('AB');
  const first = ['a unknown>healthy', 'b unknown>healthy', 'pool unknown>healthy'];
  await vi.waitFor(async () => expect((await reported(store)).sort()).toEqual(first), SOON);
  const before = await reported(store);
  await say('a');
  await untilReported(store, ...before, 'a healthy>unhealthy');
  await say('b');
  const all = [...before, 'a healthy>unhealthy', 'b healthy>unhealthy', 'pool healthy>unhealthy'];
  await untilReported(store, ...all);
  const [last, one] = await store.events(2, undefined, 'told');
  const common = { pool: pool.id, poolName: pool.name, was: 'healthy', now: 'unhealthy' };
  expect(one).toMatchObject({ ...common, endpoint: 'b', address: '192.0.2.2', region: 'eu' });
  expect(one).toMatchObject({ kind: 'endpoint', reason: 'TCP connection failed', atMs: expect.any(Number) });
  expect(last).toMatchObject({ ...common, kind: 'pool' });

  const value = override('o'.repeat(32), { pool: pool.id, endpoint: 'a', action: 'in' });
  await store.commit([{ op: 'put', kind: 'override', id: value.id, unique: [], references: [], value }]);
  all.push('override pending>active', 'pool unhealthy>healthy');
  await untilReported(store, ...all);
  await store.commit([{ op: 'delete', kind: 'override', id: value.id }]);
  all.push('override active>deleted', 'pool healthy>unhealthy');
  await untilReported(store, ...all);
  expect(nodes.filter(({ leadership }) => leadership.lead !== undefined)).toHaveLength(1);
  // The log has them once the store has acknowledged them.
  const logged = () =>
    nodes.flatMap(({ said }) => said.filter(([, message]) => message.endsWith(' changed')));
  await vi.waitFor(() => expect(logged()).toHaveLength(all.length), SOON);
});

test('transitions while no node leads are reported by the next node that leads', async () => {
  const { store, say } = await openWatched();
  const first = startNode(store, 'n1');
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  const before = await reported(store);
  await first.stop();
  await say('a');
  startNode(store, 'n2');
  await untilReported(store, ...before, 'a healthy>unhealthy');
});

test('at the first start, the present status is not reported as a transition', async () => {
  const { store, say } = await openWatched();
  await say('Ab');
  startNode(store, 'n1');
  await vi.waitFor(
    async () =>
      expect((await store.reported()).get(`pool/${pool.id}`)).toMatchObject({ standing: 'healthy' }),
    SOON,
  );
  expect(await reported(store)).toEqual([]);
  await say('B');
  await untilReported(store, 'b unhealthy>healthy');
});

test('a first report that ends half-way reports no old status, and loses no later transition', async () => {
  const { store, report } = await openWatched();
  const many = Array.from({ length: WRITE_EVENTS + 50 }, (_, i) => {
    const endpoint = makeEndpoint({ name: `e${i}`, address: `10.0.${i >> 8}.${i & 255}` });
    return makePool({ id: String(i).padStart(32, '0'), name: `p${i}`, endpoints: [endpoint] });
  });
  await store.commit(
    many.map((value) => ({ op: 'put', kind: 'pool', id: value.id, unique: [], references: [], value })),
  );
  const endpointOf = (i: number) => many[i]!.endpoints[0]!;
  await report(many.map((_, i) => [endpointOf(i), true]));
  const second = Promise.withResolvers<void>();
  let writes = 0;
  const interrupted: Store = Object.assign(Object.create(store) as Store, {
    report: async (...args: Parameters<Store['report']>) => {
      writes += 1;
      if (writes === 1) return store.report(...args);
      second.resolve();
      return 'fenced';
    },
  });
  const first = startNode(interrupted, 'n1');
  await second.promise;
  await first.stop();
  const looked = await store.reported();
  const isLooked = many.map(({ id }) => looked.has(`pool/${id}`));
  expect(new Set(isLooked)).toEqual(new Set([true, false]));
  const [known, unknown] = [isLooked.indexOf(true), isLooked.indexOf(false)];
  await report([
    [endpointOf(known), false],
    [endpointOf(unknown), false],
  ]);
  startNode(store, 'n2');
  await vi.waitFor(
    async () => expect((await store.reported()).has(`pool/${many[unknown]!.id}`)).toBe(true),
    SOON,
  );
  await untilReported(store, `e${known} healthy>unhealthy`, 'pool healthy>unhealthy');
  await report([[endpointOf(unknown), true]]);
  const turned = [`e${unknown} unhealthy>healthy`, 'pool unhealthy>healthy'];
  await untilReported(store, `e${known} healthy>unhealthy`, 'pool healthy>unhealthy', ...turned);
});

test('a write with an unknown outcome is neither reported twice nor lost', async () => {
  const { store, say } = await openWatched();
  let fault: 'before' | 'after' | undefined;
  const broken: Store = Object.assign(Object.create(store) as Store, {
    report: async (...args: Parameters<Store['report']>) => {
      const was = fault;
      fault = undefined;
      if (was === 'before') throw new StoreUnavailable('refused');
      const answer = await store.report(...args);
      if (was === 'after') throw new StoreUnavailable('no answer');
      return answer;
    },
  });
  startNode(broken, 'n1');
  await untilSettled(store);
  fault = 'after';
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  const before = await reported(store);
  fault = 'before';
  await say('a');
  await untilReported(store, ...before, 'a healthy>unhealthy');
  await say('A');
  await untilReported(store, ...before, 'a healthy>unhealthy', 'a unhealthy>healthy');
});

test('a store that does not answer a report does not delay health', async () => {
  const { store, say } = await openWatched();
  const answered = Promise.withResolvers<'reported'>();
  const slow: Store = Object.assign(Object.create(store) as Store, { report: () => answered.promise });
  const { refresh } = startNode(slow, 'n1');
  onTestFinished(() => answered.resolve('reported'));
  const healthy = () => endpoints.map((each) => healthIn(refresh, pool, each).healthy);
  for (const [text, expected] of [
    ['AB', [true, true]],
    ['a', [false, true]],
    ['A', [true, true]],
  ] as const) {
    await say(text);
    await vi.waitFor(() => expect(healthy()).toEqual(expected), SOON);
  }
  expect(await reported(store)).toEqual([]);
});

test('a worker that leaves is reported after its grace, and the missing workers raise the alarm that the log has', async () => {
  const { store, say, leave } = await openWatched();
  const { said } = startNode(store, 'n1');
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  await leave();
  const gone = ['w live>absent', 'eu live>absent', 'no_workers quiet>raised'];
  await vi.waitFor(async () => expect((await reported(store)).slice(3).sort()).toEqual(gone.sort()), SOON);
  const [alarm] = (await store.events(10, undefined, 'told')).filter(({ kind }) => kind === 'alarm');
  const { reason } = alarm as { reason: string };
  expect(said.some(([, message]) => reason.startsWith(`${message} (start "lifeguard monitor"`))).toBe(true);
});

test('many transitions at once are all reported, and only a few of them are logged', async () => {
  const { store } = await openWatched();
  const many = Array.from({ length: REPORTED_LINES_MAX + 10 }, (_, i) =>
    makeEndpoint({ name: `e${i}`, address: `192.0.2.${i + 1}` }),
  );
  const large = makePool({ endpoints: many });
  await store.commit([{ op: 'put', kind: 'pool', id: large.id, unique: [], references: [], value: large }]);
  const { said } = startNode(store, 'n1');
  await untilSettled(store);
  const lease = await store.join({ id: 'w2', region: 'eu', startedAtMs: 0 });
  const put = many.map((endpoint) => ({
    observation: makeObservation({ check: checkKeyOf(monitor, endpoint), region: 'eu', worker: 'w2' }),
    changed: true,
  }));
  await store.publish(lease, { put, drop: [], events: [] });
  await vi.waitFor(
    async () =>
      expect((await reported(store)).filter((line) => line.startsWith('e'))).toHaveLength(many.length),
    SOON,
  );
  await vi.waitFor(
    () =>
      expect(said.at(-1)).toEqual([
        { more: expect.any(Number) },
        'More changed than is logged. "lifeguard events" shows all of it.',
      ]),
    SOON,
  );
  expect(said.filter(([, message]) => message.endsWith(' changed'))).toHaveLength(REPORTED_LINES_MAX);
});

test('a node that leads again, with no other in between, goes on without reading the reported status', async () => {
  const { store, say } = await openWatched();
  let reads = 0;
  const counted: Store = Object.assign(Object.create(store), {
    reported: () => {
      reads += 1;
      return store.reported();
    },
  });
  const { leadership, refresh } = startNode(counted, 'n1');
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  expect(reads).toBe(1);
  const { lead } = leadership;
  await store.resign(lead!);
  leadership.lost(lead!);
  await say('a');
  await vi.waitFor(() => expect(healthIn(refresh, pool, endpoints[0]!).healthy).toBe(false), SOON);
  await vi.waitFor(async () => expect((await reported(store)).at(-1)).toBe('a healthy>unhealthy'), SOON);
  expect(leadership.lead!.token).toBe(lead!.token + 1);
  expect(reads).toBe(1);
});

test('what a failover undid of the reported status was not reported again as long as one node led', async () => {
  const { store, say } = await openWatched();
  let connected: (isUp: boolean) => void = () => undefined;
  const followed: Store = Object.assign(Object.create(store) as Store, {
    follow: (...[from, follower]: Parameters<Store['follow']>) => {
      connected = follower.connected;
      return store.follow(from, follower);
    },
  });
  startNode(followed, 'n1');
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  const before = await reported(store);
  store.partReplica();
  await say('a');
  await untilReported(store, ...before, 'a healthy>unhealthy');
  connected(false);
  store.failOver();
  expect(await reported(store)).toEqual(before);
  connected(true);
  await vi.waitFor(async () => expect(await reported(store)).toContain('a healthy>unhealthy'), SOON);
});

test('in a slow mass failure an endpoint was reported as unhealthy, healthy and unhealthy again', async () => {
  const { store, say } = await openWatched();
  const { refresh } = startNode(store, 'n1', { massFailure: { share: 0.5, windowMs: 60_000, minimum: 2 } });
  await untilSettled(store);
  const withoutAlarms = async () =>
    (await reported(store)).filter((each) => !each.startsWith('mass_failure'));
  const until = (...expected: string[]) =>
    vi.waitFor(async () => expect((await withoutAlarms()).slice(-expected.length)).toEqual(expected), SOON);
  await say('AB');
  await until('pool unknown>healthy');
  await say('a');
  await until('a healthy>unhealthy');
  await say('b');
  const [a] = endpoints;
  await vi.waitFor(() => expect(healthIn(refresh, pool, a!).healthy).toBe(true), SOON);
  await vi.waitFor(async () => expect(await reported(store)).toContain('mass_failure quiet>raised'), SOON);
  await say('b', 1);
  await until('a healthy>unhealthy', 'b healthy>unhealthy');
  expect(healthIn(refresh, pool, a!).healthy).toBe(true);
  await say('a', 1);
  await until('a healthy>unhealthy', 'b healthy>unhealthy', 'pool healthy>unhealthy');
});

test('an endpoint that was kept in answers and is healthy again is reported as healthy', async () => {
  const { store, say } = await openWatched();
  startNode(store, 'n1', { massFailure: { share: 0.5, windowMs: 60_000, minimum: 2 } });
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toContain('pool unknown>healthy'), SOON);
  await say('a');
  await vi.waitFor(async () => expect(await reported(store)).toContain('a healthy>unhealthy'), SOON);
  await say('b');
  await vi.waitFor(async () => expect(await reported(store)).toContain('mass_failure quiet>raised'), SOON);
  await say('A');
  await vi.waitFor(async () => expect(await reported(store)).toContain('a unhealthy>healthy'), SOON);
});

test('the end of a deleted pool is reported with its addresses and filter', async () => {
  const { store, say } = await openWatched();
  const audience = { notificationEmail: 'a@example.org', notificationFilter: { origin: { disable: true } } };
  const value = { ...pool, ...audience };
  await store.commit([{ op: 'put', kind: 'pool', id: pool.id, unique: [], references: [], value }]);
  startNode(store, 'n1');
  await untilSettled(store);
  await say('ab');
  await vi.waitFor(async () => expect((await reported(store)).at(-1)).toBe('pool unknown>unhealthy'), SOON);
  await store.commit([{ op: 'delete', kind: 'pool', id: pool.id }]);
  await vi.waitFor(async () => expect((await reported(store)).at(-1)).toBe('pool unhealthy>deleted'), SOON);
  const [last] = await store.events(1, undefined, 'told');
  expect(last).toMatchObject({ now: 'deleted', audience });
});

test('a pool with fewer endpoints outside maintenance than its minimum was reported as unhealthy without end', async () => {
  const { store, say } = await openWatched();
  const both = { ...pool, minimumOrigins: 2 };
  await store.commit([{ op: 'put', kind: 'pool', id: both.id, unique: [], references: [], value: both }]);
  startNode(store, 'n1');
  await untilSettled(store);
  await say('AB');
  await vi.waitFor(async () => expect(await reported(store)).toHaveLength(3), SOON);
  const before = await reported(store);
  await say('a');
  await untilReported(store, ...before, 'a healthy>unhealthy', 'pool healthy>unhealthy');
  const value = override('o'.repeat(32), { pool: both.id, endpoint: 'b', action: 'maintenance' });
  await store.commit([{ op: 'put', kind: 'override', id: value.id, unique: [], references: [], value }]);
  await vi.waitFor(async () => expect((await reported(store)).at(-1)).toBe('override pending>active'), SOON);
  await say('A');
  const back = ['a unhealthy>healthy', 'pool unhealthy>healthy'];
  await vi.waitFor(async () => expect((await reported(store)).slice(-2)).toEqual(back), SOON);
  const [last] = await store.events(1, undefined, 'told');
  expect(last).toMatchObject({ reason: '1 of 2 endpoints may be answered; at least 1 must be' });
});
