import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { createTable } from '../../../src/answer/table.ts';
import { parsePrefix } from '../../../src/config/prefix.ts';
import { createLocator, type Locator } from '../../../src/place/locator.ts';
import { LocatorError } from '../../../src/place/locator-error.ts';
import { type Alarms, createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createServedState } from '../../../src/serve/follow/served-state.ts';
import { createLocating, type Locating } from '../../../src/serve/place/locating.ts';
import { PLACES_RETRY_MS } from '../../../src/serve/place/wanted-places.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import { startServe } from '../../../src/serve/serve.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { configOf } from '../../config/loading.ts';
import { makeEndpoint } from '../../probe/checks.ts';
import { loadBalancer, pool, putLoadBalancer, putPool } from '../../store/contract/samples.ts';
import { dig } from '../../support/dig.ts';
import { writeMmdb } from '../../support/mmdb.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const log = { info() {}, warn() {}, error() {} };
const ZONES = [zoneFile('example.org', '@ 60 NS ns1.example.net.', { pools: 'pools' })];
/** Steers by the place of a resolver. */
const STEERS = { locationStrategy: { mode: 'resolver_ip' } } as const;
const never = () => new Promise<never>(() => {});

let alarms: Alarms;
let unhandled: unknown[];
beforeEach(() => {
  alarms = createAlarms(log);
  unhandled = [];
  const note = (error: unknown) => void unhandled.push(error);
  process.on('unhandledRejection', note);
  onTestFinished(() => void process.off('unhandledRejection', note));
});

function openStore() {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-places-'));
  const store = openEmbeddedStore(join(directory, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return { store, directory };
}

/** A node with a pool, and a load balancer that steers by places. */
function node(placesKnown: () => Promise<void>) {
  const publisher = createPublisher(ZONES, createTable({}), () => expect.fail());
  const state = createServedState({
    publisher,
    zones: createServedZones(ZONES),
    probersPerRegion: 1,
    alarms,
    failed: (error) => expect.fail(String(error)),
    placesKnown,
  });
  onTestFinished(() => state.stop());
  const p = pool('p');
  state.replace({
    epoch: 'e',
    revision: 2,
    documents: [
      { kind: 'pool', id: 'p', revision: 1, value: p },
      { kind: 'load_balancer', id: 'l', revision: 2, value: loadBalancer('l', STEERS) },
    ] satisfies StoredDocument[],
  });
  const disable = () =>
    state.apply({
      revision: 3,
      entries: [
        { op: 'put', document: { kind: 'pool', id: 'p', revision: 3, value: { ...p, enabled: false } } },
      ],
    });
  return { state, publisher, disable };
}

test('a locator that cannot be loaded ended the process; it raises an alarm and is loaded again later', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let loads = 0;
  const { state, publisher } = node(async () => {
    loads += 1;
    if (loads < 3) throw new LocatorError('geo.mmdb cannot be read');
  });
  await vi.waitFor(() => expect(publisher.revision).toBe(2));
  expect(alarms.raised.get('alarm/geo_database/')?.cause).toBe('geo.mmdb cannot be read');
  expect(loads).toBe(1);
  await vi.advanceTimersByTimeAsync(PLACES_RETRY_MS);
  expect([loads, alarms.raised.size]).toEqual([2, 1]);
  await vi.advanceTimersByTimeAsync(PLACES_RETRY_MS);
  expect([loads, alarms.raised.size]).toEqual([3, 0]);
  await vi.advanceTimersByTimeAsync(10 * PLACES_RETRY_MS);
  expect(loads).toBe(3);
  expect(state.publication.isIdle).toBe(true);
  expect(unhandled).toEqual([]);
});

test('a node that stopped while the locator was loaded ended with an error', async () => {
  const { promise, reject } = Promise.withResolvers<void>();
  const { state, publisher } = node(() => promise);
  await vi.waitFor(() => expect(publisher.revision).toBe(2));
  state.stop();
  reject(new LocatorError('the thread that loads it ended'));
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled).toEqual([]);
  expect(alarms.raised.size).toBe(0);
});

test('while the locator was loaded nothing was published: a pool kept its endpoints until then', async () => {
  const { publisher, disable } = node(never);
  await vi.waitFor(() => expect(publisher.revision).toBe(2));
  disable();
  await vi.waitFor(() => expect(publisher.revision).toBe(3));
});

test('a locator that was there before the store was read published an empty configuration', async () => {
  const publisher = createPublisher(ZONES, createTable({}), () => expect.fail());
  const { store } = openStore();
  const refresh = startRefresh({ store, publisher, log, probersPerRegion: 1, after: never() });
  refresh.publishSoon();
  await new Promise((resolve) => setImmediate(resolve));
  expect([publisher.generation, refresh.isReady]).toEqual([0, false]);
  await refresh.stop();
});

test('a start from saved answers waited for the locator, and failed where there is none', async () => {
  const { store, directory } = openStore();
  await store.commit([putPool('p'), putLoadBalancer('l', STEERS)]);
  const config = { ...configOf('', { LIFEGUARD_DNS_LISTEN: '127.0.0.1:0' }), zones: ZONES };
  const start = (need: () => Promise<Locator>, isCurrent: boolean) =>
    startServe({
      config,
      store,
      log,
      locating: { locator: undefined, need, watch: () => () => {} },
      kept: {
        path: join(directory, 'answers'),
        fingerprint: 'f'.repeat(64),
        isCurrent: async () => isCurrent,
        after: Promise.resolve(),
      },
    });
  const first = await start(never, false);
  await vi.waitFor(() => expect(first.isReady).toBe(true));
  await first.stop();
  for (const need of [never, () => Promise.reject(new LocatorError('broken'))]) {
    const again = await start(need, true);
    expect(again.isReady).toBe(true);
    await vi.waitFor(() => expect(again.generation).toBeGreaterThan(0));
    await again.stop();
  }
  expect(unhandled).toEqual([]);
});

test('load balancers of saved answers steer by places as soon as the locator is there, before the store is read', async () => {
  const { store, directory } = openStore();
  const answering = (id: string, address: string) =>
    putPool(id, {}, { endpoints: [makeEndpoint({ address })] });
  await store.commit([
    answering('p', '192.0.2.1'),
    answering('q', '192.0.2.2'),
    putLoadBalancer('l', { ...STEERS, steeringPolicy: 'geo', countryPools: { JP: ['q'] } }),
  ]);
  const config = { ...configOf('', { LIFEGUARD_DNS_LISTEN: '127.0.0.1:0' }), zones: ZONES };
  const networks = [{ ...parsePrefix('203.0.113.0/24'), place: { country: 'JP' } }];
  const start = (locating: Pick<Locating, 'locator' | 'need' | 'watch'>, isCurrent: boolean) =>
    startServe({
      ...{ config, log, locating },
      // The second start does not come as far as to read the store.
      store: isCurrent ? Object.create(store, { read: { value: never } }) : store,
      kept: {
        path: join(directory, 'answers'),
        fingerprint: 'f'.repeat(64),
        isCurrent: async () => isCurrent,
        after: Promise.resolve(),
      },
    });
  const first = await start({ locator: undefined, need: never, watch: () => () => {} }, false);
  await vi.waitFor(() => expect(first.isReady).toBe(true));
  await first.stop();
  await vi.waitFor(() => expect(existsSync(join(directory, 'answers'))).toBe(true));

  let came: ((locator: Locator) => void) | undefined;
  const again = await start(
    {
      ...{ locator: undefined, need: never },
      watch(callback) {
        came = callback;
        return () => {};
      },
    },
    true,
  );
  const answerTo = (client: Uint8Array) =>
    decode(again.ask(queryPacket({ name: 'l.example.org' }), client)).answer.map(({ line }) =>
      line.split(' ').at(-1),
    );
  const ofThread = async () => (await dig(again.addresses[0]!, 'l.example.org')).rdata;
  const [client, other] = [Uint8Array.of(203, 0, 113, 7), Uint8Array.of(198, 51, 100, 7)];
  expect([answerTo(client), await ofThread()]).toEqual([['192.0.2.1'], ['192.0.2.1']]);
  const here = [{ ...parsePrefix('127.0.0.0/8'), place: { country: 'JP' } }];
  came!(createLocator({ databases: [], networks: [...networks, ...here] }));
  expect([answerTo(client), answerTo(other)]).toEqual([['192.0.2.2'], ['192.0.2.1']]);
  // The threads that answer clients get the locator, too.
  await vi.waitFor(async () => expect(await ofThread()).toEqual(['192.0.2.2']));
  expect(again.generation).toBe(0);
  await again.stop();
});

test('a locator that stopped while it looked at its files started a thread afterwards', async () => {
  const networks = [{ ...parsePrefix('192.0.2.0/24'), place: { country: 'JP' } }];
  const locating = createLocating({ geo: { databases: [], networks }, log });
  const needed = locating.need();
  await Promise.all([locating.stop(), expect(needed).rejects.toThrow('the server stops')]);
  expect(locating.locator).toBeUndefined();
});

test('a fault of another kind than a database was an unhandled rejection', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-places-'));
  const file = join(directory, 'none.mmdb');
  const geo = { databases: [file], networks: [] };
  const locating = createLocating({ geo, log, lookMs: 10 });
  onTestFinished(async () => {
    await locating.stop();
    rmSync(directory, { recursive: true });
  });
  locating.watch(() => {
    throw new TypeError('a fault of ours');
  });
  writeFileSync(file, writeMmdb([{ octets: new Uint8Array(4), bits: 1, record: { country_code: 'DE' } }]));
  locating.follow(alarms);
  await vi.waitFor(() => expect(alarms.raised.size).toBe(1), { timeout: 30_000 });
  expect([...alarms.raised.values()][0]!.cause).toBe('a fault of ours');
  expect(unhandled).toEqual([]);
});
