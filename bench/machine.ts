import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';
import process from 'node:process';

/** Where and on what figures were taken, in one line. Call it before the load begins: it tells the load average. */
export function describeMachine(): string {
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return [
    new Date().toISOString().slice(0, 16).replace('T', ' ').concat(' UTC'),
    `commit ${commit()}`,
    `${cpus().length} cores of ${cpus()[0]?.model.trim() ?? 'an unknown processor'}`,
    `${memoryGiB} GiB`,
    `Linux ${release()}`,
    `Node ${process.version}`,
    `load average before: ${loadavg()[0]!.toFixed(1)}`,
  ].join(', ');
}

function commit(): string {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    const isChanged = git('status', '--porcelain', '--', '../src', '.', ':!RESULTS.md') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}
