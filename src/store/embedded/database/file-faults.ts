import { closeSync, existsSync, openSync, readSync, type Stats, statSync } from 'node:fs';
import { StoreRefused, StoreUnavailable } from '../../store.ts';

/** The first four octets of a log of SQLite's (https://sqlite.org/fileformat2.html#walformat), of either byte order. */
const WAL_MAGIC = [0x377f0682, 0x377f0683];

/** Where it is kept which store a directory has: a file that is gone is then no new beginning. */
export function markPath(path: string): string {
  return `${path}.epoch`;
}

/** Throws StoreUnavailable where the log beside a file is none: what was acknowledged may stand in it alone. */
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

/** Says whether an open file is still the one at its path; what is written to another is lost. */
export interface FileWatch {
  /** Throws StoreRefused where the file, or its log, was deleted or replaced. */
  check(): void;
}

/** Watches a file that was just opened, with its log. */
export function watchFile(path: string): FileWatch {
  const files = [path, `${path}-wal`];
  const seen = files.map(identityOf);
  return {
    check() {
      for (const [at, file] of files.entries())
        if (seen[at] === undefined) seen[at] = identityOf(file);
        else if (identityOf(file) !== seen[at])
          throw new StoreRefused(
            `the file ${file} was deleted or replaced while the server runs. Stop the server and put the file back`,
          );
    },
  };
}

function identityOf(path: string): string | undefined {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  return found && `${found.dev}:${found.ino}`;
}
