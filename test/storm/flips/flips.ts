import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Order, Report } from './flipper.ts';

/** The flipping worker, as its parent has it. */
export interface Flips {
  /** Says that every endpoint is well. */
  fill(): Promise<void>;
  start(perSecond: number): void;
  /** Ends it; rejects when it failed. */
  stop(): Promise<void>;
  /** Flips that were on their way, and that Redis had, at a time of nowMs(). */
  begunBy(atMs: number): number;
  ackedBy(atMs: number): number;
  /** When each step of the watched pool was on its way, from step 1. */
  readonly watchedMs: readonly number[];
}

/** Milliseconds of the machine's monotonic clock, the same in every process. */
export function nowMs(): number {
  return Number(process.hrtime.bigint() / 1_000n) / 1_000;
}

interface Mark {
  readonly flips: number;
  readonly atMs: number;
}

/** Starts it; it joins, and waits for what it is told. */
export function startFlips(redisUrl: string, prefix: string, pools: number): Flips {
  const child: ChildProcess = fork(fileURLToPath(new URL('flipper.ts', import.meta.url)), [
    redisUrl,
    prefix,
    String(pools),
  ]);
  process.once('exit', () => child.kill('SIGKILL'));
  const begun: Mark[] = [];
  const acked: Mark[] = [];
  const watchedMs: number[] = [];
  const filled = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  for (const { promise } of [filled, stopped]) promise.catch(() => undefined);
  child.on('message', (message: Report) => {
    switch (message.report) {
      case 'filled':
        filled.resolve();
        return;
      case 'stopped':
        stopped.resolve();
        return;
      case 'begun':
        begun.push(message);
        return;
      case 'acked':
        acked.push(message);
        return;
      case 'watched':
        watchedMs.push(message.atMs);
    }
  });
  child.on('exit', (code) => {
    const error = new Error(`the flipping worker ended by itself: ${code}`);
    filled.reject(error);
    stopped.reject(error);
  });
  const order = (message: Order) => child.send(message);
  return {
    fill() {
      order({ order: 'fill' });
      return filled.promise;
    },
    start: (perSecond) => void order({ order: 'flip', perSecond }),
    stop() {
      order({ order: 'stop' });
      return stopped.promise;
    },
    begunBy: (atMs) => markAt(begun, atMs),
    ackedBy: (atMs) => markAt(acked, atMs),
    watchedMs,
  };
}

/** The newest mark at a time; marks are in the order of time. */
function markAt(marks: readonly Mark[], atMs: number): number {
  let [from, to] = [0, marks.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (marks[middle]!.atMs <= atMs) from = middle + 1;
    else to = middle;
  }
  return marks[from - 1]?.flips ?? 0;
}
