import { closeSync, constants, copyFileSync, existsSync, openSync, readSync } from 'node:fs';
import { StoreUnavailable } from '../../contract/failure.ts';
import { WAL_MAGIC } from './log-frames.ts';

/** Where it is kept which store a directory has: a file that is gone is then no new beginning. */
export function markPath(path: string): string {
  return `${path}.epoch`;
}

/** What is left beside a file that another program changed while a server used it. */
export function changedPath(path: string): string {
  return `${path}.changed`;
}

/** Throws StoreUnavailable where another program changed a file, or its log, while a server used it: the two may not belong together. */
export function checkUnchanged(path: string): void {
  const changed = changedPath(path);
  if (!existsSync(changed)) return;
  throw new StoreUnavailable(
    `cannot open ${path}: another program changed it, or its log, while a server used it. Put the file back, from a backup for instance, and remove ${path}-wal and ${changed}; to go on with what is there, remove ${changed} only`,
  );
}

/** Throws StoreUnavailable where the log beside a file is none: what was acknowledged may be in it alone. */
export function checkLog(path: string): void {
  const log = `${path}-wal`;
  if (!existsSync(log)) return;
  const head = Buffer.alloc(4);
  const file = openSync(log, 'r');
  const read = readSync(file, head);
  closeSync(file);
  if (read === 0 || WAL_MAGIC.includes(head.readUInt32BE())) return;
  throw new StoreUnavailable(
    `cannot open ${path}: ${log} is not a log of SQLite, and the last writes may have been in it. Put the log back; to start without those writes, remove it`,
  );
}

/**
 * Throws StoreUnavailable where a file is to be made although its directory had a store: `evidence` are files that only a
 * server with a store leaves behind.
 */
export function checkBeginning(path: string, isThere: boolean, evidence: readonly string[]): void {
  const left = [markPath(path), ...evidence].filter((each) => existsSync(each));
  if (left.length === 0) return;
  const what = isThere ? 'it is empty' : 'it is missing';
  throw new StoreUnavailable(
    `cannot open ${path}: ${what}, but ${left.join(' and ')} ${left.length === 1 ? 'shows' : 'show'} that this directory had a store. Put the file back, from a backup for instance; to begin with an empty store, remove ${left.join(' and ')}`,
  );
}

/** Keeps a copy of the log, which SQLite removes when the file is closed; its path, undefined: there is none. */
export function keptLog(path: string): string | undefined {
  const log = `${path}-wal`;
  if (!existsSync(log)) return undefined;
  const kept = `${log}.damaged`;
  try {
    copyFileSync(log, kept, constants.COPYFILE_EXCL);
  } catch {
    if (!existsSync(kept)) return undefined;
  }
  return kept;
}
