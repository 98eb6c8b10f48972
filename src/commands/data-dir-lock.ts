import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isBusy } from '../store/sqlite-code.ts';
import { OperatorError } from './exit.ts';

/**
 * Takes a data directory for this server alone; what it returns gives it back. The lock is the kernel's, by way of
 * SQLite, and ends with the process: a killed one leaves nothing behind. Throws OperatorError where another has it, or
 * nothing can be written there.
 */
export function lockDataDir(dataDir: string): () => void {
  const path = join(dataDir, 'lock');
  let lock: DatabaseSync | undefined;
  try {
    lock = new DatabaseSync(path, { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    const held = lock;
    return () => held.close();
  } catch (error) {
    lock?.close();
    const why = isBusy(error)
      ? 'another server uses it'
      : `cannot write ${path} (${(error as Error).message})`;
    throw new OperatorError(`cannot use the data directory ${dataDir}: ${why}; ${DATA_DIR_ADVICE}`);
  }
}

/** What to do about a data directory that cannot be used. */
export const DATA_DIR_ADVICE =
  'each process needs a data directory of its own, in which its user may write; LIFEGUARD_DATA_DIR names another';
