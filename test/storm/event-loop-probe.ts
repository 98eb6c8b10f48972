/**
 * Loaded into a process under test by --import: every second it writes a line to standard error with how late its main
 * thread's event loop was, and its memory.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const INTERVAL_MS = 1_000;
/** How often it looks; delays are told beyond it. */
const RESOLUTION_MS = 10;

if (isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  setInterval(() => {
    const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const { heapUsed, arrayBuffers, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const line = {
      msg: 'probe',
      p50Ms: ms(delay.percentile(50)),
      p99Ms: ms(delay.percentile(99)),
      maxMs: ms(delay.max),
      heapUsed,
      arrayBuffers,
      external,
      cpuMs: (user + system) / 1_000,
    };
    delay.reset();
    process.stderr.write(`${JSON.stringify(line)}\n`);
  }, INTERVAL_MS).unref();
}
