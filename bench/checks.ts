/**
 * How many checks one worker makes on one core, and whether its memory stays as it is: `npm run bench:checks`.
 * README.md tells what is measured and how to read it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openRedisStore } from '../src/store/redis/redis.ts';
import { startRedis } from '../test/support/server/redis.ts';
import { type Checked, configure } from './checks/configure.ts';
import type { Targets } from './checks/targets.ts';
import type { WorkerReport } from './checks/worker.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { writeSection } from './results.ts';
import { endOnInterrupt } from './temp-dir.ts';

/** The worker has one core, what it checks and Redis another. */
const WORKER_CORE = 0;
const OTHER_CORE = 1;
/** Between two looks at the memory of a soak. */
const SAMPLE_MS = 10_000;

interface Scene extends Omit<Checked, 'port'> {
  readonly title: string;
}

/** At the design's numbers, and with more than fits, which tells how much does. */
const SCENES: readonly Scene[] = [
  { title: 'HTTP, 10,000 every 5 s', type: 'http', endpoints: 10_000, intervalSeconds: 5 },
  { title: 'TCP, 25,000 every 5 s', type: 'tcp', endpoints: 25_000, intervalSeconds: 5 },
  { title: 'HTTP, 10,000 every 1 s', type: 'http', endpoints: 10_000, intervalSeconds: 1 },
  { title: 'TCP, 20,000 every 1 s', type: 'tcp', endpoints: 20_000, intervalSeconds: 1 },
];

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, soak: { type: 'string' } },
});
const settleMs = options.quick ? 6_000 : 12_000;
const measureMs = options.quick ? 5_000 : 20_000;

endOnInterrupt();
const machine = describeMachine();
if (options.soak === undefined) await rates();
else await soak(minutesOf(options.soak));
process.exit();

function minutesOf(text: string): number {
  const minutes = /^(\d{1,4})m$/.exec(text)?.[1];
  if (minutes === undefined || Number(minutes) < 1)
    throw new Error(`--soak ${text}: give whole minutes, such as 30m`);
  return Number(minutes);
}

async function rates(): Promise<void> {
  const rows: string[][] = [];
  for (const scene of SCENES) {
    const running = await start(scene);
    await sleep(settleMs);
    await running.ask();
    await sleep(measureMs);
    rows.push(rateRow(scene, await running.ask()));
    await running.stop();
  }
  const head = [
    'checked',
    'wanted/s',
    'made/s',
    'core',
    'made per core-second',
    'late p50 ms',
    'late p99 ms',
    'skipped',
    'failed',
    'RSS MiB',
  ];
  publish('Checks on one core', markdownTable(head, rows));
}

function rateRow({ title, endpoints, intervalSeconds }: Scene, said: WorkerReport): string[] {
  const made = said.well + said.failed;
  return [
    title,
    count(endpoints / intervalSeconds),
    count(made / said.seconds),
    `${((said.cpuSeconds / said.seconds) * 100).toFixed(0)} %`,
    count(made / said.cpuSeconds),
    said.lateP50Ms.toFixed(1),
    said.lateP99Ms.toFixed(1),
    String(said.skipped),
    String(said.failed),
    mib(said.rssOctets),
  ];
}

/** The first scene for so many minutes; memory by quarters of them, without the first minute. */
async function soak(minutes: number): Promise<void> {
  const scene = SCENES[0]!;
  const running = await start(scene);
  await sleep(Math.min(60_000, minutes * 6_000));
  await running.ask();
  const samples: WorkerReport[] = [];
  for (const untilMs = performance.now() + minutes * 60_000; performance.now() < untilMs; ) {
    await sleep(SAMPLE_MS);
    samples.push(await running.ask());
  }
  await running.stop();
  const QUARTERS = 4;
  const rows = Array.from({ length: QUARTERS }, (_, quarter) => {
    const from = Math.floor((quarter * samples.length) / QUARTERS);
    const part = samples.slice(from, Math.floor(((quarter + 1) * samples.length) / QUARTERS));
    const sum = (of: (said: WorkerReport) => number) => part.reduce((total, said) => total + of(said), 0);
    return [
      `quarter ${quarter + 1}`,
      count(sum(({ well, failed }) => well + failed) / sum(({ seconds }) => seconds)),
      String(sum(({ failed }) => failed)),
      String(sum(({ skipped }) => skipped)),
      mib(Math.max(...part.map(({ rssOctets }) => rssOctets))),
      mib(Math.min(...part.map(({ heapOctets }) => heapOctets))),
      mib(Math.max(...part.map(({ heapOctets }) => heapOctets))),
    ];
  });
  const head = ['', 'made/s', 'failed', 'skipped', 'RSS max MiB', 'heap min MiB', 'heap max MiB'];
  publish(`Checks for ${minutes} minutes`, `${scene.title}.\n\n${markdownTable(head, rows)}`);
}

function publish(title: string, table: string): void {
  const body = `${machine}\n\n${table}`;
  process.stdout.write(`${body}\n`);
  if (!options.quick) writeSection(title, body);
}

interface Running {
  /** How the worker did since it was asked before. */
  ask(): Promise<WorkerReport>;
  stop(): Promise<void>;
}

async function start(scene: Scene): Promise<Running> {
  const redis = await startRedis();
  const targets = startProcess('targets.ts', OTHER_CORE, []);
  const [ports] = (await once(targets, 'message')) as [Targets];
  const store = openRedisStore(redis.url, { prefix: 'bench' });
  await configure(store, { ...scene, port: ports[scene.type] });
  await store.close();
  const worker = startProcess('worker.ts', WORKER_CORE, [redis.url, 'bench']);
  await once(worker, 'message');
  return {
    async ask() {
      worker.send('report');
      const [said] = (await once(worker, 'message')) as [WorkerReport];
      if (said.held !== scene.endpoints)
        throw new Error(`${said.held} of ${scene.endpoints} checks are held`);
      return said;
    },
    async stop() {
      for (const child of [worker, targets]) {
        const ended = once(child, 'exit');
        child.disconnect();
        await ended;
      }
      await redis.stop();
    },
  };
}

function startProcess(file: string, core: number, args: readonly string[]): ChildProcess {
  const path = join(import.meta.dirname, 'checks', file);
  const child = spawn('taskset', ['-c', String(core), process.execPath, path, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  return child;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function mib(octets: number): string {
  return (octets / 2 ** 20).toFixed(0);
}
