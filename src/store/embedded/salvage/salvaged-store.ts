import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../contract/failure.ts';
import { kindFlaw } from '../../integrity/file-kind.ts';
import type { RepairableStore } from '../../integrity/repair.ts';
import { isBusy, isCorrupt } from '../../sqlite-code.ts';
import { changedPath, checkLog, checkUnchanged, markPath } from '../database/file-faults.ts';
import { type EmbeddedOptions, openEmbeddedStore } from '../embedded.ts';
import { openPages } from './pages.ts';
import { FILE_ENDINGS, salvageFile } from './salvage.ts';

/**
 * Opens the store of a file for its repair. Where pages of it are damaged, it opens a copy of all that can be read (`salvage`):
 * `repair` has that take the place of the file, which is kept under another name, and closing it without that leaves no trace. Throws StoreUnavailable.
 */
export function openSalvagedStore(path: string, options: EmbeddedOptions = {}): RepairableStore {
  const lock = lockDamaged(path);
  if (lock === undefined) return openEmbeddedStore(path, { ...options, isForRepair: true });
  const fresh = `${path}.repaired`;
  // To close what reads the file would end the lock, so that comes last (see FileWatch).
  const pages = openPages(path);
  const end = () => {
    lock.close();
    pages.close();
    for (const ending of FILE_ENDINGS) rmSync(fresh + ending, { force: true });
  };
  try {
    const salvage = salvageFile(path, pages, fresh);
    const open = openEmbeddedStore(fresh, { ...options, evidence: [], isForRepair: true });
    let isOpen = true;
    const close = async () => {
      if (!isOpen) return;
      isOpen = false;
      await open.close();
    };
    return {
      ...open,
      salvage,
      repair: async (repair) => {
        const revision = await open.repair(repair);
        await close();
        takePlace(path, fresh, salvage.keptAs);
        return revision;
      },
      close: async () => {
        await close();
        end();
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

/**
 * Takes a file that has damaged pages for this process; undefined: it has none, or something else is wrong with it. A file whose
 * first page is damaged cannot be locked, nor can anybody else open it.
 */
function lockDamaged(path: string): Pick<DatabaseSync, 'close'> | undefined {
  const isThere = existsSync(path) && kindFlaw(path, [markPath(path), changedPath(path)]) === undefined;
  if (!isThere || statSync(path).size === 0) return undefined;
  checkUnchanged(path);
  checkLog(path);
  let sqlite: DatabaseSync | undefined;
  try {
    sqlite = new DatabaseSync(path, { timeout: 0 });
    // See openDatabase.
    sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
    sqlite.exec('BEGIN EXCLUSIVE');
    if (sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') return sqlite;
  } catch (error) {
    if (isCorrupt(error)) return sqlite;
    if (isBusy(error)) throw new StoreUnavailable(`cannot open ${path}: it is in use by another process`);
  }
  sqlite?.close();
  return undefined;
}

/**
 * Gives a file the place of another, which is kept. Its log goes first: without it the file is at an earlier revision than its
 * mark says, and no server starts on it.
 */
function takePlace(path: string, fresh: string, keptAs: string): void {
  const move = (from: string, to: string) => {
    if (existsSync(from)) renameSync(from, to);
  };
  force(fresh);
  move(`${path}-wal`, `${keptAs}-wal`);
  linkSync(path, keptAs);
  move(fresh, path);
  move(markPath(fresh), markPath(path));
  force(dirname(path));
}

/** Forces a file, or a directory, to the disk. */
function force(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
