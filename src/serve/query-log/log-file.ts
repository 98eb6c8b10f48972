import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';

/** Time between two looks whether the file was renamed or deleted, and between two tries to open it, milliseconds. */
export const LOOK_MS = 1_000;
/** Its owner may read it, nobody else: it says who asked for what. */
const MODE = 0o600;
const LINE_END = '\n';

/** A file that lines are added to. */
export interface LogFile {
  /** Writes lines. Returns false where the file cannot be written. */
  write(lines: string): boolean;
  close(): void;
}

/** What happens to a log file. */
export interface LogFileEvents {
  /** Lines were written. */
  written(): void;
  /** The file cannot be opened or written; it is tried again. */
  failed(error: Error): void;
}

/**
 * Opens a file to add lines to, or creates it. Once a second it looks whether the file is still there, so that one that was renamed for
 * rotation is followed by a new one. What is left of a line that was not written whole, since the disk was full or the process ended, is ended
 * before the next one. `monotonicMs`: a clock that never jumps. Never throws.
 */
export function openLogFile(
  path: string,
  { written, failed }: LogFileEvents,
  monotonicMs: () => number,
): LogFile {
  let fd: number | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  /** The file may end in the middle of a line. */
  let isTorn = false;

  function open(): void {
    // Where it is a pipe without a reader, or a device, to open it must not wait.
    const { O_APPEND, O_CREAT, O_NONBLOCK, O_WRONLY } = constants;
    const found = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK, MODE);
    if (!fstatSync(found).isFile()) {
      closeSync(found);
      throw new Error(`${path} is not a regular file`);
    }
    fd = found;
    isTorn = endsTorn(path, fstatSync(found).size);
  }

  function close(): void {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
  }

  function look(): void {
    if (monotonicMs() - lookedMs < LOOK_MS) return;
    lookedMs = monotonicMs();
    if (fd !== undefined) {
      const [own, there] = [fstatSync(fd), statSync(path, { throwIfNoEntry: false })];
      if (there?.ino === own.ino && there.dev === own.dev) return;
      close();
    }
    open();
  }

  return {
    write(lines) {
      try {
        look();
        if (fd === undefined) return false;
        if (lines === '') return true;
        writeFileSync(fd, isTorn ? LINE_END + lines : lines);
        isTorn = false;
        written();
        return true;
      } catch (error) {
        // Opened again, to see how it ends.
        close();
        failed(error as Error);
        return false;
      }
    },
    close,
  };
}

/** Returns true where a file of this size does not end with a whole line; false also where it cannot be read. */
function endsTorn(path: string, size: number): boolean {
  if (size === 0) return false;
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const octet = Buffer.alloc(1);
      return readSync(fd, octet, 0, 1, size - 1) === 1 && octet.toString('latin1') !== LINE_END;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
