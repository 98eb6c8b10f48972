import { writeFileSync } from 'node:fs';
import { runProgram } from '../support/run-program.ts';

/** What dnsperf says of a run. */
export interface Load {
  readonly sent: number;
  readonly lost: number;
  readonly perSecond: number;
  readonly averageMs: number;
  readonly longestMs: number;
  /** Answers by code, as it writes them. */
  readonly codes: string;
}

/** Writes the questions of a run: random pools, each once. */
export function writeQuestions(path: string, pools: readonly number[]): void {
  writeFileSync(path, pools.map((pool) => `p${pool}.pools.example.com AAAA\n`).join(''));
}

/** Asks at a rate for this time, by dnsperf of Debian's package of that name. */
export async function runDnsperf(
  port: number,
  questions: string,
  perSecond: number,
  seconds: number,
): Promise<Load> {
  const limits = ['-c', '4', '-T', '1', '-t', '2', '-Q', String(perSecond), '-l', String(seconds)];
  const args = ['-s', '127.0.0.1', '-p', String(port), '-d', questions, ...limits];
  const { code, stdout, stderr } = await runProgram('dnsperf', args, { timeoutMs: (seconds + 30) * 1_000 });
  if (code !== 0) throw new Error(`dnsperf: ${stderr}`);
  const figure = (label: string) => Number(new RegExp(`${label}:\\s+([\\d.]+)`).exec(stdout)?.[1]);
  const [, longest] = /Average Latency \(s\):.*max ([\d.]+)/.exec(stdout) ?? [];
  return {
    sent: figure('Queries sent'),
    lost: figure('Queries lost'),
    perSecond: figure('Queries per second'),
    averageMs: figure('Average Latency \\(s\\)') * 1_000,
    longestMs: Number(longest) * 1_000,
    codes: /Response codes:\s+(.*)/.exec(stdout)?.[1] ?? '',
  };
}
