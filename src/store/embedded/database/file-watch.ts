import { type BigIntStats, closeSync, constants, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { StoreRefused } from '../../contract/failure.ts';
import { changedPath } from './file-faults.ts';
import {
  commitEnd,
  LOG_HEADER_OCTETS,
  type LogEnd,
  readLogFrames,
  saltsOf,
  WAL_MAGIC,
} from './log-frames.ts';

/** Where the header of a log has its number of checkpoints and its first salt are: a log that begins anew has each one higher. */
const CHECKPOINTS_AT = 12;
const SALT_AT = 16;

/**
 * Says whether an open file, and its log, are still as this process left them: what is written to another file, or to one
 * that somebody overwrote, is lost. It looks at sizes and times, and at the header of the log. It never opens the file itself:
 * to close that again would end the lock of SQLite (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export interface FileWatch {
  /** Before a transaction. Throws StoreRefused where the file, or its log, was deleted, replaced or changed; from then on always. */
  check(): void;
  /** Before what a transaction did is committed, of which the log may have some. Throws StoreRefused as check does. */
  checkWritten(): void;
  /** After a transaction, or where `isCommit` after one that was committed: how the files are now is how this process left them. Throws StoreRefused where the log is another. */
  left(isCommit?: boolean): void;
  /** How far the log goes; undefined: there is none. */
  readonly logEnd: LogEnd | undefined;
  /** How often something of the log was found to have been moved to the file itself. */
  readonly checkpoints: number;
  /** Whether the file, or its log, was found to be another than this process left it. */
  readonly isChanged: boolean;
  close(): void;
}

/** How a file was left; undefined: there is none. */
interface FileState {
  readonly identity: string;
  readonly octets: bigint;
  readonly changedNs: bigint;
}

/** Watches a file that was just opened, with its log. */
export function watchFile(path: string): FileWatch {
  const log = `${path}-wal`;
  let file = stateOf(path);
  let logFile = stateOf(log);
  const logHeader = openHeader(log);
  let header = logHeader.read(logFile);
  let fault: StoreRefused | undefined;
  let logEnd = readLogFrames(log)?.end;
  let checkpoints = 0;

  function refuse(what: string, how: string): never {
    const isNew = fault === undefined;
    fault ??= new StoreRefused(
      `the file ${what} was ${how} while the server runs. Stop the server and put the file back`,
    );
    // What is replaced shows by itself at the next start.
    if (isNew && how === CHANGED) leaveNote(changedPath(path), fault.why);
    throw fault;
  }

  /** Throws where a file is not there, or is another one. */
  function sameFile(what: string, was: FileState | undefined, now: FileState | undefined): void {
    if (was !== undefined && now?.identity !== was.identity) refuse(what, REPLACED);
  }

  function sameContents(what: string, was: FileState | undefined, now: FileState | undefined): void {
    if (was === undefined) return;
    if (now!.octets !== was.octets || now!.changedNs !== was.changedNs) refuse(what, CHANGED);
  }

  /** Looks at the log, which may only have grown, or have begun anew; takes in how it is now. */
  function takeLog(): void {
    const now = stateOf(log);
    sameFile(log, logFile, now);
    const found = logHeader.read(now);
    const isShorter = now !== undefined && logFile !== undefined && now.octets < logFile.octets;
    if (isShorter || !(isContinued(header, found) || isBegunAgain(found))) refuse(log, CHANGED);
    logFile = now;
    header = found;
  }

  /**
   * Whether SQLite began its first log once more, with other salts: it does so where nothing was ever committed with the header,
   * as when the disk was full at the first commit. Nothing can be lost by it.
   */
  function isBegunAgain(now: Buffer | undefined): boolean {
    if (header === undefined || now === undefined || !isFirst(header) || !isFirst(now)) return false;
    return logEnd?.salts !== saltsOf(header) || logEnd.octets === LOG_HEADER_OCTETS;
  }

  return {
    check() {
      if (fault !== undefined) throw fault;
      const now = stateOf(path);
      sameFile(path, file, now);
      file ??= now;
      sameContents(path, file, now);
      const nowLog = stateOf(log);
      sameFile(log, logFile, nowLog);
      sameContents(log, logFile, nowLog);
      const found = logHeader.read(nowLog);
      if (header !== undefined && !(found && header.equals(found))) refuse(log, CHANGED);
      logFile = nowLog;
      header = found;
    },
    checkWritten() {
      const now = stateOf(path);
      sameFile(path, file, now);
      // Only after a commit something of the log is moved there.
      sameContents(path, file, now);
      takeLog();
    },
    left(isCommit = false) {
      const now = stateOf(path);
      sameFile(path, file, now);
      takeLog();
      if (isCommit && header !== undefined) {
        const salts = saltsOf(header);
        const from = logEnd?.salts === salts ? logEnd.octets : LOG_HEADER_OCTETS;
        const octets = logHeader.commitEnd(header, from);
        if (octets !== undefined) logEnd = { salts, octets };
      }
      if (now?.changedNs !== file?.changedNs || now?.octets !== file?.octets) checkpoints += 1;
      file = now;
    },
    get logEnd() {
      return logEnd;
    },
    get checkpoints() {
      return checkpoints;
    },
    get isChanged() {
      return fault !== undefined;
    },
    close: logHeader.close,
  };
}

const REPLACED = 'deleted or replaced';
const CHANGED = 'changed by another program';

/** Whether a log with this header goes on as one with that header, or after it. */
function isContinued(before: Buffer | undefined, now: Buffer | undefined): boolean {
  if (before === undefined) return true;
  if (now === undefined || !WAL_MAGIC.includes(now.readUInt32BE())) return false;
  if (before.equals(now)) return true;
  const isNext = (at: number) => now.readUInt32BE(at) === (before.readUInt32BE(at) + 1) >>> 0;
  return isNext(CHECKPOINTS_AT) && isNext(SALT_AT);
}

/** Whether a header is that of a log that never began anew. */
function isFirst(header: Buffer): boolean {
  return WAL_MAGIC.includes(header.readUInt32BE()) && header.readUInt32BE(CHECKPOINTS_AT) === 0;
}

/** A FIFO that somebody put there must not hold up the thread. */
const HEADER_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Reads the header of a log, of which it keeps one file open. */
function openHeader(log: string): {
  /** undefined: it has none yet. */
  read(now: FileState | undefined): Buffer | undefined;
  /** See commitEnd. */
  commitEnd(header: Buffer, from: number): number | undefined;
  close(): void;
} {
  let opened: { readonly identity: string; readonly file: number } | undefined;
  const close = () => {
    if (opened !== undefined) closeSync(opened.file);
    opened = undefined;
  };
  return {
    read(now) {
      if (now === undefined || now.octets < LOG_HEADER_OCTETS) return undefined;
      try {
        if (opened?.identity !== now.identity) {
          close();
          opened = { identity: now.identity, file: openSync(log, HEADER_FLAGS) };
        }
        const header = Buffer.alloc(LOG_HEADER_OCTETS);
        return readSync(opened.file, header, 0, LOG_HEADER_OCTETS, 0) === LOG_HEADER_OCTETS
          ? header
          : undefined;
      } catch {
        return undefined;
      }
    },
    commitEnd: (header, from) => opened && commitEnd(opened.file, header, from),
    close,
  };
}

function stateOf(path: string): FileState | undefined {
  let found: BigIntStats | undefined;
  try {
    found = statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  return found && { identity: `${found.dev}:${found.ino}`, octets: found.size, changedNs: found.mtimeNs };
}

/** Leaves a note for the next start. Where that fails, this process refuses calls all the same as long as it runs. */
function leaveNote(path: string, why: string): void {
  try {
    writeFileSync(path, `${why}\n`, { mode: 0o600 });
  } catch {
    // The disk is full, or takes no writes.
  }
}
