import { constants, openSync, writeSync } from 'node:fs';
import process from 'node:process';
import { isatty } from 'node:tty';

/** Octets of lines that wait for the reader of the log. Beyond them the oldest lines are dropped. */
export const LOG_WAITING_OCTETS_MAX = 1024 * 1024;
/** While lines wait, writing is tried again this often, milliseconds. */
export const LOG_RETRY_MS = 10;
/** Longest wait at the end of the process for the reader of the log, milliseconds. */
export const LOG_FLUSH_MAX_MS = 500;
/** And between two tries of it, milliseconds. */
const FLUSH_RETRY_MS = 1;

/** Where lines of the log go. No method throws or waits for the reader, except `flush`. */
export interface LogOutput {
  /** Writes a line now if that is possible without waiting, and else later, or never (`dropped`). */
  write(line: string): void;
  /** Lines that were dropped so far, because nobody took them in time. */
  readonly dropped: number;
  /** Waits until the lines that wait are written, LOG_FLUSH_MAX_MS at most. Does not wait for a disk that is full. */
  flush(): void;
  /** Sets what is called once lines are taken again after some were dropped, with their number. */
  onRecovery(report: (dropped: number) => void): void;
}

/** What an output needs of the system. */
interface Writing {
  /** Writes some of the octets without waiting, and returns how many; throws the system's error, EAGAIN where there is no room. */
  readonly write: (octets: Uint8Array) => number;
  readonly monotonicMs: () => number;
  readonly sleep: (ms: number) => void;
}

/**
 * Creates an output that keeps what cannot be written, up to LOG_WAITING_OCTETS_MAX, and tries again. The newest lines
 * are kept, since the last line before the end says most. Not by pino's own destination: over a pipe it waits for the
 * reader, and at its end it waits for ever where the disk is full.
 */
export function createLogOutput({ write, monotonicMs, sleep }: Writing): LogOutput {
  const waiting: Buffer[] = [];
  let waitingOctets = 0;
  /** Octets of the first line that are written. */
  let written = 0;
  let dropped = 0;
  let unreported = 0;
  let report: (count: number) => void = () => undefined;
  let retry: NodeJS.Timeout | undefined;

  /** Writes what is possible; returns the code of what was in the way, or undefined. */
  function drain(): string | undefined {
    try {
      for (let line = waiting[0]; line !== undefined; line = waiting[0]) {
        const count = write(line.subarray(written));
        if (count === 0) return 'EAGAIN';
        written += count;
        if (written < line.length) continue;
        waiting.shift();
        waitingOctets -= line.length;
        written = 0;
      }
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? '';
    }
    return undefined;
  }

  /** Drops the oldest lines that are too many, except one that is written in part. */
  function makeRoom(): void {
    const first = written > 0 ? 1 : 0;
    while (waitingOctets > LOG_WAITING_OCTETS_MAX && waiting.length > first) {
      const [line] = waiting.splice(first, 1);
      waitingOctets -= line!.length;
      dropped += 1;
      unreported += 1;
    }
  }

  function go(): void {
    clearTimeout(retry);
    if (drain() !== undefined) {
      retry = setTimeout(go, LOG_RETRY_MS).unref();
      return;
    }
    if (unreported === 0) return;
    const count = unreported;
    unreported = 0;
    report(count);
  }

  return {
    write(line) {
      const octets = Buffer.from(line);
      waiting.push(octets);
      waitingOctets += octets.length;
      go();
      makeRoom();
    },
    get dropped() {
      return dropped;
    },
    flush() {
      const endMs = monotonicMs() + LOG_FLUSH_MAX_MS;
      while (drain() === 'EAGAIN' && monotonicMs() < endMs) sleep(FLUSH_RETRY_MS);
    },
    onRecovery(then) {
      report = then;
    },
  };
}

let standardError: LogOutput | undefined;

/** Returns the output of standard error, which is flushed when the process ends. */
export function standardErrorOutput(): LogOutput {
  if (standardError !== undefined) return standardError;
  const fd = nonBlockingStandardError();
  const pause = new Int32Array(new SharedArrayBuffer(4));
  const output = createLogOutput({
    write: (octets) => writeSync(fd, octets),
    monotonicMs: () => performance.now(),
    sleep: (ms) => void Atomics.wait(pause, 0, 0, ms),
  });
  process.on('exit', () => output.flush());
  standardError = output;
  return output;
}

/** Returns how many lines of the log this process has dropped. */
export function droppedLogLines(): number {
  return standardError?.dropped ?? 0;
}

/**
 * Returns a file descriptor of standard error that does not wait for its reader. Node makes a pipe or socket so when
 * `process.stderr` is first used, and sets it back at the end. A terminal is opened once more: to Node's own stream, and to
 * the shell, it stays as it is. A file never waits.
 */
function nonBlockingStandardError(): number {
  const { fd } = process.stderr;
  if (!isatty(fd)) return fd;
  try {
    return openSync(`/dev/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // A terminal of another user (su). Ctrl-S there holds this process up.
    return fd;
  }
}
