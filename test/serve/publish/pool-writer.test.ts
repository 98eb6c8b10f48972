import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { createPoolWriter, type PoolWriter, SLICE_MS } from '../../../src/serve/publish/pool-writer.ts';
import { createPublisher, type PoolState, type Publisher } from '../../../src/serve/publish/publisher.ts';
import { createUpdateLatency } from '../../../src/serve/publish/update-latency.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import { asking } from '../../answer/answering.ts';
import { makePool } from '../../probe/checks.ts';
import { zoneFile } from '../../zone/zone-file.ts';

/** More than one slice has time for. */
const POOLS = 5_000;
const ZONE = zoneFile('example.org', '', { pools: 'pools' });

const reader = () => {
  const table = createTable({ replaced: (buffers) => adopt(view, buffers) });
  const view = openTable(table.buffers);
  return { table, ...asking(view) };
};

let states: Map<string, PoolState>;
let publisher: Publisher;
let pools: PoolWriter;
let revision: number;
let server: ReturnType<typeof reader>;

beforeEach(() => {
  states = new Map();
  revision = 1;
  server = reader();
  publisher = createPublisher([ZONE], server.table, () => expect.fail(), undefined, {
    serialOf: () => revision,
    least: 0,
    get leastWithPools() {
      return revision;
    },
  });
  pools = createPoolWriter({
    publisher,
    stateOf: (id) => states.get(id) ?? { id, pool: undefined, members: [] },
    revision: () => revision,
    latency: createUpdateLatency(() => 0),
  });
});

/** Makes a pool what it is from now on; returns its id. */
function set(id: string, name: string | undefined, last = 1): string {
  const pool = name === undefined ? undefined : makePool({ id, name });
  states.set(id, { id, pool, members: [{ address: `192.0.2.${last}`, weight: 100 }] });
  return id;
}
function answer(name: string) {
  const { rcode, answer } = server.ask({ name: `${name}.pools.example.org` });
  return rcode === 0 ? answer.map(({ line }) => line.split(' ').at(-1)) : rcode;
}
const NXDOMAIN = 3;
const SERVFAIL = 2;
const SERVED = ['192.0.2.1'];

test('pools marked in one turn of the event loop are published in one generation', async () => {
  pools.mark([set('a', 'web'), set('b', 'app')]);
  pools.mark([set('c', 'db')]);
  expect(pools.hasPublished).toBe(false);
  await turn();
  expect(publisher.generation).toBe(1);
  for (const name of ['web', 'app', 'db']) expect(answer(name)).toEqual(SERVED);
});

test('a new revision is published without a pool, and without either nothing is published', async () => {
  pools.mark([]);
  await turn();
  expect(publisher.generation).toBe(0);
  revision = 7;
  pools.publishSoon();
  await turn();
  expect(publisher).toMatchObject({ generation: 1, revision: 7 });
});

test('a revision without a pool that came while a generation was written was never published', async () => {
  pools.mark([set('a', 'web')]);
  await turn();
  pools.mark(Array.from({ length: POOLS }, (_, i) => set(`p${i}`, `p${i}`)));
  await turn();
  expect([publisher.generation, pools.isIdle]).toEqual([1, false]);
  revision = 2;
  pools.publishSoon();
  await vi.waitUntil(() => pools.isIdle);
  expect(publisher.revision).toBe(2);
});

test('release() without hold() publishes nothing', async () => {
  pools.release('reading');
  await turn();
  expect([publisher.generation, pools.hasPublished]).toEqual([0, false]);
});

test('marked pools wait between hold() and release()', async () => {
  pools.hold('reading');
  pools.mark([set('a', 'web')]);
  await turn();
  expect(publisher.generation).toBe(0);
  pools.release('reading');
  await turn();
  expect(answer('web')).toEqual(SERVED);
});

test('a pool marked while a generation is written is published in the next one', async () => {
  pools.mark(Array.from({ length: POOLS }, (_, i) => set(`i${i}`, `p${i}`)));
  await turn();
  pools.mark([set('late', 'late')]);
  await vi.waitUntil(() => pools.isIdle);
  expect(answer(`p${POOLS - 1}`)).toEqual(SERVED);
  expect(answer('late')).toEqual(SERVED);
});

describe('more pools than one slice has time for', () => {
  const all = () => Array.from({ length: POOLS }, (_, i) => `i${i}`);
  const slices = async () => {
    const from = publisher.generation;
    let count = 0;
    do {
      await turn();
      count += 1;
    } while (publisher.generation === from);
    return count;
  };
  beforeEach(() => {
    for (const id of all()) set(id, id.replace('i', 'p'));
    // Every pool takes a while, on any machine.
    const write = publisher.write;
    vi.spyOn(publisher, 'write').mockImplementation((state) => {
      for (const until = performance.now() + SLICE_MS / 1_000; performance.now() < until; );
      write(state);
    });
  });

  test('the event loop runs in between, and answers wait for the complete first generation', async () => {
    pools.mark(all());
    await turn();
    expect(answer('p0')).toBe(SERVFAIL);
    expect(pools.hasPublished).toBe(false);
    expect(await slices()).toBeGreaterThan(2);
    expect(answer('p0')).toEqual(SERVED);
    expect(answer(`p${POOLS - 1}`)).toEqual(SERVED);
  });

  test('a pool that changes meanwhile has its new answer in the end, and only then the new revision is shown', async () => {
    pools.mark(all());
    await turn();
    for (const i of [0, POOLS - 1]) pools.mark([set(`i${i}`, `p${i}`, 9)]);
    revision = 2;
    await slices();
    expect(publisher.revision).toBe(1);
    await slices();
    expect(publisher.revision).toBe(2);
    for (const i of [0, POOLS - 1]) expect(answer(`p${i}`)).toEqual(['192.0.2.9']);
  });

  test('a name that moves from one pool to another is always answered', async () => {
    pools.publishSoon();
    await turn();
    pools.mark(all());
    await slices();
    for (const [from, to] of [
      [0, POOLS - 1],
      [POOLS - 2, 1],
    ] as const) {
      set(`i${from}`, `other${from}`);
      set(`i${to}`, `p${from}`, 5);
    }
    pools.mark(all());
    const seen = new Set<unknown>();
    const generation = publisher.generation;
    while (publisher.generation === generation) {
      await turn();
      for (const name of ['p0', `p${POOLS - 2}`]) seen.add(String(answer(name)));
    }
    expect(seen).toEqual(new Set(['192.0.2.1', '192.0.2.5']));
    for (const name of ['p0', `p${POOLS - 2}`]) expect(answer(name)).toEqual(['192.0.2.5']);
    // Nobody took these.
    for (const name of ['p1', `p${POOLS - 1}`]) expect(answer(name)).toBe(NXDOMAIN);
    for (const name of ['other0', `other${POOLS - 2}`]) expect(answer(name)).toEqual(SERVED);
  });

  test('when zones are replaced, each pool is answered in the old zone until the new zone has it', async () => {
    pools.mark(all());
    await slices();
    publisher.setZones(byApex([zoneFile('example.com', '', { pools: 'pools' })]));
    const generation = publisher.generation;
    pools.publishSoon();
    const rcodes = (zone: string) =>
      [0, 1, POOLS - 1].map((i) => server.ask({ name: `p${i}.pools.${zone}` }).rcode);
    while (publisher.generation === generation) {
      await turn();
      const [before, now] = [rcodes('example.org'), rcodes('example.com')];
      for (const [i, rcode] of now.entries()) expect(Math.min(rcode, before[i]!)).toBe(0);
    }
    expect(rcodes('example.com')).toEqual([0, 0, 0]);
    expect(rcodes('example.org')).toEqual([5, 5, 5]);
    expect(pools.isIdle).toBe(true);
  });

  test('the serial is shown with the last pool of its revision, and a later revision has none before its own', async () => {
    const serial = () => {
      const { answer } = server.ask({ name: 'example.org', type: 'SOA' });
      return answer[0]!.line.split(' ').at(-5);
    };
    pools.mark(all());
    await slices();
    expect(serial()).toBe('1');
    revision = 2;
    pools.mark(all());
    publisher.setZones(byApex([{ ...ZONE, soa: { ...ZONE.soa, minimumSeconds: 77 } }]));
    await turn();
    // Comes while the second is written.
    revision = 3;
    while (publisher.revision < 2 || publisher.generation < 2) {
      expect(serial()).toBe('1');
      await turn();
    }
    expect(serial()).toBe('2');
    await slices();
    expect(serial()).toBe('3');
  });

  test('stop leaves the remaining pools unwritten', async () => {
    pools.mark(all());
    await turn();
    pools.stop();
    await turn();
    await turn();
    expect(publisher.generation).toBe(0);
  });

  test('a hold that was released after stop wrote the table again', async () => {
    pools.hold('linking');
    pools.mark(all());
    pools.stop();
    pools.release('linking');
    pools.publishSoon();
    await turn();
    await turn();
    expect(publisher.generation).toBe(0);
    expect(answer('p0')).toBe(SERVFAIL);
  });
});
