/**
 * Loaded into a process under test by --import, with --expose-gc: writes a line to standard error each second with the octets of
 * heap that are in use after a full collection.
 */
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';

const EVERY_MS = 1_000;

if (isMainThread)
  setInterval(() => {
    globalThis.gc?.();
    process.stderr.write(`${JSON.stringify({ msg: 'heap', octets: process.memoryUsage().heapUsed })}\n`);
  }, EVERY_MS).unref();
