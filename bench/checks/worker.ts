/**
 * A worker as `lifeguard monitor` runs it, with a look at each check as it begins and ends. Tells its parent, when that
 * asks, how it went since it was asked before; runs until the parent goes.
 */
import process from 'node:process';
import { startMonitor } from '../../src/monitor/monitor.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { createPing } from '../../src/probe/icmp/ping.ts';
import { probe } from '../../src/probe/probe.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import { hashOf } from '../../src/voting/assignment.ts';
import { quantile } from '../quantile.ts';

/** How a worker did since it was asked before. */
export interface WorkerReport {
  readonly seconds: number;
  /** Checks that ended well, and not. */
  readonly well: number;
  readonly failed: number;
  /** Processor time, seconds. */
  readonly cpuSeconds: number;
  /** How late checks began, against their grid, milliseconds. */
  readonly lateP50Ms: number;
  readonly lateP99Ms: number;
  readonly skipped: number;
  readonly held: number;
  readonly rssOctets: number;
  readonly heapOctets: number;
}

const [redisUrl, prefix] = process.argv.slice(2) as [string, string];
const store = openRedisStore(redisUrl, { prefix });
const options = { resolve: createResolve(), ping: createPing() };
const silent = () => undefined;
let late: number[] = [];
let well = 0;
let failed = 0;
let sinceMs = performance.now();
let cpu = process.cpuUsage();
let skippedBefore = 0;

const monitor = await startMonitor({
  store,
  region: 'bench',
  log: {
    debug: silent,
    info: silent,
    warn: silent,
    error: (_: object, text: string) => process.stderr.write(`${text}\n`),
  },
  probersPerRegion: 1,
  probesInFlightMax: 2_000,
  certificateWarningDays: 0,
  async probe(check, signal) {
    const intervalMs = check.monitor.intervalSeconds * 1_000;
    const gridMs = performance.timeOrigin + performance.now() - (hashOf(check.key) % intervalMs);
    late.push(gridMs % intervalMs);
    const outcome = await probe(check, { ...options, signal });
    if (outcome.ok) well += 1;
    else failed += 1;
    return outcome;
  },
});

function report(): WorkerReport {
  const nowMs = performance.now();
  const { user, system } = process.cpuUsage(cpu);
  const { skipped, held } = monitor.status();
  const { rss, heapUsed } = process.memoryUsage();
  const said: WorkerReport = {
    seconds: (nowMs - sinceMs) / 1_000,
    well,
    failed,
    cpuSeconds: (user + system) / 1e6,
    lateP50Ms: quantile(late, 0.5),
    lateP99Ms: quantile(late, 0.99),
    skipped: skipped - skippedBefore,
    held,
    rssOctets: rss,
    heapOctets: heapUsed,
  };
  late = [];
  well = 0;
  failed = 0;
  sinceMs = nowMs;
  cpu = process.cpuUsage();
  skippedBefore = skipped;
  return said;
}

process.on('message', () => process.send!(report()));
process.once('disconnect', () => process.exit());
process.send!('ready');
