import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { formatName } from '../../../src/dns/name.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { createServedLoadBalancers } from '../../../src/serve/publish/served-load-balancers.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, Configuration, Write } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { newDecidedEpoch, serialBaseOf } from '../../../src/store/integrity/epoch.ts';
import type { Store } from '../../../src/store/store.ts';
import { valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import { putLoadBalancer, putMonitor, putPool, remove, zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const NS = '@ 60 NS ns1.example.net.';
const FILE = [zoneFile('static.example.com', NS), zoneFile('example.com', NS, { pools: 'pools' })];

const putZone = (id: string, settings: object = {}): Write => ({
  op: 'put',
  kind: 'zone',
  id,
  value: zone(id, { settings: { ns: [{ name: 'ns1.example.net' }], ...settings } }),
  unique: [],
  references: [],
});

function openStore(): Store {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-serials-'));
  const store = openEmbeddedStore(join(directory, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

/** A node that has read a configuration whole, and shows its serials by the first label of a zone's name. */
function nodeAt(read: Configuration) {
  const zones = createServedZones(FILE);
  zones.load(read.documents);
  const loadBalancers = createServedLoadBalancers();
  loadBalancers.load(read.documents);
  zones.number(read);
  const serials = () =>
    Object.fromEntries(
      [...valuesUnder(loadBalancers.addTo(zones.all), '')].map((each) => [
        formatName(each.apex).split('.')[0]!,
        zones.serialOf(each),
      ]),
    );
  const apply = (change: Change) => {
    zones.apply(change);
    loadBalancers.apply(change);
  };
  return { zones, apply, serials };
}

/** Commits each step and expects these serials on a node that follows, on one that starts, and of a reading that was brought forward. */
async function expectSerials(steps: readonly (readonly [readonly Write[], object])[]): Promise<void> {
  const store = openStore();
  const follower = nodeAt(await store.read());
  let known = await store.read();
  for (const [writes, wanted] of steps) {
    const { revision } = (await store.commit(writes)) as { revision: number };
    const read = await store.read();
    follower.apply({
      revision,
      entries: writes.flatMap((write): Change['entries'][number][] => {
        const put = (of: Pick<Write, 'kind' | 'id'>) => ({
          op: 'put' as const,
          document: read.documents.find(({ kind, id }) => kind === of.kind && id === of.id)!,
        });
        if (write.op === 'put') return [put(write)];
        const { op, kind, id, zone } = write;
        return zone === undefined
          ? [{ op, kind, id }]
          : [{ op, kind, id, zone }, put({ kind: 'zone', id: zone })];
      }),
    });
    expect(follower.serials()).toEqual(wanted);
    expect(nodeAt(read).serials()).toEqual(wanted);
    known = await store.read(known);
    expect(nodeAt(known).serials()).toEqual(wanted);
  }
}

test('the serial of a zone is the revision that changed it last, on a running and on a new node', async () => {
  await expectSerials([
    [[putZone('a')], { static: 0, example: 0, a: 1 }],
    [[putZone('b', { pools: 'pools' })], { static: 0, example: 0, a: 1, b: 2 }],
    [[putMonitor('m')], { static: 0, example: 0, a: 1, b: 2 }],
    [[putPool('p')], { static: 0, example: 4, a: 1, b: 4 }],
    [[putPool('q')], { static: 0, example: 5, a: 1, b: 5 }],
    [[putZone('a', { pool_ttl: 9 })], { static: 0, example: 5, a: 6, b: 5 }],
    [[remove('pool', 'q')], { static: 0, example: 7, a: 6, b: 7 }],
    [[remove('zone', 'a')], { static: 0, example: 7, b: 7 }],
    [[putZone('a', { pool_ttl: 9 })], { static: 0, example: 7, a: 9, b: 7 }],
    [[putZone('b')], { static: 0, example: 7, a: 9, b: 10 }],
  ]);
});

test('a load balancer lowered the serial of its zone to 0, and no write of one raised it', async () => {
  const inZone = (id: string, zoneName: string, over: Partial<LoadBalancer> = {}) =>
    putLoadBalancer(id, { zoneName, name: `${id}.${zoneName}`, ...over });
  await expectSerials([
    [[putZone('a')], { static: 0, example: 0, a: 1 }],
    [[putZone('b')], { static: 0, example: 0, a: 1, b: 2 }],
    [[putPool('p')], { static: 0, example: 3, a: 1, b: 2 }],
    [[inZone('l', 'a.example.org')], { static: 0, example: 3, a: 4, b: 2 }],
    [[inZone('m', 'static.example.com')], { static: 5, example: 3, a: 4, b: 2 }],
    // Pools appear in zones by load balancers.
    [[putPool('p')], { static: 6, example: 6, a: 6, b: 2 }],
    [[inZone('l', 'a.example.org', { enabled: false })], { static: 6, example: 6, a: 7, b: 2 }],
    [[putPool('p')], { static: 8, example: 8, a: 7, b: 2 }],
    // Afterwards nobody knows which zone it was of.
    [[remove('load_balancer', 'm')], { static: 9, example: 9, a: 9, b: 9 }],
    [[putPool('p')], { static: 9, example: 10, a: 9, b: 9 }],
  ]);
});

test('the deletion of a load balancer raised the serials of all zones', async () => {
  const inZone = (id: string) =>
    putLoadBalancer(id, { zoneId: 'a', zoneName: 'a.example.org', name: `${id}.a.example.org` });
  await expectSerials([
    [[putZone('a')], { static: 0, example: 0, a: 1 }],
    [[putZone('b')], { static: 0, example: 0, a: 1, b: 2 }],
    [[inZone('l'), inZone('m')], { static: 0, example: 0, a: 3, b: 2 }],
    [[{ ...remove('load_balancer', 'l'), zone: 'a' }], { static: 0, example: 0, a: 4, b: 2 }],
    // The zone is written by itself, at the revision that it had.
    [
      [
        { ...remove('load_balancer', 'm'), zone: 'a' },
        { ...putZone('a'), ifRevision: 4 },
      ],
      { static: 0, example: 0, a: 5, b: 2 },
    ],
  ]);
});

test('a load balancer that moved to another zone lowered the serial of the zone before', async () => {
  const moving = (zoneName: string, ...leftZones: string[]) =>
    putLoadBalancer('l', {
      ...{ zoneName, name: `www.${zoneName}`, ...(leftZones.length > 0 && { leftZones }) },
    });
  await expectSerials([
    [[putZone('a')], { static: 0, example: 0, a: 1 }],
    [[moving('static.example.com')], { static: 2, example: 0, a: 1 }],
    [[moving('a.example.org', 'static.example.com')], { static: 3, example: 0, a: 3 }],
    // A later write of it raises that of the zone before, too.
    [[moving('a.example.org', 'static.example.com')], { static: 4, example: 0, a: 4 }],
    [[moving('static.example.com', 'a.example.org')], { static: 5, example: 0, a: 5 }],
    [[remove('load_balancer', 'l')], { static: 6, example: 6, a: 6 }],
  ]);
});

test('if deletions are not known, a zone counts as changed at the last revision that may have changed it', async () => {
  const store = openStore();
  await store.commit([putZone('a'), putPool('p')]);
  await store.commit([putMonitor('m')]);
  const { deletions: _, ...old } = await store.read();
  expect(nodeAt(old).serials()).toEqual({ static: 2, example: 2, a: 2 });
});

test('after an adopted store, serials are higher than all before, whatever the revisions are', async () => {
  const store = openStore();
  await store.commit([putZone('a')]);
  const before = nodeAt(await store.read()).serials();
  await store.adopt();
  const adopted = nodeAt(await store.read()).serials();
  await store.adopt();
  const again = nodeAt(await store.read()).serials();
  for (const name of Object.keys(before)) {
    expect(adopted[name]! - before[name]!).toBeGreaterThan(1_000_000);
    expect(again[name]! - adopted[name]!).toBeGreaterThan(1_000_000);
    // RFC 1982 §3.2: less than half of all serials apart, or it would count as lower.
    expect(again[name]! - before[name]!).toBeLessThan(2 ** 31);
  }
});

test.each([
  { epoch: 'iRFFK5r1l8sOQnyH', base: 0, why: 'random' },
  { epoch: 's'.repeat(16), base: 0, why: 'random' },
  { epoch: '123e4567-e89b-42d3-a456-426614174000', base: 0, why: 'of another program' },
  { epoch: 'iRFFK5r1l8sOQnyHsmfggg', base: 37_672_720, why: 'decided by a person' },
])('serials of the epoch $epoch ($why) start at $base', ({ epoch, base }) => {
  expect(serialBaseOf(epoch)).toBe(base);
});

test('after a decision serials start at the time, or above those of the last epoch if they are ahead', () => {
  const atMs = Date.UTC(2020, 0, 2);
  const first = newDecidedEpoch('iRFFK5r1l8sOQnyH', Date.UTC(2030, 0, 1));
  expect(serialBaseOf(first)).toBe((Date.UTC(2030, 0, 1) - Date.UTC(2020, 0, 1)) / 1_000);
  expect(serialBaseOf(newDecidedEpoch(first, atMs))).toBe(serialBaseOf(first) + 2 ** 20);
  expect(first).toMatch(/^[\w-]{1,64}$/);
});

test('a pool that is damaged lowered the serials of a node that starts', async () => {
  const store = openStore();
  await store.commit([putPool('old')]);
  await store.commit([putPool('last')]);
  await store.commit([putMonitor('m')]);
  const read = await store.read();
  const { example } = nodeAt(read).serials();
  expect(example).toBe(2);
  const documents = read.documents.filter(({ id }) => id !== 'last');
  const lost = [{ kind: 'pool', id: 'last' }] as const;
  for (const damaged of [
    { documents: lost, unnamed: 0 },
    { documents: [], unnamed: 1 },
  ]) {
    const starting = nodeAt({ ...read, documents, damaged });
    expect(starting.serials().example).toBe(3);
    // Nor do they fall when it can be read again.
    starting.zones.number(read);
    expect(starting.serials().example).toBe(3);
    // A node that holds what is damaged goes on from there.
    expect(nodeAt({ ...read, damaged: { documents: lost, unnamed: 0 } }).serials().example).toBe(2);
  }
});

test('a load balancer that is damaged may have been written last, in any zone', async () => {
  const store = openStore();
  await store.commit([putZone('a')]);
  await store.commit([putLoadBalancer('l', { zoneName: 'a.example.org' })]);
  await store.commit([putMonitor('m')]);
  const read = await store.read();
  expect(nodeAt(read).serials()).toEqual({ static: 0, example: 0, a: 2 });
  const documents = read.documents.filter(({ kind }) => kind !== 'load_balancer');
  const damaged = { documents: [{ kind: 'load_balancer', id: 'l' }] as const, unnamed: 0 };
  const starting = nodeAt({ ...read, documents, damaged });
  expect(starting.serials()).toEqual({ static: 3, example: 3, a: 3 });
  starting.zones.number(read);
  expect(starting.serials()).toMatchObject({ static: 3, example: 3 });
  expect(nodeAt({ ...read, damaged }).serials().a).toBe(2);
});
