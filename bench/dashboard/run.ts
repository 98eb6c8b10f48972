/** What open pages of the dashboard cost a node with 10,000 pools: `npm run bench:dashboard`. README.md tells how to read it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CHROMIUM, openBrowser, openPage } from '../../test/dashboard/browser.ts';
import { makeCertificates } from '../../test/probe/certificates.ts';
import { endAll, TOKEN } from '../../test/support/lifeguard.ts';
import { compile } from '../dns/compile.ts';
import { GENERATOR_CORE, measure } from '../dns/load.ts';
import { checkCores, SERVER_CORE, type Server } from '../dns/server.ts';
import { describeMachine } from '../machine.ts';
import { markdownTable } from '../markdown-table.ts';
import { median, quantile } from '../quantile.ts';
import { writeSection } from '../results.ts';
import { NAME, POOLS, startNode } from '../streams/node.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';
import { openPages } from './pages.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const PAGES = 100;
const DNS_PER_SECOND = 5_000;
const FLIPS_PER_SECOND = [0, 1, 10] as const;
const FIRST_VIEWS = 5;
const seconds = options.quick ? 5 : 8;
/** Rounds. In each, every number of flips is measured without pages and with them, one right after the other, in turn first. */
const ROUNDS = options.quick ? 2 : 6;
/** Wanted with open pages: share of the main thread, percent, and updates of a page a second. */
const MAIN_MAX = 5;
const UPDATES_MAX = 4;
/** Milliseconds a second that one percent of a core is. */
const MS_PER_PERCENT = 10;
/** Time until what a scene began has settled, milliseconds. */
const SETTLED_MS = 3_000;

/** What one scene found: shares in percent, times in milliseconds. */
interface Scene {
  readonly main: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

/** Two scenes, one right after the other: without pages and with them. */
interface Pair {
  readonly without: Scene;
  readonly with: Scene & { readonly updates: number; readonly updateP99Ms: number };
}

endOnInterrupt();
checkCores(GENERATOR_CORE);
const machine = describeMachine();
const directory = tempDir();
const generator = compile(join(import.meta.dirname, '../dns/load/*.c'), join(directory, 'load'));
const names = join(directory, 'names');
writeFileSync(names, `${NAME}\n`);
try {
  const core = ['taskset', '-c', String(SERVER_CORE)];
  const node = await startNode(resolve(import.meta.dirname, '../..'), makeCertificates().good, core);
  const none = () => undefined;
  const server = {
    peer: { name: 'lifeguard' },
    port: node.dns.port,
    processes: () => [node.pid],
    resume: none,
    pause: none,
  };

  async function scene(): Promise<Scene & { readonly elapsedMs: number }> {
    const [fromMs, fromCpuMs] = [performance.now(), mainThreadMs(node.pid)];
    const { p50Us, p99Us, failed } = await measure(generator, server as unknown as Server, {
      names,
      address: '127.0.0.1',
      edns: false,
      tcp: false,
      seconds,
      answers: 1,
      perSecond: DNS_PER_SECOND,
    });
    const elapsedMs = performance.now() - fromMs;
    const main = (100 * (mainThreadMs(node.pid) - fromCpuMs)) / elapsedMs;
    return { main, p50Ms: p50Us / 1_000, p99Ms: p99Us / 1_000, failed: 100 * failed, elapsedMs };
  }

  async function sceneWithPages(): Promise<Pair['with']> {
    const pages = await openPages(node.origin, PAGES);
    await sleep(SETTLED_MS);
    await pages.did();
    const found = await scene();
    const { most, refreshesMs } = await pages.did();
    await pages.close();
    const updates = (1_000 * most) / found.elapsedMs;
    return { ...found, updates, updateP99Ms: most === 0 ? 0 : quantile(refreshesMs, 0.99) };
  }

  async function pairOf(isPagesFirst: boolean): Promise<Pair> {
    const first = isPagesFirst ? await sceneWithPages() : undefined;
    await sleep(SETTLED_MS);
    const without = await scene();
    return { without, with: first ?? (await sceneWithPages()) };
  }

  const pairs = new Map<number, Pair[]>(FLIPS_PER_SECOND.map((flips) => [flips, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const [perSecond, found] of pairs) {
      const flips = perSecond === 0 ? undefined : node.flip(perSecond);
      found.push(await pairOf(round % 2 === 1));
      await flips?.stop();
    }
  const pages = await openPages(node.origin, PAGES);
  const views = await firstViews(node.origin);
  await pages.close();
  await node.stop();
  report(
    [...pairs].map(([flips, found]) => rowOf(flips, found)),
    views,
  );
} finally {
  await endAll();
}

/** Returns the row of a number of flips: the median of each figure over the pairs. */
function rowOf(flips: number, pairs: readonly Pair[]): string[] {
  const of = (pick: (pair: Pair) => number) => median(pairs.map(pick));
  const more = (pair: Pair) => pair.with.main - pair.without.main;
  return [
    String(flips),
    `${of(({ without }) => without.main).toFixed(1)} %`,
    `${of((pair) => pair.with.main).toFixed(1)} %`,
    of((pair) => (MS_PER_PERCENT * more(pair)) / PAGES).toFixed(2),
    of((pair) => pair.with.updates).toFixed(2),
    pairs.every((pair) => pair.with.updates === 0) ? '–' : of((pair) => pair.with.updateP99Ms).toFixed(0),
    of(({ without }) => without.p99Ms).toFixed(3),
    of((pair) => pair.with.p99Ms).toFixed(3),
    of((pair) => pair.with.p99Ms / pair.without.p99Ms).toFixed(2),
    `${of((pair) => Math.max(pair.without.failed, pair.with.failed)).toFixed(2)} %`,
  ];
}

/** Milliseconds from the address to the overview with its data, each in a browser context that has no file of the page yet. */
async function firstViews(origin: string): Promise<number[]> {
  if (CHROMIUM.missing) return [];
  const browser = await openBrowser();
  try {
    const views: number[] = [];
    for (let i = 0; i < FIRST_VIEWS; i += 1) {
      const { page, context } = await openPage(browser, origin);
      await context.request.post('/lifeguard/v1/session', {
        data: { token: TOKEN },
        headers: { 'x-lifeguard-dashboard': '1', origin },
      });
      const fromMs = performance.now();
      await page.goto('/', { waitUntil: 'commit' });
      await page.locator('.card .figure').first().waitFor();
      views.push(performance.now() - fromMs);
      await context.close();
    }
    return views;
  } finally {
    await browser.close();
  }
}

/** Processor time of the main thread of a process, milliseconds (/proc/…/schedstat). */
function mainThreadMs(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

function report(rows: string[][], views: readonly number[]): void {
  const first =
    views.length === 0
      ? 'The first view was not measured: there is no Chromium.'
      : `First view of the overview in Chromium, with ${PAGES} pages open: ${Math.round(views[0]!)} ms at first, then median ${Math.round(median(views.slice(1)))} ms, max ${Math.round(Math.max(...views.slice(1)))} ms (target: 1,000 ms).`;
  const head = [
    'flips a second',
    'main thread without pages',
    `with ${PAGES}`,
    'ms/s a page',
    'updates/s a page, most',
    'update p99 ms',
    'DNS p99 ms without pages',
    `with ${PAGES}`,
    '×',
    'failed',
  ];
  const body = [
    machine,
    `${POOLS.toLocaleString('en')} pools, ${DNS_PER_SECOND.toLocaleString('en')} DNS queries a second by UDP, on one core. Each figure is the median of ${ROUNDS} pairs of ${seconds} s; × is the ratio of the DNS p99 within a pair. Targets with ${PAGES} pages: ${MAIN_MAX} % of the main thread at the most, ${UPDATES_MAX} updates a second a page, and × about 1.`,
    markdownTable(head, rows),
    first,
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('Open pages of the dashboard', body);
}
