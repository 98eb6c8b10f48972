import { expect, test, vi } from 'vitest';
import type { ReportedLoadBalancer } from '../../../src/event/reported.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { withoutPool } from '../../../src/serve/publish/choice-of.ts';
import { createServedLoadBalancers } from '../../../src/serve/publish/served-load-balancers.ts';
import { createLoadBalancerReports } from '../../../src/serve/report/load-balancer-reports.ts';
import { makePool } from '../../probe/checks.ts';
import { endpoints, openWatched, SOON, startNode, untilSettled } from './reporting-node.ts';

vi.setConfig({ testTimeout: 120_000 });

const [a, b, last] = ['a', 'b', 'last'].map((name, i) =>
  makePool({
    id: `${i}`.repeat(32),
    name,
    endpoints: name === 'last' ? [{ ...endpoints[0]!, name, address: '192.0.2.9' }] : [endpoints[i]!],
    ...(name === 'last' && { monitor: '' }),
  }),
);
const LOAD_BALANCER: LoadBalancer = {
  id: 'f'.repeat(32),
  name: 'www.example.com',
  zoneName: 'example.com',
  description: '',
  enabled: true,
  proxied: false,
  defaultPools: [a!.id, b!.id],
  fallbackPool: last!.id,
  steeringPolicy: 'off',
  createdOn: '2026-01-01T00:00:00.000000Z',
  modifiedOn: '2026-01-01T00:00:00.000000Z',
};

type Watched = Awaited<ReturnType<typeof openWatched>>;

const put = (store: Watched['store'], value: LoadBalancer) =>
  store.commit([{ op: 'put', kind: 'load_balancer', id: value.id, unique: [], references: [], value }]);

async function openBalanced(): Promise<Watched> {
  const watched = await openWatched();
  for (const value of [a!, b!, last!])
    await watched.store.commit([
      { op: 'put', kind: 'pool', id: value.id, unique: [], references: [], value },
    ]);
  await put(watched.store, LOAD_BALANCER);
  return watched;
}

/** Waits until exactly these transitions of the load balancer are there: `healthy>degraded b`, with the pools that answer. */
const untilTurns = (store: Watched['store'], ...expected: string[]) =>
  vi.waitFor(async () => {
    const events = await store.eventsAfter(undefined, 1_000, 'told');
    const turns = events.flatMap((event) =>
      event.kind === 'load_balancer'
        ? `${event.was}>${event.now} ${event.pools.map(({ name }) => name).join()}`
        : [],
    );
    expect(turns).toEqual(expected);
  }, SOON);

test('the leading node reports each transition of a load balancer once, and which pool answers instead', async () => {
  const { store, say } = await openBalanced();
  const nodes = [startNode(store, 'n1'), startNode(store, 'n2')];
  await untilSettled(store);
  // The first results make it healthy, which is no news.
  await say('AB');
  const subject = `load_balancer/${LOAD_BALANCER.id}`;
  await vi.waitFor(
    async () => expect((await store.reported()).get(subject)).toMatchObject({ state: 'healthy' }),
    SOON,
  );
  await say('a');
  await untilTurns(store, 'healthy>degraded b');
  await say('b');
  const turns = ['healthy>degraded b', 'degraded>critical last'];
  await untilTurns(store, ...turns);
  // Another node goes on where the last one ended.
  const leading = nodes.find(({ leadership }) => leadership.lead !== undefined)!;
  await leading.stop();
  await say('A');
  turns.push('critical>degraded a');
  await untilTurns(store, ...turns);
  await say('B');
  turns.push('degraded>healthy a');
  await untilTurns(store, ...turns);
  await put(store, { ...LOAD_BALANCER, enabled: false });
  turns.push('healthy>disabled ');
  await untilTurns(store, ...turns);
  await put(store, { ...LOAD_BALANCER, defaultPools: [b!.id] });
  turns.push('disabled>healthy b');
  await untilTurns(store, ...turns);
  await say('b');
  turns.push('healthy>critical last');
  await untilTurns(store, ...turns);
  await store.commit([{ op: 'delete', kind: 'load_balancer', id: LOAD_BALANCER.id }]);
  turns.push('critical>deleted ');
  await untilTurns(store, ...turns);
});

test('of a load balancer whose pools have no result yet nothing is reported', async () => {
  const { store, say } = await openBalanced();
  startNode(store, 'n1');
  await untilSettled(store);
  await say('a');
  // Pool b may yet become healthy.
  await vi.waitFor(async () => {
    const events = await store.eventsAfter(undefined, 1_000, 'told');
    expect(events.some((event) => event.kind === 'pool' && event.poolName === 'a')).toBe(true);
  }, SOON);
  await untilTurns(store);
  await say('B');
  await untilTurns(store, 'unknown>degraded b');
});

test('all load balancers are gone through only where one of them changed', async () => {
  const served = createServedLoadBalancers();
  let walks = 0;
  const loadBalancers = {
    ...served,
    get changeCount() {
      return served.changeCount;
    },
    get all() {
      walks += 1;
      return served.all;
    },
  };
  const reports = createLoadBalancerReports({
    refresh: {
      loadBalancers,
      configured: { pool: () => undefined },
      choiceOf: withoutPool,
    } as unknown as Parameters<typeof createLoadBalancerReports>[0]['refresh'],
    epochMs: () => 0,
  });
  const look = async () => {
    for await (const { put, drop } of reports.due([])) {
      for (const { subject, state } of put) reports.note(subject, state as ReportedLoadBalancer);
      for (const subject of drop) reports.note(subject, undefined);
    }
  };
  const document = {
    kind: 'load_balancer',
    id: LOAD_BALANCER.id,
    revision: 1,
    value: LOAD_BALANCER,
  } as const;
  served.apply({ revision: 1, entries: [{ op: 'put', document }] });
  await look();
  await look();
  expect(walks).toBe(1);
  expect(reports.has(`load_balancer/${LOAD_BALANCER.id}`)).toBe(true);
  served.apply({ revision: 2, entries: [{ op: 'delete', kind: 'load_balancer', id: LOAD_BALANCER.id }] });
  await look();
  expect(walks).toBe(2);
  expect(reports.has(`load_balancer/${LOAD_BALANCER.id}`)).toBe(false);
  // What a node before this one reported, and what is gone since.
  reports.note(`load_balancer/${LOAD_BALANCER.id}`, {
    kind: 'load_balancer',
    name: LOAD_BALANCER.name,
    state: 'healthy',
    pools: [],
  });
  await look();
  expect(reports.has(`load_balancer/${LOAD_BALANCER.id}`)).toBe(false);
});
