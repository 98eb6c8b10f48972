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
import { measure } from '../dns/load.ts';
import type { Server } from '../dns/server.ts';
import { describeMachine } from '../machine.ts';
import { markdownTable } from '../markdown-table.ts';
import { median, quantile } from '../quantile.ts';
import { writeSection } from '../results.ts';
import { NAME, POOLS, startNode } from '../streams/node.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';
import { openPages, type Pages } from './pages.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const PAGES = 100;
const DNS_PER_SECOND = 5_000;
const FLIPS_PER_SECOND = [0, 1, 10] as const;
const FIRST_VIEWS = 5;
const seconds = options.quick ? 5 : 8;
/** Rounds, each with every number of flips without pages and then with them: so a slow minute of the machine is not that of one. */
const ROUNDS = options.quick ? 1 : 3;
/** Time until what a scene began has settled, milliseconds. */
const SETTLED_MS = 3_000;

/** What one scene found: shares in percent, times in milliseconds. */
interface Figures {
  readonly main: number;
  readonly updates: number;
  readonly updateP99Ms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly failed: number;
}

endOnInterrupt();
const machine = describeMachine();
const directory = tempDir();
const generator = compile(join(import.meta.dirname, '../dns/load/*.c'), join(directory, 'load'));
const names = join(directory, 'names');
writeFileSync(names, `${NAME}\n`);
try {
  const node = await startNode(resolve(import.meta.dirname, '../..'), makeCertificates().good);
  const none = () => undefined;
  const server = {
    peer: { name: 'lifeguard' },
    port: node.dns.port,
    processes: () => [node.pid],
    resume: none,
    pause: none,
  };

  async function scene(pages: Pages | undefined, flipsPerSecond: number): Promise<Figures> {
    const flips = flipsPerSecond === 0 ? undefined : node.flip(flipsPerSecond);
    await sleep(SETTLED_MS);
    pages?.did();
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
    const share = (mainThreadMs(node.pid) - fromCpuMs) / elapsedMs;
    const did = pages?.did();
    await flips?.stop();
    return {
      main: 100 * share,
      updates: did === undefined ? 0 : (1_000 * did.most) / elapsedMs,
      updateP99Ms: did === undefined ? 0 : quantile(did.refreshesMs, 0.99),
      p50Ms: p50Us / 1_000,
      p99Ms: p99Us / 1_000,
      failed: 100 * failed,
    };
  }

  const without = new Map<number, Figures[]>(FLIPS_PER_SECOND.map((flips) => [flips, []]));
  const withPages = new Map<number, Figures[]>(FLIPS_PER_SECOND.map((flips) => [flips, []]));
  let views: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [flips, figures] of without) figures.push(await scene(undefined, flips));
    const pages = await openPages(node.origin, PAGES);
    for (const [flips, figures] of withPages) figures.push(await scene(pages, flips));
    if (round === ROUNDS - 1) views = await firstViews(node.origin);
    await pages.close();
  }
  await node.stop();
  report([...rowsOf(0, without), ...rowsOf(PAGES, withPages)], views);
} finally {
  await endAll();
}

/** Returns a row for each number of flips: the median of each figure over the rounds. */
function rowsOf(pages: number, scenes: ReadonlyMap<number, readonly Figures[]>): string[][] {
  return [...scenes].map(([flips, figures]) => {
    const of = (pick: (figure: Figures) => number) => median(figures.map(pick));
    return [
      String(flips),
      String(pages),
      `${of(({ main }) => main).toFixed(1)} %`,
      pages === 0 ? '–' : of(({ updates }) => updates).toFixed(2),
      pages === 0 ? '–' : of(({ updateP99Ms }) => updateP99Ms).toFixed(0),
      of(({ p50Ms }) => p50Ms).toFixed(2),
      of(({ p99Ms }) => p99Ms).toFixed(2),
      `${of(({ failed }) => failed).toFixed(2)} %`,
    ];
  });
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
    'open pages',
    'main thread',
    'updates/s a page, most',
    'update p99 ms',
    'DNS p50 ms',
    'DNS p99 ms',
    'failed',
  ];
  const body = [
    machine,
    `${POOLS.toLocaleString('en')} pools, ${DNS_PER_SECOND.toLocaleString('en')} DNS queries a second by UDP. Each figure is the median of ${ROUNDS}. Targets with open pages: 5 % more of the main thread at the most, 4 updates a second a page, and the DNS p99 as without.`,
    markdownTable(head, rows),
    first,
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('Open pages of the dashboard', body);
}
