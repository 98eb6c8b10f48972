import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailable } from '../../contract/failure.ts';
import { kindFlaw } from '../../integrity/file-kind.ts';
import type { RepairableStore } from '../../integrity/repair.ts';
import { isBusy, isCorrupt } from '../../sqlite-code.ts';
import { checkTogether } from '../database/file-and-log.ts';
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
  if (lock === undefined) {
    // SQLite passes over what follows a damaged part of the log, and removes the log when it closes the file.
    checkTogether(path);
    return openEmbeddedStore(path, { ...options, isForRepair: true });
  }
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

/** A file that is taken for this process. */
interface Lock {
  close(): void;
}

/**
 * Takes a file that has damaged pages for this process; undefined: it has none, or something else is wrong with it. A file whose
 * first page is damaged cannot be locked, nor can anybody else open it. It never changes the file, nor its log.
 */
function lockDamaged(path: string): Lock | undefined {
  const isThere = existsSync(path) && kindFlaw(path, [markPath(path), changedPath(path)]) === undefined;
  if (!isThere || statSync(path).size === 0) return undefined;
  checkUnchanged(path);
  checkLog(path);
  const alias = linkBeside(path);
  let sqlite: DatabaseSync | undefined;
  const close = () => {
    // SQLite finds that the file it opened has no such name any more, and leaves it and its log as they are.
    removeAlias(alias);
    sqlite?.close();
    removeAlias(alias);
  };
  try {
    sqlite = new DatabaseSync(alias, { timeout: 0 });
    // See openDatabase.
    sqlite.exec('PRAGMA locking_mode = EXCLUSIVE');
    sqlite.exec('BEGIN EXCLUSIVE');
    if (sqlite.prepare('PRAGMA quick_check(1)').get()?.quick_check !== 'ok') return { close };
  } catch (error) {
    if (isCorrupt(error)) return { close };
    if (isBusy(error)) {
      close();
      throw new StoreUnavailable(`cannot open ${path}: it is in use by another process`);
    }
  }
  close();
  return undefined;
}

/**
 * Gives a file a second name, with a copy of its log beside that: who opens that one locks the file, and SQLite, which finds a log by
 * the name of its file, can neither move the log into the file nor remove it, or one that a server made since. Returns the name.
 */
function linkBeside(path: string): string {
  const alias = `${path}.examined`;
  removeAlias(alias);
  linkSync(realpathSync(path), alias);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${alias}-wal`);
  return alias;
}

function removeAlias(alias: string): void {
  for (const ending of FILE_ENDINGS) rmSync(alias + ending, { force: true });
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
