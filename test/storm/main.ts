/**
 * A flip storm over 100,000 pools: `npm run storm`. A node follows a Redis in which a worker flips 10,000 verdicts a
 * second, while dnsperf asks random pools and every answer of another client is held against what was published.
 * README.md tells what the figures mean, and when it fails.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { shuffled } from '../../bench/dns/names.ts';
import { describeMachine } from '../../bench/machine.ts';
import { configure } from '../../bench/verdict/pools.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import { endAll } from '../support/lifeguard.ts';
import { startRedis } from '../support/server/redis.ts';
import { type Asked, startAsker, startWatcher } from './asker.ts';
import { type Load, runDnsperf, writeQuestions } from './dnsperf.ts';
import { faults } from './flips/faults.ts';
import { ALL_UP, poolOf } from './flips/flip-plan.ts';
import { startFlips } from './flips/flips.ts';
import { freePorts, type NodeUnderTest, type Ports, residentOctets } from './node-process.ts';
import { report } from './report.ts';
import { type StartUp, timedStart } from './start-up.ts';
import { timeUpdates } from './writes/update-one.ts';

/** What the storm came to; report.ts writes it down. */
export interface Storm {
  readonly machine: string;
  readonly pools: number;
  readonly flipsPerSecond: number;
  readonly starts: readonly { readonly title: string; readonly took: StartUp }[];
  /** Without flips, and with them. */
  readonly calm: Ran;
  readonly storm: Ran & {
    readonly flipped: number;
    readonly seconds: number;
    readonly latenciesMs: readonly number[];
  };
  readonly updatesUs: readonly number[];
}

/** A run of dnsperf, what happened meanwhile. */
export interface Ran {
  readonly load: Load;
  readonly asked: Asked;
  /** Of the main thread's event loop: the worst second's 99th percentile, and the longest delay. */
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Processor seconds the node used for each second. */
  readonly busy: number;
  /** Resident memory each second. */
  readonly residentOctets: readonly number[];
}

/** Processor time that a node without work uses in a second at the most, and the longest wait for that. */
const QUIET_CPU_MS = 60;
const QUIET_SECONDS_MAX = 60;
const PREFIX = 'lifeguard';
/** Nothing that would hold a flip back: every flip is meant. */
const CONFIG = `
health:
  mass_failure: { enabled: false }
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [192.0.2.53] }
    pools: pools
`;

const { values: options } = parseArgs({
  options: {
    pools: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '30' },
    flips: { type: 'string', default: '10000' },
    queries: { type: 'string', default: '10000' },
  },
});
const [pools, seconds, flipsPerSecond, queriesPerSecond] = (
  ['pools', 'seconds', 'flips', 'queries'] as const
).map((name) => {
  const value = Number(options[name]);
  if (!Number.isSafeInteger(value) || value < 2) throw new Error(`--${name} must be a whole number from 2`);
  return value;
}) as [number, number, number, number];

const machine = describeMachine();
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-storm-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const config = join(directory, 'lifeguard.yaml');
const questions = join(directory, 'questions');
writeFileSync(config, CONFIG);
writeQuestions(questions, shuffled(pools));
const say = (what: string) => process.stderr.write(`${what}\n`);

try {
  const storm = await run();
  process.stdout.write(report(storm));
  const found = faults(storm);
  for (const fault of found) process.stderr.write(`FAILED: ${fault}\n`);
  if (found.length > 0) process.exitCode = 1;
} finally {
  await endAll();
}

async function run(): Promise<Storm> {
  const updatesUs = timeUpdates(pools);
  const redis = await startRedis();
  const store = openRedisStore(redis.url, { prefix: PREFIX });
  say(`putting ${pools} pools into Redis`);
  await configure(store, pools);
  const flips = startFlips(redis.url, PREFIX, pools);
  await flips.fill();
  const env = { LIFEGUARD_CONFIG: config, LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: directory };
  const question = { name: `p${poolOf(0, pools)}.pools.example.com`, addresses: ALL_UP };
  const starts: { title: string; took: StartUp }[] = [];
  let ports: Ports;
  let node: NodeUnderTest | undefined;
  for (const title of ['nothing on disk', 'last good state on disk']) {
    await node?.process.end();
    say(`starting with ${title}`);
    ports = await freePorts();
    const started = await timedStart(env, ports, question);
    node = started.node;
    starts.push({ title, took: started.took });
    // What it knows goes to its disk.
    await untilQuiet(node);
  }
  say('asking without flips');
  const calm = await ask(node!, ports!.dns, flips);
  say('asking with flips');
  const watcher = await startWatcher(ports!.dns, flips);
  flips.start(flipsPerSecond);
  const fromMs = performance.now();
  const ran = await ask(node!, ports!.dns, flips);
  const flipped = flips.ackedBy(Number.POSITIVE_INFINITY);
  const took = (performance.now() - fromMs) / 1_000;
  const latenciesMs = await watcher.stop();
  await flips.stop();
  await node!.process.end();
  await store.close();
  await redis.stop();
  return {
    machine,
    pools,
    flipsPerSecond,
    starts,
    calm,
    storm: { ...ran, flipped, seconds: took, latenciesMs },
    updatesUs,
  };
}

/** Asks for as long as was wanted, in every way. */
async function ask(
  { process: { process: child }, probes }: NodeUnderTest,
  port: number,
  flips: ReturnType<typeof startFlips>,
): Promise<Ran> {
  const before = probes().length;
  const resident: number[] = [];
  const sampling = setInterval(() => resident.push(residentOctets(child.pid!).now), 1_000);
  const asker = await startAsker(port, pools, flips);
  const load = await runDnsperf(port, questions, queriesPerSecond, seconds);
  const asked = await asker.stop();
  clearInterval(sampling);
  const during = probes().slice(before);
  const [first, last] = [during[0]!, during.at(-1)!];
  return {
    load,
    asked,
    delayP99Ms: Math.max(...during.map(({ p99Ms }) => p99Ms)),
    delayMaxMs: Math.max(...during.map(({ maxMs }) => maxMs)),
    busy: (last.cpuMs - first.cpuMs) / 1_000 / (during.length - 1),
    residentOctets: resident,
  };
}

/** Waits until a node has next to nothing to do any more. */
async function untilQuiet({ probes }: NodeUnderTest): Promise<void> {
  for (let second = 0; second < QUIET_SECONDS_MAX; second += 1) {
    await sleep(1_000);
    const [before, last] = probes().slice(-2);
    if (before && last && last.cpuMs - before.cpuMs < QUIET_CPU_MS) return;
  }
}
