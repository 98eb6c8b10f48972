import { readdirSync, readFileSync } from 'node:fs';

/** The processes of a process group. */
export function processesOf(group: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && groupOf(name) === group)
    .map(Number);
}

/** Octets of memory that some processes hold, what they share counted once (proc(5), smaps_rollup: Pss). */
export function memoryOf(processes: readonly number[]): number {
  const KIB = 1_024;
  return processes
    .map((pid) => /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))![1])
    .reduce((sum, kib) => sum + Number(kib) * KIB, 0);
}

/** The process group of a process (proc(5): the third field behind the name in parentheses); NaN: it has ended. */
function groupOf(pid: string): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return Number.NaN;
  }
}

const NS_PER_SECOND = 1e9;

/** Processor time of some processes so far, all their threads that live, in seconds (proc(5): the first field of schedstat, nanoseconds). */
export function cpuSecondsOf(processes: readonly number[]): number {
  let ns = 0;
  for (const pid of processes) for (const task of readdirSync(`/proc/${pid}/task`)) ns += cpuNsOf(pid, task);
  return ns / NS_PER_SECOND;
}

/** Processor time of a thread so far; 0: it ended after the list of threads was read. */
function cpuNsOf(pid: number, task: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  } catch {
    return 0;
  }
}
