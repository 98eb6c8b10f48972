import { readFileSync } from 'node:fs';
import { OperatorError } from '../exit.ts';

/** Files and sockets that a process must be allowed to have open: without clients, a server has about 50 of them. */
export const OPEN_FILES_MIN = 256;

/** Where Linux tells what this process may have (proc_pid_limits(5)). */
const LIMITS_FILE = '/proc/self/limits';

/** Throws OperatorError where this process may open fewer files than OPEN_FILES_MIN: it would fail later, at any file or connection. */
export function mustOpenFiles(): void {
  let limits: string;
  try {
    limits = readFileSync(LIMITS_FILE, 'utf8');
  } catch (error) {
    // Systems other than Linux have no such file. Where it cannot be opened as too many are open already, the limit is known.
    if ((error as NodeJS.ErrnoException).code !== 'EMFILE') return;
    throw tooFew('too few');
  }
  const allowed = openFilesIn(limits);
  if (allowed !== undefined && allowed < OPEN_FILES_MIN) throw tooFew(`only ${allowed}`);
}

/** Returns how many files a process may have open, as /proc/<pid>/limits says; undefined: any number, or nothing is said of it. */
export function openFilesIn(limits: string): number | undefined {
  const [, soft] = /^Max open files +(\d+) /m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

function tooFew(allowed: string): OperatorError {
  return new OperatorError(
    `This process may open ${allowed} files and sockets, and Lifeguard needs ${OPEN_FILES_MIN} at least, and one more for each connection. Raise the limit: "ulimit -n 65536" in the shell that starts it, or LimitNOFILE=65536 in its systemd unit.`,
  );
}
