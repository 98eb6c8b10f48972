import { markdownTable } from '../markdown-table.ts';
import { median } from '../quantile.ts';
import type { Sample } from './load.ts';
import type { Server } from './server.ts';

/** The samples of one row, a list for each server, one sample a round. */
export interface Measured {
  readonly title: string;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
}

/** Servers that others are held against. */
const YARDSTICKS: readonly string[] = ['floor', 'gdnsd'];

/** Servers against each other at saturation. */
export function saturationTable({ title, samples }: Measured, yardsticks = YARDSTICKS): string {
  const head = ['server', 'answers/s', 'busy', 'per core-second', 'spread', ...headsOf(yardsticks), 'failed'];
  const rows = [...samples].map(([server, of]) => [
    server,
    whole(median(of.map(({ perSecond }) => perSecond))),
    percent(median(of.map(({ busy }) => busy))),
    whole(median(of.map(perCore))),
    spread(of.map(perCore), whole),
    ...ratios(samples, of, perCore, yardsticks),
    failures(of),
  ]);
  return `### ${title}\n\n${markdownTable(head, rows)}`;
}

/** Servers against each other at the same load: what it costs them, and how long an answer takes. */
export function fixedTable({ title, samples }: Measured): string {
  return costTable(title, samples, ['p50 µs', 'p99 µs']);
}

/** The same by dnsperf, which tells the mean and the longest. */
export function dnsperfTable({ title, samples }: Measured): string {
  return costTable(`By dnsperf: ${title}`, samples, ['mean µs', 'max µs']);
}

function costTable(title: string, samples: Measured['samples'], latencies: readonly string[]): string {
  const head = [
    'server',
    'answers/s',
    'CPU µs/query',
    'spread',
    ...headsOf(YARDSTICKS),
    ...latencies,
    'failed',
  ];
  const rows = [...samples].map(([server, of]) => [
    server,
    whole(median(of.map(({ perSecond }) => perSecond))),
    median(of.map(cpuUs)).toFixed(2),
    spread(of.map(cpuUs), (us) => us.toFixed(2)),
    ...ratios(samples, of, cpuUs, YARDSTICKS),
    median(of.map(({ p50Us }) => p50Us)).toFixed(0),
    median(of.map(({ p99Us }) => p99Us)).toFixed(0),
    failures(of),
  ]);
  const unsent = median([...samples.values()].flat().map((sample) => sample.unsent));
  const note =
    unsent > 0.01 ? `\n\nThe generator was kept from sending ${percent(unsent)} of it (median).` : '';
  return `### ${title}\n\n${markdownTable(head, rows)}${note}`;
}

/** What the servers took to be ready, and what they hold in memory for it. */
export function startTable(names: number, servers: readonly Server[]): string {
  const head = ['server', 'first right answer after', 'memory'];
  const rows = servers.map(({ peer, startMs, memoryMiB }) => [
    peer.name,
    `${(startMs / 1_000).toFixed(1)} s`,
    `${memoryMiB.toFixed(memoryMiB < 10 ? 1 : 0)} MiB`,
  ]);
  return `### Start, ${whole(names)} names\n\n${markdownTable(head, rows)}`;
}

/** A row that one server was asked in, beside the row that it is held against. */
export interface Compared {
  readonly measured: Measured;
  readonly beside: Measured;
  /** The least ratio that is wanted. */
  readonly wanted: number;
}

/** What one server gives in some rows, each against another row of the same rounds. */
export function comparedTable(server: string, rows: readonly Compared[]): string {
  const head = ['asked', 'per core-second', 'spread', 'beside', '×', 'wanted', 'failed'];
  const cells = rows.map(({ measured, beside, wanted }) => {
    const [of, yardstick] = [measured, beside].map(({ samples }) => samples.get(server)!);
    const ratio = median(of!.map((sample, round) => perCore(sample) / perCore(yardstick![round]!)));
    return [
      measured.title,
      whole(median(of!.map(perCore))),
      spread(of!.map(perCore), whole),
      beside.title,
      ratio.toFixed(2),
      `≥ ${wanted.toFixed(2)}`,
      failures(of!),
    ];
  });
  return markdownTable(head, cells);
}

/** Answers for each second of processor time. */
function perCore({ perCpuSecond }: Sample): number {
  return perCpuSecond;
}

function cpuUs({ perCpuSecond }: Sample): number {
  return 1e6 / perCpuSecond;
}

function headsOf(yardsticks: readonly string[]): string[] {
  return yardsticks.map((name) => `× ${name}`);
}

/** Against each yardstick, the median of the rounds' ratios: what disturbs one round disturbs both alike. */
function ratios(
  samples: Measured['samples'],
  of: readonly Sample[],
  value: (s: Sample) => number,
  yardsticks: readonly string[],
): string[] {
  return yardsticks.map((name) => {
    const yardstick = samples.get(name);
    if (yardstick === undefined) return '';
    return median(of.map((sample, round) => value(sample) / value(yardstick[round]!))).toFixed(2);
  });
}

function spread(values: readonly number[], format: (value: number) => string): string {
  return `${format(Math.min(...values))}–${format(Math.max(...values))}`;
}

/** The share of all rounds' queries without a right answer; the median would hide a bad round. */
function failures(of: readonly Sample[]): string {
  const share = of.reduce((sum, { failed }) => sum + failed, 0) / of.length;
  return share === 0 ? '0' : `${(share * 100).toPrecision(2)} %`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
