import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import { createPoolLatencies } from '../../../src/load-balancer/latency/pool-latencies.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { startMonitor } from '../../../src/monitor/monitor.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createLatencySweeps, READ_AT_ONCE } from '../../../src/serve/latency/latency-sweeps.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { responderOver } from '../../answer/respond/responder.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { listen } from '../../probe/listen.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { startRedis } from '../../support/server/redis.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const SOON = { timeout: 40_000, interval: 20 };
vi.setConfig({ testTimeout: 120_000 });

const MONITOR = makeMonitor({ intervalSeconds: 1, timeoutSeconds: 1 });
const NEAR = pool('a', '192.0.2.1');
const FAR = pool('b', '192.0.2.2');
const LB = loadBalancer('0'.repeat(32), {
  name: 'www.example.com',
  zoneName: 'example.com',
  defaultPools: [NEAR.id, FAR.id],
  fallbackPool: NEAR.id,
  steeringPolicy: 'dynamic_latency',
});

function pool(letter: string, ...addresses: string[]): Pool {
  return makePool({
    id: letter.repeat(32),
    name: letter,
    endpoints: addresses.map((address) => makeEndpoint({ name: address, address })),
  });
}

function put(kind: 'monitor' | 'pool' | 'load_balancer', value: Monitor | Pool | LoadBalancer): Write {
  return { op: 'put', kind, id: value.id, value, unique: [], references: [] } as unknown as Write;
}

function embedded(): Store {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-latency-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  return store;
}

async function redis(): Promise<Store> {
  const server = await startRedis();
  const store = openRedisStore(server.url, { prefix: 'latency' });
  onTestFinished(async () => {
    await store.close();
    await server.stop();
  });
  return store;
}

/** How long each address takes to answer, milliseconds, as seen from a region. */
type Rtts = Record<string, number>;

/** A worker of a region, which probes where no times are given. */
async function worker(store: Store, region: string, rtts?: Rtts): Promise<void> {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const monitor = await startMonitor({
    store,
    region,
    log,
    probersPerRegion: 1,
    probesInFlightMax: 10,
    certificateWarningDays: 0,
    ...(rtts && {
      probe: async ({ address }) => ({
        ok: true,
        reason: 'No failures',
        responseCode: 200,
        rttMs: rtts[address]!,
      }),
    }),
  });
  onTestFinished(() => monitor.stop());
}

/** A node of a region, whose sweeps are made by hand, at minutes that the test says. */
async function node(store: Store, region: string) {
  const warned: string[] = [];
  const log = {
    info: () => {},
    warn: (_: object, message: string) => void warned.push(message),
    error: () => {},
  };
  const fault = (_: unknown, error: unknown) => {
    throw error;
  };
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { respond } = responderOver(reader);
  const latencies = createPoolLatencies();
  const file = zoneFile('example.com', 'other 60 TXT a');
  const zones = createServedZones([file]);
  const publisher = createPublisher([file], table, fault, undefined, zones, {
    node: { region },
    byLatency: latencies.order,
    choiceOf: (id) => refresh.choiceOf(id),
    failed: fault,
  });
  const refresh = startRefresh({ store, publisher, zones, log, probersPerRegion: 1 });
  onTestFinished(() => refresh.stop());
  let minute = 0;
  const over = { isAway: false };
  const asked: number[] = [];
  const sweeps = createLatencySweeps({
    store: {
      observed(keys) {
        asked.push(keys.length);
        if (over.isAway) return Promise.reject(new StoreUnavailable('away'));
        return store.observed(keys);
      },
    },
    publisher,
    refresh,
    latencies,
    log,
    monotonicMs: () => minute * 60_000,
  });
  /** The first address that the load balancer answers. */
  const answered = () => {
    const reply = Buffer.alloc(512);
    const length = respond(queryPacket({ name: LB.name }), reply);
    return decode(reply.subarray(0, length)).answer[0]?.rdata;
  };
  return {
    warned,
    over,
    asked,
    latencies,
    publisher,
    refresh,
    answered,
    /** Sweeps at this many minutes, one after another, and waits until what follows is published. */
    async sweep(minutes = 1) {
      for (let i = 0; i < minutes; i += 1) {
        await sweeps.sweep();
        minute += 1;
      }
      await vi.waitFor(() => expect(publisher.isBehind).toBe(false), SOON);
    },
    /** Waits until the workers of so many regions are known. */
    ready: (regions: number) =>
      vi.waitFor(() => {
        expect(new Set(refresh.health.liveWorkers.map((each) => each.region)).size).toBe(regions);
        for (const each of [NEAR, FAR]) expect(refresh.choiceOf(each.id).isUsable).toBe(true);
        for (const [check] of [NEAR, FAR].map((each) =>
          refresh.configured.checksOf(each, each.endpoints[0]!),
        ))
          expect(refresh.health.observationsOf(check!.key)).toHaveLength(regions);
      }, SOON),
  };
}

/** Waits until the store has these times of a region. */
const stored = (store: Store, region: string, rtts: Rtts) =>
  vi.waitFor(async () => {
    const { observations } = await store.observations();
    const own = observations.filter((each) => each.region === region).map(({ rttMs }) => rttMs);
    expect(own.sort()).toEqual(Object.values(rtts).sort());
  }, SOON);

describe.each([
  { name: 'embedded', open: embedded },
  { name: 'Redis', open: redis },
])('over the $name store', ({ open }) => {
  test('clients of each region get the pool that its workers find quicker, and another one when that is so for minutes', async () => {
    const store = await open();
    await store.commit([
      put('monitor', MONITOR),
      put('pool', NEAR),
      put('pool', FAR),
      put('load_balancer', LB),
    ]);
    const europe: Rtts = { '192.0.2.1': 10, '192.0.2.2': 90 };
    const oceania: Rtts = { '192.0.2.1': 290, '192.0.2.2': 30 };
    await worker(store, 'WEU', europe);
    await worker(store, 'OC', oceania);
    const nodes = [await node(store, 'WEU'), await node(store, 'OC'), await node(store, 'SAS')] as const;
    const [weu, oc, sas] = nodes;
    for (const each of nodes) await each.ready(2);
    const first = Buffer.from([192, 0, 2, 1]).toString('hex');
    const second = Buffer.from([192, 0, 2, 2]).toString('hex');
    const answers = () => nodes.map(({ answered }) => answered());
    await vi.waitFor(() => expect(answers()).toEqual([first, first, first]), SOON);

    for (const each of nodes) await each.sweep(3);
    expect(answers()).toEqual([first, first, first]);
    for (const each of nodes) await each.sweep();
    expect(answers()).toEqual([first, second, first]);

    const { generation } = oc.publisher;
    const verdicts = oc.refresh.health.changes;
    const before = { ...verdicts };
    oceania['192.0.2.1'] = 1;
    await stored(store, 'OC', oceania);
    await oc.sweep(3);
    expect(oc.answered()).toBe(second);
    await vi.waitFor(async () => {
      await oc.sweep();
      expect(oc.answered()).toBe(first);
    }, SOON);
    expect(oc.publisher.generation).toBe(generation + 1);
    expect(oc.refresh.health.changes).toEqual(before);
    await weu.sweep(5);
    await sas.sweep(5);
    expect(answers()).toEqual([first, first, first]);
  });
});

test('of two servers that are probed, clients get the one that answers sooner', async () => {
  const store = embedded();
  const server = createServer((request, response) => {
    const isSlow = request.socket.localAddress === '127.0.0.1';
    setTimeout(() => response.end(), isSlow ? 600 : 0);
  });
  const { port } = await listen(server, '0.0.0.0');
  const at = (of: Pool, address: string) => ({ ...of, endpoints: [makeEndpoint({ address, port })] });
  await store.commit([
    put('monitor', { ...MONITOR, timeoutSeconds: 5 }),
    put('pool', at(NEAR, '127.0.0.1')),
    put('pool', at(FAR, '127.0.0.2')),
    put('load_balancer', LB),
  ]);
  await worker(store, 'WEU');
  const weu = await node(store, 'WEU');
  await vi.waitFor(async () => {
    await weu.sweep();
    // Until its first result the slow one is not usable.
    expect(weu.latencies.averagesOf(NEAR.id).get('WEU')).toBeGreaterThan(500);
    expect(weu.refresh.choiceOf(NEAR.id).isUsable).toBe(true);
    expect(weu.answered()).toBe(Buffer.from([127, 0, 0, 2]).toString('hex'));
  }, SOON);
});

test('while the store is away, each load balancer keeps its order, and the log says so', async () => {
  const store = embedded();
  await store.commit([
    put('monitor', MONITOR),
    put('pool', NEAR),
    put('pool', FAR),
    put('load_balancer', LB),
  ]);
  await worker(store, 'OC', { '192.0.2.1': 290, '192.0.2.2': 30 });
  const oc = await node(store, 'OC');
  await oc.ready(1);
  await oc.sweep(4);
  expect(oc.latencies.order(LB.defaultPools!, 'OC')).toEqual([FAR.id, NEAR.id]);
  oc.over.isAway = true;
  await oc.sweep(1);
  for (let i = 0; i < 3; i += 1) await oc.sweep(20);
  expect(oc.latencies.order(LB.defaultPools!, 'OC')).toEqual([FAR.id, NEAR.id]);
  expect(new Set(oc.warned.filter((line) => line.includes('how quick')))).toEqual(
    new Set(['Cannot read how quick pools are. Load balancers keep the order that they have.']),
  );
});

test('observations are read in bounded parts, and only of pools that a load balancer orders by latency', async () => {
  const store = embedded();
  const addresses = Array.from({ length: READ_AT_ONCE + 50 }, (_, i) => `198.51.100.${i % 250}`);
  const endpoints = addresses.map((address, i) => makeEndpoint({ name: `e${i}`, address, port: 1_000 + i }));
  const many = { ...FAR, endpoints };
  const unused = pool('c', '192.0.2.3');
  const writes = [put('monitor', MONITOR), put('pool', NEAR), put('pool', many), put('pool', unused)];
  await store.commit([...writes, put('load_balancer', LB)]);
  await worker(
    store,
    'OC',
    Object.fromEntries([...addresses, '192.0.2.1', '192.0.2.3'].map((each) => [each, 5])),
  );
  const oc = await node(store, 'OC');
  await vi.waitFor(() => {
    const checks = [NEAR, many].flatMap((each) =>
      each.endpoints.flatMap((endpoint) => oc.refresh.configured.checksOf(each, endpoint)),
    );
    for (const { key } of checks) expect(oc.refresh.health.observationsOf(key)).toHaveLength(1);
    expect(oc.refresh.health.liveWorkers).toHaveLength(1);
    expect(oc.publisher.generation).toBeGreaterThan(0);
  }, SOON);
  await oc.sweep();
  expect(Math.max(...oc.asked)).toBe(READ_AT_ONCE);
  expect(oc.asked.reduce((sum, each) => sum + each, 0)).toBe(READ_AT_ONCE + 51);
});
