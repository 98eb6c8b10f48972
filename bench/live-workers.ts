/**
 * For how long at a time a change of the live workers holds up the main thread of a node and of a worker, where there are many
 * checks: `npm run bench:live-workers`. README.md tells what is measured and how to read it.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Check, type CheckKey, checkKeyOf } from '../src/check/check.ts';
import type { Worker } from '../src/check/worker.ts';
import type { Observation } from '../src/health/observation.ts';
import { createAssignedChecks } from '../src/monitor/assignment/assigned-checks.ts';
import { createCheckIndex } from '../src/monitor/assignment/check-index.ts';
import { createRebalance } from '../src/monitor/assignment/rebalance.ts';
import { createHealthState } from '../src/serve/health/health-state.ts';
import { createRosterUpdates } from '../src/serve/health/roster-updates.ts';
import { makeObservation } from '../test/monitor/observations.ts';
import { makeEndpoint, makeMonitor, makePool } from '../test/probe/checks.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';

/** What every piece should stay below. */
const TARGET_MS = 20;
const POOL_ENDPOINTS = 4;
/** Time after which all work of a change is done. */
const SETTLED_MS = 4_000;

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const checks = options.quick ? 100_000 : 400_000;
const times = options.quick ? 3 : 5;

const WORKERS: readonly Worker[] = ['a', 'b', 'c'].map((id) => ({ id, region: 'WEU', startedAtMs: 0 }));
const monitor = makeMonitor();
const pools = Array.from({ length: checks / POOL_ENDPOINTS }, (_, at) => ({
  ...makePool({
    endpoints: Array.from({ length: POOL_ENDPOINTS }, (_each, i) =>
      makeEndpoint({ name: `e${i}`, address: `10.${at >> 14}.${(at >> 6) & 255}.${((at & 63) << 2) + i}` }),
    ),
  }),
  id: at.toString(16).padStart(32, '0'),
  name: `p${at}`,
  monitor: monitor.id,
}));
const keys: readonly CheckKey[] = pools.flatMap(({ endpoints }) =>
  endpoints.map((endpoint) => checkKeyOf(monitor, endpoint)),
);
const observations: readonly Observation[] = keys.map((check, at) =>
  makeObservation({ check, region: 'WEU', worker: WORKERS[at % WORKERS.length]!.id, atMs: at }),
);

/**
 * The longest piece of work of the main thread after a change, milliseconds of its processor time, which other processes do not
 * take away: the median over a few changes.
 */
async function longestPiece(change: (live: readonly Worker[]) => void): Promise<number> {
  const longest: number[] = [];
  for (let i = 0; i < times; i += 1) {
    const untilMs = performance.now() + SETTLED_MS;
    let mostMs = 0;
    let last = process.threadCpuUsage();
    await sleep(1);
    change(i % 2 === 0 ? WORKERS.slice(0, 2) : WORKERS);
    while (performance.now() < untilMs) {
      const now = process.threadCpuUsage();
      mostMs = Math.max(mostMs, (now.user + now.system - last.user - last.system) / 1_000);
      last = process.threadCpuUsage();
      await sleep(1);
    }
    longest.push(mostMs);
  }
  return median(longest);
}

function nothing(): Promise<number> {
  return longestPiece(() => {});
}

function ofNode(): Promise<number> {
  const monotonicMs = () => performance.now();
  const health = createHealthState({ probersPerRegion: 1, monotonicMs });
  const updates = createRosterUpdates({ health, judged: () => {}, monotonicMs });
  updates.take(WORKERS);
  health.observe(observations);
  return longestPiece(updates.take);
}

function ofWorker(): Promise<number> {
  const worker = WORKERS[0]!;
  const index = createCheckIndex(worker.region);
  index.load([
    { kind: 'monitor', id: monitor.id, revision: 1, value: monitor },
    ...pools.map((value) => ({ kind: 'pool', id: value.id, revision: 1, value }) as const),
  ]);
  const begun = new Set<Check>();
  const assignedChecks = createAssignedChecks({
    worker,
    index,
    probersPerRegion: 1,
    epochMs: Date.now,
    begin: (check) => void begun.add(check),
    end: () => {},
    publish: () => {},
    drop: () => {},
  });
  const rebalance = createRebalance({
    store: {
      observations: async () => ({ observations, position: '' }),
      observed: async (keys) => keys.map(() => undefined),
    },
    worker,
    index,
    assignedChecks,
    membership: { term: 1 },
    configuration: { isLoaded: true },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
  return longestPiece((live) => rebalance.live(live, false));
}

const machine = describeMachine();
const rows: string[][] = [];
for (const [what, measure] of [
  ['nothing', nothing],
  ['a node judges all checks again', ofNode],
  ['a worker reads all results and divides all checks', ofWorker],
] as const)
  rows.push([what, `${(await measure()).toFixed(1)} ms`, what === 'nothing' ? '–' : `≤ ${TARGET_MS} ms`]);
const table = markdownTable(
  [`a change of the live workers, ${checks} checks`, 'longest piece', 'wanted'],
  rows,
);
const body = `${machine}\n\n${table}`;
process.stdout.write(`${body}\n`);
if (!options.quick) writeSection('A change of the live workers', body);
