import { accessSync, constants } from 'node:fs';
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
    const why = isReadOnly(dataDir)
      ? 'its file system is mounted read-only'
      : `cannot write ${path} (${(error as Error).message})`;
    throw new OperatorError(`Cannot use the data directory ${dataDir}: ${why}. ${DATA_DIR_ADVICE}`);
  }
}

/** SQLite calls it an I/O error; a disk with errors is often mounted again in this way. */
function isReadOnly(dataDir: string): boolean {
  try {
    accessSync(dataDir, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EROFS';
  }
}

/** Advice for a data directory that cannot be used. */
export const DATA_DIR_ADVICE =
  'Each server needs a data directory of its own, which its user may write. Choose another with LIFEGUARD_DATA_DIR.';
