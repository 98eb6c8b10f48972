/**
 * For how long at a time requests hold up a node's main thread, which follows the store and answers TCP meanwhile: `npm run
 * bench:pieces`. README.md tells what is measured and how to read it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../test/support/lifeguard.ts';
import { EMBEDDED, type Place, REDIS } from './api/places.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt } from './temp-dir.ts';
import { poolId } from './verdict/pools.ts';

/** What every piece should stay below. */
const TARGET_MS = 20;
const POOLS = 10_000;
const APPLIED = 6_000;
const LARGE = 1_000;
/** After an answer its work may go on: in the table, in the feed. */
const AFTER_MS = 150;
const BALANCERS = `/client/v4/accounts/${'a'.repeat(32)}/load_balancers`;
const MONITOR = 'f'.repeat(32);
const V1 = '/lifeguard/v1';

/** What is asked. */
interface Request {
  readonly method?: string;
  readonly path: string;
  readonly body?: unknown;
  /** A body that is sent as it is. */
  readonly raw?: string;
}
/** What is measured. */
interface Case {
  readonly title: string;
  readonly times?: number;
  readonly request: (at: number) => Request;
}

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    on: { type: 'string', default: '' },
  },
});
const often = options.quick ? 3 : 10;

const origins = (pool: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    name: `e${i}`,
    address: `10.${pool & 255}.${i >> 8}.${i & 255}`,
  }));
const applied = (at: number) => ({
  pools: Array.from({ length: APPLIED }, (_, i) => ({
    name: `applied-${i}`,
    description: `of time ${at}`,
    origins: origins(i, 4),
  })),
});
const large = (at: number) => ({ name: 'large', description: `of time ${at}`, origins: origins(1, LARGE) });
const zone = (at: number) => ({ name: `zone-${at}.example.net` });
const json = (value: unknown) => JSON.stringify(value);

const CASES: readonly Case[] = [
  { title: 'nothing', request: () => ({ path: '/livez' }) },
  { title: 'list of all pools', request: () => ({ path: `${BALANCERS}/pools` }) },
  {
    title: 'write of one pool',
    request: (at) => ({
      method: 'PATCH',
      path: `${BALANCERS}/pools/${poolId(at)}`,
      body: { description: `written ${at}` },
    }),
  },
  { title: 'list of all pools, after a write', request: () => ({ path: `${BALANCERS}/pools` }) },
  {
    title: 'list of the pools of a monitor',
    request: () => ({ path: `${BALANCERS}/pools?monitor=${MONITOR}` }),
  },
  { title: 'page of 1,000 pools', request: () => ({ path: `${BALANCERS}/pools?per_page=1000&page=7` }) },
  {
    title: 'references of a monitor of all',
    request: () => ({ path: `${BALANCERS}/monitors/${MONITOR}/references` }),
  },
  {
    title: 'deletion of a monitor in use',
    request: () => ({ method: 'DELETE', path: `${BALANCERS}/monitors/${MONITOR}` }),
  },
  { title: 'search of all', request: () => ({ path: `${BALANCERS}/search?query=p` }) },
  {
    title: 'search of all, with references',
    request: () => ({ path: `${BALANCERS}/search?per_page=1000&references=*` }),
  },
  { title: 'export as JSON', request: () => ({ path: `${V1}/export` }) },
  { title: 'export as YAML', request: () => ({ path: `${V1}/export?format=yaml` }) },
  {
    title: 'preview of a pool',
    request: (at) => ({
      method: 'POST',
      path: `${BALANCERS}/pools/${poolId(at)}/preview`,
      body: { type: 'tcp', port: 1 },
    }),
  },
  {
    title: 'preview of a monitor of all',
    request: () => ({
      method: 'POST',
      path: `${BALANCERS}/monitors/${MONITOR}/preview`,
      body: { type: 'tcp', port: 1 },
    }),
  },
  {
    title: 'change of a monitor of all',
    request: (at) => ({
      method: 'PATCH',
      path: `${BALANCERS}/monitors/${MONITOR}`,
      body: { description: `m ${at}` },
    }),
  },
  {
    title: 'explanation',
    request: (at) => ({ path: `${V1}/explain?name=p${at}.pools.example.com&type=AAAA` }),
  },
  {
    title: 'explanation of a name that nobody has',
    request: (at) => ({ path: `${V1}/explain?name=q${at}.pools.example.com` }),
  },
  { title: 'openapi.json', request: () => ({ path: '/openapi.json' }) },
  { title: 'metrics', request: () => ({ path: '/metrics' }) },
  { title: 'readyz', request: () => ({ path: '/readyz' }) },
  { title: 'nodes', request: () => ({ path: `${V1}/nodes` }) },
  { title: 'regions', request: () => ({ path: `${V1}/regions` }) },
  {
    title: 'a pool of 1,000 endpoints',
    times: 1,
    request: () => ({ method: 'POST', path: `${BALANCERS}/pools`, body: { ...large(-1), name: 'large' } }),
  },
  {
    title: 'clearing of 1,000 mail addresses',
    request: () => ({
      method: 'PATCH',
      path: `${BALANCERS}/pools?per_page=1000`,
      body: { notification_email: '' },
    }),
  },
  {
    title: 'dry run of 6,000 new pools',
    times: 2,
    request: (at) => ({ method: 'POST', path: `${V1}/apply?dry_run=true`, body: applied(at) }),
  },
  {
    title: 'apply of 6,000 new pools',
    times: 1,
    request: (at) => ({ method: 'POST', path: `${V1}/apply`, body: applied(at) }),
  },
  {
    title: 'apply of 6,000 pools over 6,000',
    times: 2,
    request: (at) => ({ method: 'POST', path: `${V1}/apply`, body: applied(at + 1) }),
  },
  {
    title: 'apply of 6,000 pools as they are',
    times: 2,
    request: () => ({ method: 'POST', path: `${V1}/apply`, body: applied(2) }),
  },
  { title: 'events of no pool', request: () => ({ path: `${V1}/events?pool=typo` }) },
  { title: 'events of a pool', request: (at) => ({ path: `${V1}/events?pool=applied-${at}&limit=1000` }) },
  { title: '1,000 events', request: () => ({ path: `${V1}/events?limit=1000` }) },
  { title: 'events of health', request: () => ({ path: `${V1}/events?kind=health&limit=1000` }) },
  {
    title: '16 MiB of [',
    times: 2,
    request: () => ({ method: 'POST', path: `${V1}/apply`, raw: '['.repeat(16 * 1024 * 1024 - 10) }),
  },
  {
    title: '16 MiB of one text',
    times: 2,
    request: () => ({
      method: 'POST',
      path: `${V1}/apply`,
      raw: `{"pools":["${'x'.repeat(16 * 1024 * 1024 - 100)}"]}`,
    }),
  },
  {
    title: '16 MiB of {}',
    times: 2,
    request: () => ({ method: 'POST', path: `${V1}/apply`, raw: `{"pools":[${'{},'.repeat(5_000_000)}{}]}` }),
  },
  {
    title: '900,000 wrong pools',
    times: 1,
    request: () => ({ method: 'POST', path: `${V1}/apply`, raw: `{"pools":[${'{},'.repeat(900_000)}{}]}` }),
  },
  {
    title: '900,000 names in one pool',
    times: 1,
    request: () => ({
      method: 'POST',
      path: `${V1}/apply`,
      raw: `{"pools":[{"name":"x","origins":[${'1,'.repeat(900_000)}1]}]}`,
    }),
  },
  {
    title: 'apply of 9,000 monitors',
    times: 1,
    request: () => ({
      method: 'POST',
      path: `${V1}/apply`,
      body: {
        monitors: Array.from({ length: 9_000 }, (_, i) => ({ description: `m${i}`, type: 'tcp', port: 1 })),
      },
    }),
  },
  {
    title: '1 MiB of YAML',
    request: () => ({ method: 'POST', path: `${V1}/apply`, raw: `pools: [${'{},'.repeat(20_000)}{}]` }),
  },
];
const find = async (origin: string, path: string, name: string): Promise<string> => {
  const { result } = (await (await send(origin, { path })).json()) as {
    result: { id: string; name: string }[];
  };
  return result.find((each) => each.name === name)?.id ?? '';
};
const LATER = (id: string): readonly Case[] => [
  {
    title: 'PUT of a pool of 1,000 endpoints',
    request: (at) => ({ method: 'PUT', path: `${BALANCERS}/pools/${id}`, body: large(at) }),
  },
  {
    title: 'PATCH of a pool of 1,000 endpoints',
    request: (at) => ({
      method: 'PATCH',
      path: `${BALANCERS}/pools/${id}`,
      body: { origins: origins(at + 2, LARGE) },
    }),
  },
  {
    title: 'health of a pool of 1,000 endpoints',
    request: () => ({ path: `${BALANCERS}/pools/${id}/health` }),
  },
  {
    title: 'explanation of 1,000 endpoints',
    request: () => ({ path: `${V1}/explain?name=large.pools.example.com` }),
  },
  {
    title: 'override of a pool of 1,000 endpoints',
    request: (at) => ({
      method: 'POST',
      path: `${V1}/overrides?replace=true`,
      body: { pool: id, endpoint: `e${at}`, action: 'out', owner: 'x', reason: 'y' },
    }),
  },
  { title: 'zone', request: (at) => ({ method: 'POST', path: '/client/v4/zones', body: zone(at) }) },
  { title: 'list of zones', request: () => ({ path: '/client/v4/zones' }) },
  { title: 'list of overrides', request: () => ({ path: `${V1}/overrides` }) },
];

async function send(origin: string, { method = 'GET', path, body, raw }: Request): Promise<Response> {
  return fetch(origin + path, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      ...(body === undefined && raw === undefined
        ? {}
        : { 'content-type': raw?.startsWith('pools:') ? 'application/yaml' : 'application/json' }),
    },
    ...(raw !== undefined ? { body: raw } : body === undefined ? {} : { body: json(body) }),
  });
}

/** What pieces-probe.ts says. */
interface Piece {
  readonly msg: string;
  readonly atMs: number;
  readonly tookMs: number;
  readonly workMs: number;
}

async function measure(
  node: LifeguardProcess,
  origin: string,
  place: Place,
  { title, times = often, request }: Case,
) {
  const worst: { took: number; work: number; answered: number }[] = [];
  const codes = new Set<number>();
  for (let at = 0; at < times; at += 1) {
    const made = request(at);
    const fromMs = performance.timeOrigin + performance.now();
    const response = await send(origin, made);
    await response.arrayBuffer();
    codes.add(response.status);
    const answered = performance.timeOrigin + performance.now() - fromMs;
    await sleep(AFTER_MS);
    const pieces = (node.log as unknown as Piece[]).filter(
      (each) => each.msg === 'piece' && each.atMs > fromMs,
    );
    worst.push({
      took: Math.max(0, ...pieces.map(({ tookMs }) => tookMs)),
      work: Math.max(0, ...pieces.map(({ workMs }) => workMs)),
      answered,
    });
  }
  const works = worst.map(({ work }) => work);
  const row = [
    `${title} (${place.title})`,
    [...codes].join(),
    median(worst.map(({ answered }) => answered)).toFixed(0),
    median(works).toFixed(0),
    Math.max(...works).toFixed(0),
    Math.max(...worst.map(({ took }) => took)).toFixed(0),
    Math.max(...works) <= TARGET_MS ? 'yes' : 'NO',
  ];
  process.stderr.write(`${row.join(' | ')}\n`);
  return row;
}

endOnInterrupt();
const machine = describeMachine();
const rows: string[][] = [];
try {
  for (const place of [EMBEDDED, REDIS]) {
    if (options.on && place.title !== options.on) continue;
    const { env, end } = await place.make(POOLS);
    const probe = fileURLToPath(new URL('api/pieces-probe.ts', import.meta.url));
    const node = await startLifeguard('serve', {
      ...env,
      NODE_OPTIONS: `--import=${probe} ${process.env.NODE_UNDER_TEST_OPTIONS ?? ''}`,
    });
    const { origin } = new URL(node.api);
    while (!(await fetch(`${origin}/readyz`)).ok) await sleep(50);
    await sleep(3_000);
    const wanted = (each: Case) => options.only === '' || new RegExp(options.only).test(each.title);
    for (const each of CASES.filter(wanted)) rows.push(await measure(node, origin, place, each));
    const id = await find(origin, `${BALANCERS}/pools`, 'large');
    for (const each of LATER(id).filter(wanted)) rows.push(await measure(node, origin, place, each));
    await node.end();
    await end();
  }
} finally {
  await endAll();
}
const head = [
  'request',
  'status',
  'answered ms',
  'p50 ms',
  'max ms',
  'max by the clock ms',
  `≤ ${TARGET_MS} ms`,
];
const body = [
  `${machine}; ${POOLS.toLocaleString('en')} pools of 4, each asked ${often} times or fewer, one after the other.`,
  markdownTable(head, rows),
].join('\n\n');
process.stdout.write(`\n${body}\n`);
if (!options.quick && !options.only) writeSection('The longest piece of work of each request', body);
