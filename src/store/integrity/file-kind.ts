import { type Stats, statSync } from 'node:fs';

/** What SQLite keeps beside a file. */
const ENDINGS = ['', '-wal', '-journal', '-shm'];

/**
 * Why a file of SQLite's, and what lies beside it, cannot be opened without harm, in a sentence without a final stop; undefined:
 * nothing shows. To open a FIFO waits for another process, for ever. `others`: further files that are opened with it.
 */
export function kindFlaw(path: string, others: readonly string[] = []): string | undefined {
  for (const file of [...ENDINGS.map((ending) => path + ending), ...others]) {
    const kind = kindOf(file);
    if (kind !== undefined)
      return `${file} is a ${kind}, and must be a regular file. Put the file back, or remove the ${kind}`;
  }
  return undefined;
}

/** What a file is that is no regular one; undefined: it is one, is not there, or may not be looked at. */
function kindOf(path: string): string | undefined {
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
  if (found === undefined || found.isFile()) return undefined;
  if (found.isDirectory()) return 'directory';
  if (found.isFIFO()) return 'FIFO';
  return found.isSocket() ? 'socket' : 'device';
}
