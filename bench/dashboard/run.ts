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
const seconds = options.quick ? 5 : 10;
/** Time until what a scene began has settled, milliseconds. */
const SETTLED_MS = 3_000;

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

  /** The figures of one scene. */
  async function scene(pages: Pages | undefined, flipsPerSecond: number): Promise<string[]> {
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
    return [
      String(flipsPerSecond),
      pages === undefined ? '0' : String(PAGES),
      `${(100 * share).toFixed(1)} %`,
      did === undefined ? '–' : ((1_000 * did.most) / elapsedMs).toFixed(2),
      did === undefined ? '–' : quantile(did.refreshesMs, 0.99).toFixed(0),
      (p50Us / 1_000).toFixed(2),
      (p99Us / 1_000).toFixed(2),
      `${(100 * failed).toFixed(2)} %`,
    ];
  }

  const rows: string[][] = [];
  for (const flipsPerSecond of FLIPS_PER_SECOND) rows.push(await scene(undefined, flipsPerSecond));
  const pages = await openPages(node.origin, PAGES);
  for (const flipsPerSecond of FLIPS_PER_SECOND) rows.push(await scene(pages, flipsPerSecond));
  const views = await firstViews(node.origin);
  await pages.close();
  await node.stop();
  report(rows, views);
} finally {
  await endAll();
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
    `${POOLS.toLocaleString('en')} pools, ${DNS_PER_SECOND.toLocaleString('en')} DNS queries a second by UDP. Targets with open pages: 5 % more of the main thread at the most, and 4 updates a second a page.`,
    markdownTable(head, rows),
    first,
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('Open pages of the dashboard', body);
}
