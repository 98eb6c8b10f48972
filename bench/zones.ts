/**
 * What zones cost the main thread of a node: to load them, to edit one among many, to write by the API beside them, and
 * to change one name of a large zone: `npm run bench:zones`. README.md tells what is measured and how to read it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createTable } from '../src/answer/table.ts';
import { loadConfig } from '../src/config/source/load.ts';
import { createPublisher } from '../src/serve/publish/publisher.ts';
import { startServe } from '../src/serve/serve.ts';
import { WRITES_MAX, type Write } from '../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../src/store/embedded/embedded.ts';
import type { Store } from '../src/store/store.ts';
import { byApex } from '../src/zone/contents/zones.ts';
import { startLifeguard, TOKEN } from '../test/support/lifeguard.ts';
import { zoneFile } from '../test/zone/zone-file.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt, tempDir } from './temp-dir.ts';

const AT = '2026-01-01T00:00:00.000000Z';
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
/** The longest piece is told of what is above the resolution of the delay's histogram. */
const RESOLUTION_MS = 1;
const LARGE = 100_000;
/** Writes by API that are measured, and as many before them: a server that runs for longer than a minute has compiled what it runs. */
const API_WRITES = 300;

/** One figure of a scene: what was done, milliseconds of the main thread, the longest piece of it, and what is wanted. */
type Row = readonly [what: string, ms: string, longest: string, wanted: string];

const SCENES: Readonly<Record<string, () => Promise<Row[]>>> = {
  edits: () => editsAmong(2_000),
  load: () => loadOf(4_000),
  api: () => apiWritesBeside(1_000),
  pools: () => editsBesidePools(LARGE),
  flips: async () => flipsIn(LARGE),
  records: async () => changesIn(LARGE),
};

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, scene: { type: 'string', multiple: true } },
});
const times = options.quick ? 5 : 20;
const writes = options.quick ? 20 : API_WRITES;
function zoneWrite(i: number, settings: object = {}): Write {
  const name = `zone${i}.example.net`;
  const id = String(i).padStart(32, 'a');
  const value = {
    id,
    name,
    type: 'full',
    paused: false,
    settings: {
      ns: [{ name: 'ns1.example.com' }, { name: `ns.${name}`, addresses: ['192.0.2.53'] }],
      ...settings,
    },
    createdOn: AT,
    modifiedOn: AT,
  };
  return { op: 'put', kind: 'zone', id, value, unique: [name], references: [] };
}

function poolWrite(i: number, address = '192.0.2.1'): Write {
  const id = String(i).padStart(32, '0');
  const endpoint = { name: 'a', address, enabled: true, weight: 1, flattenCname: false };
  const value = {
    id,
    name: `p${i}`,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    notificationEmail: '',
    endpoints: [endpoint, { ...endpoint, name: 'b', address: '192.0.2.2' }],
    createdOn: AT,
    modifiedOn: AT,
  };
  return { op: 'put', kind: 'pool', id, value, unique: [value.name], references: [] };
}

async function fill(store: Store, writes: readonly Write[]): Promise<void> {
  for (let from = 0; from < writes.length; from += WRITES_MAX)
    await committed(store, writes.slice(from, from + WRITES_MAX));
}

async function committed(store: Store, writes: readonly Write[]): Promise<number> {
  const found = await store.commit(writes);
  if (!found.ok) throw new Error(`refused: ${found.refusal.kind}`);
  return found.revision;
}

const many = (count: number, write: (i: number) => Write) =>
  Array.from({ length: count }, (_, i) => write(i));

/** A node in this process over an embedded store with these documents, and how long it took until it answered. */
async function node(writes: readonly Write[]) {
  const store = openEmbeddedStore(join(tempDir(), 'lifeguard.sqlite'));
  await fill(store, writes);
  const loaded = loadConfig({
    env: { LIFEGUARD_DNS_LISTEN: '127.0.0.1:0', LIFEGUARD_DNS_ENGINE: 'portable' },
  });
  if (!loaded.ok) throw new Error('the configuration in config/ is not valid');
  const from = process.threadCpuUsage();
  const delay = delays();
  const serving = await startServe({ config: loaded.config, store, log: SILENT });
  while (!serving.refresh.isReady || serving.refresh.published === undefined) await sleep(1);
  const start = { ms: cpuMs(from), longest: await delay() };
  const rss = () => `${Math.round(process.memoryUsage.rss() / 2 ** 20)} MiB`;
  return { store, serving, start, rss };
}

type Node = Awaited<ReturnType<typeof node>>;

/** What changes cost, from the commit until each is published. */
async function edits({ store, serving }: Node, changes: readonly (readonly Write[])[]) {
  const ms: number[] = [];
  const longest: number[] = [];
  for (const writes of changes) {
    await sleep(50);
    const delay = delays();
    const from = process.threadCpuUsage();
    const revision = await committed(store, writes);
    while ((serving.refresh.published?.revision ?? 0) < revision) await sleep(1);
    ms.push(cpuMs(from));
    longest.push(await delay());
  }
  return { ms: median(ms), longest: Math.max(...longest) };
}

function cpuMs(from: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(from);
  return (user + system) / 1_000;
}

/** How long the event loop was held up, at the longest, until the result is called. */
function delays(): () => Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return async () => {
    await sleep(3 * RESOLUTION_MS);
    histogram.disable();
    return Math.max(0, histogram.max / 1e6 - RESOLUTION_MS);
  };
}

const shown = (ms: number) =>
  ms >= 100 ? `${ms.toFixed(0)} ms` : ms >= 1 ? `${ms.toFixed(1)} ms` : `${ms.toFixed(3)} ms`;
const row = (what: string, { ms, longest }: { ms: number; longest?: number }, wanted: string): Row => [
  what,
  shown(ms),
  longest === undefined ? '–' : shown(longest),
  wanted,
];

async function editsAmong(zones: number): Promise<Row[]> {
  const here = await node([
    ...many(zones, (i) => zoneWrite(i, { pools: 'pools' })),
    ...many(10, (i) => poolWrite(i)),
  ]);
  const changed = await edits(
    here,
    many(times, (i) => zoneWrite(i, { pools: 'pools', soa: { minimum: 20 + i } })).map((each) => [each]),
  );
  const added = await edits(
    here,
    many(times, (i) => zoneWrite(zones + i, { pools: 'pools' })).map((each) => [each]),
  );
  const pool = await edits(
    here,
    many(times, (i) => poolWrite(5, `192.0.2.${10 + i}`)).map((each) => [each]),
  );
  const title = `${zones.toLocaleString('en')} zones with pools`;
  return [
    row(`${title}: settings of one changed`, changed, '≤ 20 ms'),
    row(`${title}: one added`, added, '≤ 20 ms'),
    row(`${title}: a pool changed`, pool, ''),
  ];
}

async function loadOf(zones: number): Promise<Row[]> {
  const { start, rss } = await node(many(zones - 1, (i) => zoneWrite(i, { pools: 'pools' })));
  return [row(`${zones.toLocaleString('en')} zones loaded (${rss()} RSS)`, start, '≤ 1000 ms')];
}

/** A process, as it is run, and a client beside it. */
async function apiWritesBeside(zones: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [title, settings] of [
    ['without pools', {}],
    ['with pools', { pools: 'pools' }],
  ] as const) {
    const directory = tempDir();
    const store = openEmbeddedStore(join(directory, 'lifeguard.sqlite'));
    await fill(store, [...many(zones - 1, (i) => zoneWrite(i, settings)), ...many(10, (i) => poolWrite(i))]);
    await store.close();
    const lifeguard = await startLifeguard('serve', {
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_DNS_WORKERS: '1',
    });
    const { pid } = lifeguard.process;
    /** Milliseconds its main thread has run. */
    const ran = () => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
    const root = new URL(lifeguard.api).origin;
    const send = async (method: string, path: string, json: object) => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const answer = await fetch(root + path, { method, headers, body: JSON.stringify(json) });
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      await answer.arrayBuffer();
    };
    const idle = async () => {
      await sleep(3_000);
      const from = ran();
      await sleep(1_000);
      return ran() - from;
    };
    const measure = async (change: (i: number) => Promise<void>) => {
      for (let i = 0; i < writes; i += 1) await change(i);
      const idleMs = await idle();
      const from = ran();
      const fromMs = performance.now();
      for (let i = 0; i < writes; i += 1) {
        await change(writes + i);
        await sleep(20);
      }
      await sleep(200);
      return { ms: Math.max(0, ran() - from - (idleMs * (performance.now() - fromMs)) / 1_000) / writes };
    };
    const id = (i: number) => String(i).padStart(32, 'a');
    const zone = await measure((i) =>
      send('PATCH', `/lifeguard/v1/zones/${id(7)}/settings`, { soa: { minimum: 20 + i } }),
    );
    const pool = await measure((i) =>
      send('PATCH', `/client/v4/user/load_balancers/pools/${String(3).padStart(32, '0')}`, {
        description: `d${i}`,
      }),
    );
    const name = `API, ${zones.toLocaleString('en')} zones ${title}`;
    rows.push(
      row(`${name}: PATCH of a zone's settings`, zone, '≤ 2 ms'),
      row(`${name}: PATCH of a pool`, pool, '≤ 2 ms'),
    );
    await lifeguard.end();
  }
  return rows;
}

async function editsBesidePools(pools: number): Promise<Row[]> {
  const here = await node([
    ...many(3, (i) => zoneWrite(i, { pools: 'pools' })),
    ...many(pools, (i) => poolWrite(i)),
  ]);
  const rss = here.rss();
  const changed = await edits(
    here,
    many(3, (i) => zoneWrite(1, { pools: 'pools', soa: { minimum: 20 + i } })).map((each) => [each]),
  );
  const added = await edits(here, [[zoneWrite(3, { pools: 'pools' })]]);
  const moved = await edits(here, [[zoneWrite(3, { pools: 'elsewhere' })]]);
  const removed = await edits(here, [[{ op: 'delete', kind: 'zone', id: String(3).padStart(32, 'a') }]]);
  const title = `${pools.toLocaleString('en')} pools in 4 zones`;
  return [
    row(`${title}, loaded (${rss} RSS)`, here.start, ''),
    row(`${title}: settings of a zone changed`, changed, '≤ 50 ms, pieces ≤ 10 ms'),
    row(`${title}: one more zone with pools`, added, 'pieces ≤ 10 ms'),
    row(`${title}: its pools moved`, moved, 'pieces ≤ 10 ms'),
    row(`${title}: that zone removed (${here.rss()} RSS)`, removed, 'pieces ≤ 10 ms'),
  ];
}

const FAILED = (_: string, error: unknown): never => {
  throw error;
};

/** Milliseconds of each call, the first ones left out. */
function timed(count: number, call: (i: number) => void): { ms: number; longest: number } {
  const all = Array.from({ length: 2 * count }, (_, i) => {
    const from = performance.now();
    call(i);
    return performance.now() - from;
  }).slice(count);
  return { ms: median(all), longest: Math.max(...all) };
}

function flipsIn(pools: number): Row[] {
  const publisher = createPublisher(
    [zoneFile('example.org', '@ 60 NS ns1.example.net.', { pools: 'pools' })],
    createTable(),
    FAILED,
  );
  const state = (i: number, address: string) => {
    const { id, value } = poolWrite(i) as Extract<Write, { op: 'put'; kind: 'pool' }>;
    return { id, pool: value, members: [{ address, weight: 100 }] };
  };
  publisher.publish(
    Array.from({ length: pools }, (_, i) => state(i, '192.0.2.1')),
    1,
  );
  const flip = timed(200, (i) =>
    publisher.publish([state((i * 7919) % pools, `192.0.2.${2 + (i % 200)}`)], 1),
  );
  return [row(`${pools.toLocaleString('en')} pools in one zone: one flips`, flip, '≤ 1 ms')];
}

/** By a zone that shares all other record sets with the one before. */
function changesIn(records: number): Row[] {
  const lines = Array.from({ length: records }, (_, i) => `r${i} 60 A 192.0.2.1`);
  const zone = zoneFile('example.org', ['@ 60 NS ns1.example.net.', ...lines].join('\n'));
  const publisher = createPublisher([zone], createTable(), FAILED);
  publisher.publish([], 1);
  let { rrsets } = zone;
  const change = timed(200, (i) => {
    const at = 1 + ((i * 7_919) % records);
    rrsets = rrsets.with(at, { ...rrsets[at]!, ttlSeconds: 61 + i });
    publisher.setZones(byApex([{ ...zone, rrsets }]));
    publisher.publish([], 1);
  });
  return [row(`${records.toLocaleString('en')} records in one zone: one is another`, change, '≤ 1 ms')];
}

endOnInterrupt();
// Each scene has a process of its own, so that none inherits the memory and the warm code of another.
if (options.scene?.length === 1) {
  process.stdout.write(`${JSON.stringify(await SCENES[options.scene[0]!]!())}\n`);
  process.exit(0);
}
const machine = describeMachine();
const rows = (options.scene ?? Object.keys(SCENES)).flatMap((scene): Row[] => {
  const args = [import.meta.filename, '--scene', scene, ...(options.quick ? ['--quick'] : [])];
  return JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }),
  );
});
const body = [
  `${machine}; median of ${times} changes, mean of ${writes} writes by API.`,
  markdownTable(['what', 'main thread', 'longest piece', 'wanted'], rows),
].join('\n\n');
process.stdout.write(`${body}\n`);
if (!options.quick && options.scene === undefined) writeSection('Zones', body);
