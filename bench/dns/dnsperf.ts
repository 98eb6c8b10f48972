import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { GENERATOR_CORE, type Load, type Sample } from './load.ts';
import { cpuSecondsOf } from './process-group.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);
/** What a run may take besides its seconds, milliseconds. */
const GRACE_MS = 15_000;

/** Whether DNS-OARC's generator is on this machine (Debian: dnsperf). */
export function hasDnsperf(): boolean {
  return spawnSync('sh', ['-c', 'command -v dnsperf']).status === 0;
}

/** Loads a server with dnsperf at a rate; as `measure` of load.ts but that latencies are those dnsperf tells: mean and longest. */
export async function measureByDnsperf(server: Server, load: Load & { perSecond: number }): Promise<Sample> {
  const questions = `${load.names}.dnsperf`;
  writeFileSync(questions, readFileSync(load.names, 'utf8').replaceAll(/$(?<=.)/gm, ' A'));
  const processes = server.processes();
  await server.resume();
  try {
    const before = cpuSecondsOf(processes);
    const startedMs = performance.now();
    const { stdout } = await run(
      'taskset',
      [
        ...[
          '-c',
          String(GENERATOR_CORE),
          'dnsperf',
          '-s',
          load.address,
          '-p',
          String(server.port),
          '-d',
          questions,
        ],
        ...(load.edns ? ['-e'] : []),
        ...[
          '-c',
          '4',
          '-T',
          '1',
          '-q',
          '192',
          '-t',
          '1',
          '-Q',
          String(load.perSecond),
          '-l',
          String(load.seconds),
        ],
      ],
      { timeout: load.seconds * 1_000 + GRACE_MS },
    );
    const seconds = (performance.now() - startedMs) / 1_000;
    const cpuSeconds = cpuSecondsOf(processes) - before;
    const figure = (label: string) => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(stdout)![1]);
    const answered = Number(/NOERROR (\d+)/.exec(stdout)?.[1] ?? 0);
    const sent = figure('Queries sent');
    return {
      perSecond: figure('Queries per second'),
      perCpuSecond: answered / cpuSeconds,
      busy: cpuSeconds / seconds,
      failed: (sent - answered) / sent,
      unsent: Math.max(0, 1 - sent / (load.perSecond * load.seconds)),
      p50Us: figure('Average Latency \\(s\\)') * 1e6,
      p99Us: Number(/Average Latency \(s\):.*max ([\d.]+)/.exec(stdout)![1]) * 1e6,
    };
  } finally {
    server.pause();
  }
}
