import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** A directory of this run's own, which goes when the process ends, also on an interrupt. */
export function tempDir(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-bench-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Makes an interrupt end the process in the usual way, so that what waits for its end is done. */
export function endOnInterrupt(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => process.exit(130));
}
