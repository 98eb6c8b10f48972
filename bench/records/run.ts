/**
 * What a zone of 100,000 records of the API costs a node: to import, to change and to list them, to start with them, and
 * the memory they take beside NSD and Knot: `npm run bench:records`. README.md tells what is measured and how to read it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { freePort } from '../../test/support/free-port.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../test/support/lifeguard.ts';
import { firstAnswer } from '../api/first-answer.ts';
import { addressLines, MEMBERS, nameOf, ZONE } from '../dns/names.ts';
import { knot } from '../dns/peers/knot.ts';
import { nsd } from '../dns/peers/nsd.ts';
import { memoryOf } from '../dns/process-group.ts';
import { isHere, startServer, versionOf } from '../dns/server.ts';
import { describeMachine } from '../machine.ts';
import { markdownTable } from '../markdown-table.ts';
import { median } from '../quantile.ts';
import { writeSection } from '../results.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const RECORDS = options.quick ? 10_000 : 100_000;
const NAMES = Math.floor(RECORDS / MEMBERS);
const times = options.quick ? 5 : 20;
/** After a write, until what follows it was published. */
const SETTLED_MS = 20;

/** Each list of a zone that is measured: its title, its query, and the milliseconds that are wanted. */
const LISTS = [
  ['page 1', 'per_page=100'],
  ['the last page', `per_page=100&page=${Math.floor(RECORDS / 100)}`],
  ['5,000 on a page', 'per_page=5000'],
  ['by name, the last first', 'per_page=100&direction=desc'],
  ['by content', 'per_page=100&order=content'],
  ['by type', 'per_page=100&order=type'],
  ['of a name', `name=${nameOf(77)}`],
  ['of a type', 'per_page=100&type=A'],
  ['with a content', 'per_page=100&content=192.0.2.7'],
  ['search', 'per_page=100&search=p00007'],
] as const;

/** Wall time and processor time of the main thread, milliseconds. */
interface Took {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const nodes = new Set<LifeguardProcess>();
process.once('exit', () => {
  for (const node of nodes) node.process.kill('SIGKILL');
});
endOnInterrupt();
const machine = describeMachine();
const directory = tempDir();
const config = join(directory, 'lifeguard.yaml');
writeFileSync(
  config,
  `zones:
  - name: ${ZONE}
    soa: { mname: ns1.example.net, rname: hostmaster.${ZONE} }
    ns: [{ name: ns1.example.net }]
`,
);
const lines = Array.from({ length: NAMES }, (_, i) => addressLines(i)).flat();
const shown = (ms: number) => (ms >= 100 ? ms.toFixed(0) : ms.toFixed(1));

try {
  const first = await start();
  const emptyMiB = first.memoryMiB();
  const rows = [...(await changes(first)), ...(await lists(first))];
  await first.node.end();
  const again = await start({ name: nameOf(NAMES - 1), addresses: 0 });
  rows.push(['a start from saved answers, until DNS answers right', shown(again.answeredMs), '–', '≤ 5000']);
  await until(async () => (await again.send('GET', '?per_page=1')).includes(`"total_count":${lines.length}`));
  const fullMiB = again.memoryMiB();
  const memory = [['Lifeguard', String(fullMiB), perRecord(fullMiB - emptyMiB)], ...(await peersMemory())];
  await again.node.end();
  const body = [
    `${machine}; ${lines.length.toLocaleString('en')} records at ${NAMES.toLocaleString('en')} names of one zone, embedded store; median of ${times} requests, one after the other.`,
    markdownTable(['what', 'ms', 'of the main thread, ms', 'wanted'], rows),
    '### Memory with this zone',
    markdownTable(['server', 'MiB', 'octets for each record'], memory),
  ].join('\n\n');
  process.stdout.write(`${body}\n`);
  if (!options.quick) writeSection('Records of the API', body);
} finally {
  await endAll();
}

/** Starts a node on the directory. `asked`: what must be answered right; absent: nothing is asked. */
async function start(asked?: { readonly name: string; readonly addresses: number }) {
  const port = await freePort();
  const fromMs = performance.now();
  const answered = asked && firstAnswer(port, asked);
  const node = await startLifeguard('serve', {
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DNS_LISTEN: `127.0.0.1:${port}`,
    LIFEGUARD_DNS_WORKERS: '1',
  });
  nodes.add(node);
  const { origin } = new URL(node.api);
  const pid = node.process.pid!;
  const headers = { authorization: `Bearer ${TOKEN}` };
  await until(async () => (await fetch(`${origin}/readyz`)).ok);
  const zones = (await (await fetch(`${origin}/client/v4/zones`, { headers })).json()) as {
    result: { id: string }[];
  };
  const records = `${origin}/client/v4/zones/${zones.result[0]!.id}/dns_records`;
  return {
    node,
    answeredMs: answered === undefined ? Number.NaN : (await answered) - fromMs,
    memoryMiB: () => Math.round(memoryOf([pid]) / 2 ** 20),
    /** Milliseconds its main thread has run. */
    ran: () => Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6,
    async send(method: string, path: string, body?: string | FormData): Promise<string> {
      const answer = await fetch(records + path, { method, headers, ...(body !== undefined && { body }) });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
      return text;
    },
  };
}

type Running = Awaited<ReturnType<typeof start>>;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(SETTLED_MS);
}

async function timed({ ran }: Running, call: () => Promise<unknown>, settledMs = 0): Promise<Took> {
  const [fromMs, from] = [performance.now(), ran()];
  await call();
  const wallMs = performance.now() - fromMs;
  await sleep(settledMs);
  return { wallMs, cpuMs: ran() - from };
}

async function medianOf(count: number, once: (i: number) => Promise<Took>): Promise<Took> {
  const all: Took[] = [];
  for (let i = 0; i < count; i += 1) all.push(await once(i));
  return { wallMs: median(all.map(({ wallMs }) => wallMs)), cpuMs: median(all.map(({ cpuMs }) => cpuMs)) };
}

function row(what: string, { wallMs, cpuMs }: Took, wanted: string): string[] {
  return [what, shown(wallMs), shown(cpuMs), wanted];
}

async function changes(running: Running): Promise<string[][]> {
  const { send } = running;
  const form = new FormData();
  form.set('file', new Blob([`${lines.map((line) => line.replace(' A ', ' 60 A ')).join('\n')}\n`]), 'zone');
  const imported = await timed(running, () => send('POST', '/import', form));
  const ids: string[] = [];
  const change = (call: (i: number) => Promise<unknown>) =>
    medianOf(times, (i) => timed(running, () => call(i), SETTLED_MS));
  const created = await change(async (i) => {
    const body = JSON.stringify({ type: 'A', name: `new${i}`, content: '192.0.2.1', ttl: 60 });
    ids.push(JSON.parse(await send('POST', '', body)).result.id);
  });
  const changed = await change((i) => send('PATCH', `/${ids[i]}`, '{"content":"192.0.2.2"}'));
  const deleted = await change((i) => send('DELETE', `/${ids[i]}`));
  return [
    row('the import of all', imported, '≤ 10000'),
    row('POST of a record, until it is answered', created, ''),
    row('PATCH of a record, until it is answered', changed, ''),
    row('DELETE of a record, until it is gone', deleted, ''),
  ];
}

async function lists(running: Running): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [title, query] of LISTS) {
    const once = () => timed(running, () => running.send('GET', `?${query}`));
    const first = await once();
    const later = await medianOf(times, once);
    rows.push(row(`list: ${title}`, later, '≤ 50'), row(`list: ${title}, the first time`, first, ''));
  }
  return rows;
}

function perRecord(mebibytes: number): string {
  return String(Math.round((mebibytes * 2 ** 20) / lines.length));
}

async function peersMemory(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const peer of [nsd, knot].filter(isHere)) {
    const memory: number[] = [];
    for (const names of [1, NAMES]) {
      const below = join(directory, `${peer.program}-${names}`);
      mkdirSync(below);
      const server = await startServer(peer, below, names);
      memory.push(server.memoryMiB);
      await server.stop();
    }
    const [empty, full] = memory as [number, number];
    rows.push([`${peer.name} ${versionOf(peer)}`, full.toFixed(0), perRecord(full - empty)]);
  }
  return rows;
}
