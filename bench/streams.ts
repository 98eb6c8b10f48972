/**
 * Answering by TCP, TLS and HTTPS while the main thread has other things to do: `npm run bench:streams`. With `--against
 * <folder>` the program of another tree is measured too, in turn with this one. README.md tells how to read it.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { queryPacket } from '../test/answer/query-packet.ts';
import { makeCertificates } from '../test/probe/certificates.ts';
import { endAll } from '../test/support/lifeguard.ts';
import { compile } from './dns/compile.ts';
import { measure, type Sample } from './dns/load.ts';
import type { Server } from './dns/server.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';
import { loadOverHttps, loadOverTls } from './streams/clients.ts';
import { type MeasuredNode, NAME, startNode } from './streams/node.ts';
import { endOnInterrupt, tempDir } from './temp-dir.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    against: { type: 'string' },
    rate: { type: 'string' },
  },
});
const scale = options.quick ? { rounds: 3, seconds: 1 } : { rounds: 9, seconds: 2 };
const FLIPS_PER_SECOND = 1_000;
/** Of the least that any of them answers at saturation. */
const LATENCY_SHARE = 0.5;

/** What is measured of a node: a figure for each of its columns. */
interface Row {
  readonly title: string;
  once(node: MeasuredNode): Promise<readonly number[]>;
}

endOnInterrupt();
const machine = describeMachine();
const directory = tempDir();
const generator = compile(join(import.meta.dirname, 'dns/load/*.c'), join(directory, 'load'));
const names = join(directory, 'names');
writeFileSync(names, `${NAME}\n`);
const query = queryPacket({ name: NAME });
const trees = [
  { name: 'this', path: resolve(import.meta.dirname, '..') },
  ...(options.against === undefined
    ? []
    : [{ name: commitOf(options.against), path: resolve(options.against) }]),
];
const nodes: { readonly name: string; readonly node: MeasuredNode }[] = [];
try {
  const certificate = makeCertificates().good;
  for (const { name, path } of trees) nodes.push({ name, node: await startNode(path, certificate) });
  const throughput = await measureRows([
    { title: 'TCP', once: async (node) => [(await loadTcp(node)).perCpuSecond] },
    { title: 'TLS', once: (node) => perCpuSecond(node, (ms) => loadOverTls(node.tls, query, ms)) },
    { title: 'HTTPS', once: (node) => perCpuSecond(node, (ms) => loadOverHttps(node.https, query, ms)) },
  ]);
  const saturation = await measureRows([
    { title: 'TCP', once: async (node) => [(await loadTcp(node)).perSecond] },
  ]);
  const least = Math.min(...saturation[0]!.figures.values().map((rounds) => median(rounds.map(([x]) => x!))));
  const perSecond = Number(options.rate ?? Math.floor((LATENCY_SHARE * least) / 1_000) * 1_000);
  const latency = async (node: MeasuredNode) => {
    const { p50Us, p99Us, unsent } = await loadTcp(node, perSecond);
    return [p50Us / 1_000, p99Us / 1_000, 100 * unsent];
  };
  const latencies = await measureRows([
    { title: 'nothing else', once: latency },
    {
      title: 'the main thread stands still, 100 ms at a time',
      async once(node) {
        await node.hold();
        try {
          return await latency(node);
        } finally {
          await node.release();
        }
      },
    },
    {
      title: `${FLIPS_PER_SECOND.toLocaleString('en')} pools a second flip`,
      async once(node) {
        const flips = node.flip(FLIPS_PER_SECOND);
        try {
          return await latency(node);
        } finally {
          await flips.stop();
        }
      },
    },
  ]);
  report(throughput, latencies, perSecond);
} finally {
  await Promise.all(nodes.map(({ node }) => node.stop()));
  await endAll();
}

/** The commit of another tree. */
function commitOf(tree: string): string {
  return execFileSync('git', ['-C', tree, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}

/** Load over TCP by the generator in C; without a rate as much as comes back. */
function loadTcp({ dns, pid }: MeasuredNode, perSecond?: number): Promise<Sample> {
  const none = () => undefined;
  const server = {
    peer: { name: 'lifeguard' },
    port: dns.port,
    processes: () => [pid],
    resume: none,
    pause: none,
  };
  return measure(generator, server as unknown as Server, {
    names,
    address: '127.0.0.1',
    edns: false,
    tcp: true,
    seconds: scale.seconds,
    answers: 1,
    ...(perSecond === undefined ? {} : { perSecond }),
  });
}

async function perCpuSecond(node: MeasuredNode, load: (ms: number) => Promise<number>): Promise<number[]> {
  const from = node.cpuSeconds();
  const answers = await load(scale.seconds * 1_000);
  return [answers / (node.cpuSeconds() - from)];
}

interface MeasuredRow {
  readonly title: string;
  /** Of each node, the figures of each round. */
  readonly figures: Map<string, (readonly number[])[]>;
}

/** Measures all rows in each round, and in each row all nodes in turn; the first round warms up, and is thrown away. */
async function measureRows(rows: readonly Row[]): Promise<MeasuredRow[]> {
  const measured = rows.map(({ title }) => ({
    title,
    figures: new Map(nodes.map(({ name }) => [name, [] as (readonly number[])[]])),
  }));
  for (let round = 0; round <= scale.rounds; round += 1)
    for (const [i, row] of rows.entries())
      for (const { name, node } of round % 2 === 0 ? nodes : nodes.toReversed()) {
        const figures = await row.once(node);
        if (round > 0) measured[i]!.figures.get(name)!.push(figures);
      }
  return measured;
}

function report(
  throughput: readonly MeasuredRow[],
  latencies: readonly MeasuredRow[],
  perSecond: number,
): void {
  const column = (row: MeasuredRow, name: string, i: number) =>
    row.figures.get(name)!.map((each) => each[i]!);
  const figure = (row: MeasuredRow, name: string, i: number, digits: number) =>
    median(column(row, name, i)).toLocaleString('en', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  const ratio = (row: MeasuredRow) => {
    const [own, other] = nodes.map(({ name }) => column(row, name, 0));
    return other === undefined ? [] : [median(own!.map((value, i) => value / other[i]!)).toFixed(2)];
  };
  const body = [
    machine,
    `### Answers per core-second`,
    markdownTable(
      ['transport', ...nodes.map(({ name }) => name), ...(nodes.length > 1 ? ['×'] : [])],
      throughput.map((row) => [
        row.title,
        ...nodes.map(({ name }) => figure(row, name, 0, 0)),
        ...ratio(row),
      ]),
    ),
    `### TCP at ${perSecond.toLocaleString('en')} queries a second`,
    markdownTable(
      ['meanwhile', ...nodes.flatMap(({ name }) => [`${name}: p50 ms`, 'p99 ms', 'not sent in time %'])],
      latencies.map((row) => [
        row.title,
        ...nodes.flatMap(({ name }) => [0, 1, 2].map((i) => figure(row, name, i, 2))),
      ]),
    ),
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('Streams beside a busy main thread', body);
}
