/**
 * Loaded into a process under test by --import: writes a line to standard error for each piece of work that held up its main
 * thread for longer than TOLD_MS, with when it ended, how long it took and how much of that was the thread's own work.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

/** A shorter piece is not told. */
const TOLD_MS = 3;

if (isMainThread) {
  let lastMs = performance.now();
  let lastMicros = process.threadCpuUsage();
  const look = () => {
    const nowMs = performance.now();
    const now = process.threadCpuUsage();
    const tookMs = nowMs - lastMs;
    if (tookMs >= TOLD_MS) {
      const workMs = (now.user + now.system - lastMicros.user - lastMicros.system) / 1_000;
      const atMs = performance.timeOrigin + nowMs;
      process.stderr.write(`${JSON.stringify({ msg: 'piece', atMs, tookMs, workMs })}\n`);
    }
    lastMs = performance.now();
    lastMicros = process.threadCpuUsage();
    setTimeout(look, 1).unref();
  };
  look();
}
