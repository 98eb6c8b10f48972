import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { kindFlaw } from '../../store/integrity/file-kind.ts';
import { isBusy } from '../../store/sqlite-code.ts';
import { OperatorError } from '../exit.ts';

/** Another server uses the data directory. */
export class DataDirInUse extends OperatorError {}

/**
 * Locks a data directory for this server, and returns the function that unlocks it. The lock is one of the kernel, by way
 * of SQLite, and ends with the process, even when that is killed. Throws DataDirInUse, and OperatorError
 * when the directory is not writable.
 */
export function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, 'lock');
  const flaw = kindFlaw(path);
  if (flaw !== undefined)
    throw new OperatorError(`Cannot use the data directory ${dataDir}: ${flaw}. ${DATA_DIR_ADVICE}`);
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    const held = lock;
    return () => held.close();
  } catch (error) {
    lock?.close();
    if (isBusy(error))
      throw new DataDirInUse(
        `Cannot use the data directory ${dataDir}: another server uses it. Stop that server, or replace it with --replace of "serve" and "all". A second server needs a data directory of its own: choose one with LIFEGUARD_DATA_DIR.`,
      );
    throw new OperatorError(`Cannot use the data directory ${dataDir}: ${whyNotWritten(path, error)}`);
  }
}

/** Why the lock's file could not be written, and what to do. */
function whyNotWritten(path: string, error: unknown): string {
  switch (writeErrorOf(path)) {
    case 'EROFS':
      return 'its file system is read-only. Mount it for writing, or choose another data directory with LIFEGUARD_DATA_DIR. A disk with errors also becomes read-only: "dmesg" names them.';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'its disk is full. Free some room there, or choose a data directory on another disk with LIFEGUARD_DATA_DIR.';
    default:
      return `cannot write ${path} (${(error as Error).message}). ${DATA_DIR_ADVICE}`;
  }
}

/**
 * Tries to write an octet to a file, as SQLite did, and returns the code of the error; undefined: there is none now. SQLite calls a
 * read-only file system an I/O error, and the directory's permissions do not show a disk whose errors made it read-only.
 */
function writeErrorOf(path: string): string | undefined {
  const tried = `${path}.tried`;
  try {
    writeFileSync(tried, ' ');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    rmSync(tried, { force: true });
  }
}

/** Advice for a data directory that cannot be used. */
export const DATA_DIR_ADVICE =
  'Each server needs a data directory of its own, which its user may write. Choose another with LIFEGUARD_DATA_DIR.';
