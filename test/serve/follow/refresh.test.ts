import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { checkKeyOf } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import { NameError, parseName } from '../../../src/dns/name.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { Type } from '../../../src/dns/type.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { membersOf } from '../../../src/pool/members.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { type Refresh, startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import type { Write } from '../../../src/store/contract/documents.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Lease } from '../../../src/store/contract/workers.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { type LastGood, openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { responderOver } from '../../answer/respond/responder.ts';
import { healthIn } from '../health/endpoint-status.ts';

const zone: Zone = {
  apex: parseName('example.com'),
  soa: {
    mname: parseName('ns1.example.com'),
    rname: parseName('hostmaster.example.com'),
    ttlSeconds: 3600,
    refreshSeconds: 1,
    retrySeconds: 1,
    expireSeconds: 1,
    minimumSeconds: 10,
  },
  rrsets: [],
  pools: parseName('pools.example.com'),
  poolTtlSeconds: 30,
};

const monitor: Monitor = {
  id: 'm'.repeat(32),
  type: 'http',
  description: '',
  intervalSeconds: 60,
  timeoutSeconds: 5,
  retries: 0,
  method: 'GET',
  path: '/',
  expectedBody: '',
  followRedirects: false,
  allowInsecure: false,
  probeZone: '',
  createdOn: '',
  modifiedOn: '',
};

function poolOf(name: string, addresses: readonly string[], fields: Partial<Pool> = {}): Pool {
  return {
    id: name.padEnd(32, '0'),
    name,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    notificationEmail: '',
    endpoints: addresses.map((address) => ({
      name: address,
      address,
      enabled: true,
      weight: 1,
      flattenCname: true,
    })),
    createdOn: '',
    modifiedOn: '',
    ...fields,
  };
}

const put = (pool: Pool): Write => ({
  op: 'put',
  kind: 'pool',
  id: pool.id,
  value: pool,
  unique: [pool.name],
  references: pool.monitor ? [{ kind: 'monitor', id: pool.monitor }] : [],
});
const putMonitor = (value: Monitor): Write => ({
  op: 'put',
  kind: 'monitor',
  id: value.id,
  value,
  unique: [],
  references: [],
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
let directory: string;
let store: Store;
const open: { stop(): unknown }[] = [];
const unpublished = vi.fn();

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-'));
  store = openEmbeddedStore(join(directory, 'store.sqlite'));
  open.push({ stop: () => store.close() });
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
  rmSync(directory, { recursive: true });
});

function node(
  over: Store = store,
  lastGood?: LastGood,
): Refresh & { ask(name: string, type?: number): number | string[] } {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { respond } = responderOver(reader);
  const publisher = createPublisher([zone], table, unpublished);
  const refresh = startRefresh({
    store: over,
    publisher,
    log,
    probersPerRegion: 1,
    ...(lastGood ? { lastGood } : {}),
  });
  open.push(refresh);
  /** The addresses in the answer, or the code where there is none. */
  const ask = (name: string, type: number = Type.A) => {
    const wire = parseName(name);
    const query = Buffer.concat([
      Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      wire,
      Buffer.from([0, type, 0, 1]),
    ]);
    const reply = Buffer.alloc(65_535);
    respond(query, reply, Transport.TCP);
    const count = reply.readUInt16BE(6);
    if (count === 0) return reply[3]! & 0x0f;
    const first = query.length;
    return Array.from({ length: count }, (_, i) =>
      reply.subarray(first + 16 * i + 12, first + 16 * i + 16).join('.'),
    ).sort();
  };
  return Object.assign(Object.create(refresh), { ask });
}

async function report(
  lease: Lease,
  pool: Pool,
  states: Readonly<Record<string, boolean>>,
  fields: Partial<Observation> = {},
): Promise<void> {
  const found = pool.endpoints.filter(({ address }) => address in states);
  await store.publish(lease, {
    put: found.map((endpoint) => ({
      changed: true,
      observation: {
        check: checkKeyOf(monitor, endpoint),
        region: lease.worker.region,
        worker: lease.worker.id,
        healthy: states[endpoint.address]!,
        lastOk: states[endpoint.address]!,
        streak: 1,
        sinceMs: 0,
        atMs: 0,
        reason: 'No failures',
        responseCode: 200,
        rttMs: 1,
        ...fields,
      },
    })),
    drop: [],
    events: [],
  });
}

const a = '192.0.2.1';
const b = '192.0.2.2';

test('a node answers SERVFAIL until it has read the store, and then from the store', async () => {
  await store.commit([put(poolOf('web', [a, b]))]);
  const { ask } = node();
  expect(ask('web.pools.example.com')).toBe(Rcode.SERVFAIL);
  await vi.waitUntil(() => ask('web.pools.example.com') !== Rcode.SERVFAIL);
  expect(ask('web.pools.example.com')).toEqual([a, b]);
  expect(ask('other.pools.example.com')).toBe(Rcode.NXDOMAIN);
});

test('answers follow pools that are created, renamed, disabled, enabled and deleted', async () => {
  const { ask } = node();
  const pool = poolOf('web', [a]);
  await store.commit([put(pool)]);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
  await store.commit([put({ ...pool, name: 'app' })]);
  await vi.waitFor(() => expect(ask('app.pools.example.com')).toEqual([a]));
  expect(ask('web.pools.example.com')).toBe(Rcode.NXDOMAIN);
  await store.commit([put({ ...pool, name: 'app', enabled: false })]);
  await vi.waitFor(() => expect(ask('app.pools.example.com')).toBe(Rcode.NXDOMAIN));
  await store.commit([put(pool)]);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
  await store.commit([{ op: 'delete', kind: 'pool', id: pool.id }]);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toBe(Rcode.NXDOMAIN));
});

test('two pools that swap names in one commit are never both missing', async () => {
  const { ask } = node();
  const one = poolOf('one', [a]);
  const two = poolOf('two', [b]);
  await store.commit([put(one), put(two)]);
  await vi.waitFor(() => expect(ask('two.pools.example.com')).toEqual([b]));
  await store.commit([
    put({ ...one, name: 'x' }),
    put({ ...two, name: 'one' }),
    put({ ...one, name: 'two' }),
  ]);
  await vi.waitFor(() => expect(ask('one.pools.example.com')).toEqual([b]));
  expect(ask('two.pools.example.com')).toEqual([a]);
});

test('a monitored endpoint is out until its first result, and then follows its health', async () => {
  const { ask } = node();
  const pool = poolOf('web', [a, b], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toBe(Rcode.NOERROR));
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  await report(lease, pool, { [a]: true });
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
  await report(lease, pool, { [a]: false, [b]: true });
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([b]));
  await store.leave(lease);
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  expect(ask('web.pools.example.com')).toEqual([b]);
});

test('a changed monitor keeps the verdicts until its first result', async () => {
  const first = node();
  const { ask } = first;
  const pool = poolOf('web', [a], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  await report(await store.join({ id: 'w', region: 'eu', startedAtMs: 0 }), pool, { [a]: true });
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
  const { revision } = (await store.commit([putMonitor({ ...monitor, port: 8080 })])) as { revision: number };
  await vi.waitUntil(() => first.revision === revision);
  expect(ask('web.pools.example.com')).toEqual([a]);
});

test('a host name had no addresses after a change of its monitor or after a start without the store', async () => {
  const path = join(directory, 'last-good.sqlite');
  const failed = vi.fn();
  const before = openLastGood(path, failed);
  const first = node(store, before);
  const pool = poolOf('web', ['www.example.net'], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  await report(lease, pool, { 'www.example.net': true }, { addresses: [a, b] });
  await vi.waitFor(() => expect(first.ask('web.pools.example.com')).toEqual([a, b]));
  const { revision } = (await store.commit([putMonitor({ ...monitor, port: 8080 })])) as { revision: number };
  await vi.waitUntil(() => first.revision === revision);
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  expect(first.ask('web.pools.example.com')).toEqual([a, b]);
  await first.stop();
  before.close();

  const after = openLastGood(path, failed);
  open.push({ stop: () => after.close() });
  const away = () => Promise.reject(new StoreUnavailable('away'));
  const later = node(without({ read: away, workers: away }), after);
  await vi.waitFor(() => expect(later.ask('web.pools.example.com')).toEqual([a, b]));
  expect(failed).not.toHaveBeenCalled();
});

test('members from a host name have the TTL of the latest observation', async () => {
  const refresh = node();
  const pool = poolOf('web', ['www.example.net'], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  const members = () => membersOf(pool, (endpoint) => healthIn(refresh, pool, endpoint));
  for (const addressTtlSeconds of [8, 4]) {
    await report(lease, pool, { 'www.example.net': true }, { addresses: [a], addressTtlSeconds });
    await vi.waitFor(() =>
      expect(members()).toEqual([{ address: a, weight: 100, ttlSeconds: addressTtlSeconds }]),
    );
  }
});

/** The same store, but for what a test takes away. */
function without(taken: Partial<Store>): Store {
  return { ...store, ...taken };
}

test('a pool that cannot be published is reported, and the others are published', async () => {
  const { ask } = node();
  unpublished.mockReset();
  // A name that no validation lets through: one octet more than a label has (RFC 1035 §2.3.4).
  const broken = poolOf('x'.repeat(64), [a]);
  await store.commit([put({ ...broken, id: 'f'.repeat(32) }), put(poolOf('app', [b]))]);
  await vi.waitFor(() => expect(ask('app.pools.example.com')).toEqual([b]));
  expect(unpublished).toHaveBeenCalledExactlyOnceWith(broken.name, expect.any(NameError));
  await store.commit([put({ ...broken, id: 'f'.repeat(32), name: 'web' })]);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
});

test('a node follows health while the store has lost the configuration', async () => {
  const pool = poolOf('web', [a, b], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  const lease = await store.join({ id: 'w', region: 'eu', startedAtMs: 0 });
  await report(lease, pool, { [a]: true, [b]: true });
  let isEmptied = false;
  let lose: () => void = () => undefined;
  const { ask } = node(
    without({
      read: async () => (isEmptied ? { epoch: 'another', revision: 0, documents: [] } : store.read()),
      follow: (_, follower) => {
        lose = () => follower.lost();
        return { stop: async () => undefined };
      },
    }),
  );
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a, b]));
  isEmptied = true;
  lose();
  await report(lease, pool, { [a]: false });
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([b]), 40_000);
});

test('a store that became empty does not empty the answers', async () => {
  await store.commit([put(poolOf('web', [a]))]);
  let isEmptied = false;
  let lose: () => void = () => undefined;
  const emptied = without({
    read: async () => (isEmptied ? { epoch: 'another', revision: 0, documents: [] } : store.read()),
    follow: (position, follower) => {
      lose = () => follower.lost();
      return store.follow(position, follower);
    },
  });
  const { ask } = node(emptied);
  await vi.waitFor(() => expect(ask('web.pools.example.com')).toEqual([a]));
  isEmptied = true;
  lose();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(ask('web.pools.example.com')).toEqual([a]);
  // What is configured anew is served.
  isEmptied = false;
  await store.commit([put(poolOf('app', [b]))]);
  await vi.waitFor(() => expect(ask('app.pools.example.com')).toEqual([b]));
});

test('a node starts from its last good state while the store is away, and later loads the store', async () => {
  const path = join(directory, 'last-good.sqlite');
  const failed = vi.fn();
  const pool = poolOf('web', [a, b], { monitor: monitor.id });
  await store.commit([putMonitor(monitor), put(pool)]);
  await report(await store.join({ id: 'w', region: 'eu', startedAtMs: 0 }), pool, { [a]: true, [b]: false });
  const before = openLastGood(path, failed);
  const first = node(store, before);
  await vi.waitFor(() => expect(first.ask('web.pools.example.com')).toEqual([a]));
  await first.stop();
  before.close();

  let isAway = true;
  const away = async () => {
    throw new StoreUnavailable('away');
  };
  const after = openLastGood(path, failed);
  open.push({ stop: () => after.close() });
  const later = node(
    without({
      read: async () => (isAway ? away() : store.read()),
      workers: async () => (isAway ? away() : store.workers()),
    }),
    after,
  );
  await vi.waitFor(() => expect(later.ask('web.pools.example.com')).toEqual([a]));
  expect(later.isReady).toBe(true);
  expect(later.presence.isConnected).toBe(false);
  await store.commit([put(poolOf('app', [b]))]);
  isAway = false;
  await vi.waitFor(() => expect(later.ask('app.pools.example.com')).toEqual([b]), 40_000);
  expect(later.ask('web.pools.example.com')).toEqual([a]);
  expect(failed).not.toHaveBeenCalled();
});
