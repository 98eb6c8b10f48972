/**
 * What the API takes to list, page, search and export 10,000 pools of four endpoints, and a node to start with them, on
 * both stores: `npm run bench:api`. README.md tells what is measured and how to read it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../test/support/free-port.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../test/support/lifeguard.ts';
import { firstAnswer } from './api/first-answer.ts';
import { EMBEDDED, type Place, REDIS } from './api/places.ts';
import { type Ask, type Client, openClient, timeAsks } from './api/requests.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median, quantile } from './quantile.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt } from './temp-dir.ts';
import { ENDPOINTS, poolId } from './verdict/pools.ts';

/** What every request must stay below. */
const TARGET_MS = 200;
const POOLS = 10_000;
const PER_PAGE = 100;
/** The zone of config/lifeguard.yaml. */
const ZONE = 'example.com';
/** Asked so often whether a node is ready. */
const POLL_MS = 2;

const BALANCERS = `/client/v4/accounts/${'a'.repeat(32)}/load_balancers`;
const page = (at: number) => 1 + ((at * 7) % (POOLS / PER_PAGE));
const ASKS: readonly Ask[] = [
  { title: 'one pool', path: (at) => `${BALANCERS}/pools/${poolId(at)}` },
  { title: 'list, all', path: () => `${BALANCERS}/pools` },
  { title: 'list, all, after a write', path: () => `${BALANCERS}/pools`, afterWrite: true },
  {
    title: `list, a page of ${PER_PAGE}`,
    path: (at) => `${BALANCERS}/pools?per_page=${PER_PAGE}&page=${page(at)}`,
  },
  { title: 'search, some', path: (at) => `${BALANCERS}/search?query=p${at}` },
  { title: 'search, all, with references', path: () => `${BALANCERS}/search?per_page=1000&references=*` },
  { title: 'export', path: () => '/lifeguard/v1/export' },
];

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const times = options.quick ? 10 : 100;
const starts = options.quick ? 1 : 5;

const nodes = new Set<LifeguardProcess>();
process.once('exit', () => {
  for (const node of nodes) node.process.kill('SIGKILL');
});
endOnInterrupt();
const machine = describeMachine();
try {
  const asked: string[][] = [];
  const started: string[][] = [];
  for (const place of [EMBEDDED, REDIS]) {
    started.push(...(await startRows(place)));
    asked.push(...(await askRows(place)));
  }
  report(asked, started);
} finally {
  await endAll();
}

/** A node that was started, and how long it took, milliseconds. */
interface Started {
  readonly node: LifeguardProcess;
  readonly origin: string;
  /** Until DNS answered right, and until the API said that the node is ready. */
  readonly answeredMs: number;
  readonly readyMs: number;
}

/** Starts a node on a store of so many pools. */
async function startNode(env: Readonly<Record<string, string>>, pools: number): Promise<Started> {
  const port = await freePort();
  const fromMs = performance.now();
  const answered = firstAnswer(
    port,
    pools === 0
      ? { name: ZONE, addresses: 0 }
      : { name: `p${pools - 1}.pools.${ZONE}`, addresses: ENDPOINTS },
  );
  const node = await startLifeguard('serve', { ...env, LIFEGUARD_DNS_LISTEN: `127.0.0.1:${port}` });
  nodes.add(node);
  const { origin } = new URL(node.api);
  while (!(await fetch(`${origin}/readyz`)).ok) await sleep(POLL_MS);
  const readyMs = performance.now() - fromMs;
  return { node, origin, answeredMs: (await answered) - fromMs, readyMs };
}

async function startRows(place: Place): Promise<string[][]> {
  const taken = { first: new Map<number, Started[]>(), again: new Map<number, Started[]>() };
  for (const pools of [0, POOLS]) {
    const { env, forget, end } = await place.make(pools);
    for (const when of ['first', 'again'] as const) {
      const all: Started[] = [];
      for (let i = 0; i < starts; i += 1) {
        if (when === 'first') forget();
        const started = await startNode(env, pools);
        all.push(started);
        await started.node.end();
      }
      taken[when].set(pools, all);
    }
    await end();
  }
  return (['first', 'again'] as const).flatMap((when) =>
    (['answeredMs', 'readyMs'] as const).map((until) => {
      const [empty, full] = [0, POOLS].map((pools) =>
        median(taken[when].get(pools)!.map((each) => each[until])),
      );
      const added = full! - empty!;
      return [
        `${place.title}, ${when === 'first' ? 'nothing on disk' : 'stopped before'}, until ${until === 'answeredMs' ? 'DNS answers right' : 'the API says ready'}`,
        ...[empty!, full!, added].map((ms) => ms.toFixed(0)),
        added <= TARGET_MS ? 'yes' : 'NO',
      ];
    }),
  );
}

async function askRows(place: Place): Promise<string[][]> {
  const { env, end } = await place.make(POOLS);
  const { node, origin } = await startNode(env, POOLS);
  const client = openClient(origin);
  await untilJudged(client, place);
  const write = (at: number) =>
    client.send('PATCH', `${BALANCERS}/pools/${poolId(at)}`, { description: `written ${at}` });
  const rows: string[][] = [];
  for (const ask of ASKS) {
    const { tookMs, octets } = await timeAsks(client, ask, times, write);
    const most = Math.max(...tookMs);
    rows.push([
      `${ask.title} (${place.title})`,
      octets.toLocaleString('en'),
      ...[median(tookMs), quantile(tookMs, 0.99), most].map((ms) => ms.toFixed(1)),
      most <= TARGET_MS ? 'yes' : 'NO',
    ]);
  }
  client.close();
  await node.end();
  await end();
  return rows;
}

/** Waits until the node knows what the worker found; over the embedded store nobody does. */
async function untilJudged(client: Client, place: Place): Promise<void> {
  const last = `${BALANCERS}/pools/${poolId(POOLS - 1)}`;
  while (place === REDIS && !(await client.send('GET', last)).includes('"healthy":true'))
    await sleep(POLL_MS);
}

function report(asked: readonly (readonly string[])[], started: readonly (readonly string[])[]): void {
  const head = ['request', 'octets', 'p50 ms', 'p99 ms', 'max ms', `max ≤ ${TARGET_MS} ms`];
  const body = [
    `${machine}; ${POOLS.toLocaleString('en')} pools of ${ENDPOINTS}, ${times} requests of each kind, one after the other.`,
    markdownTable(head, asked),
    `### A start, from the command, median of ${starts}`,
    markdownTable(
      ['start', 'empty ms', `${POOLS.toLocaleString('en')} pools ms`, 'difference ms', `≤ ${TARGET_MS} ms`],
      started,
    ),
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('The API with many pools', body);
}
