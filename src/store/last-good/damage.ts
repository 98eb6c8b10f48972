import { renameSync } from 'node:fs';
import { isCorrupt } from '../sqlite-code.ts';

/** What SQLite keeps beside a file: its log must go with it, or it would be taken for the next one's. */
const SUFFIXES = ['', '-wal', '-shm'];

/** Returns true for an error that shows a damaged file, and false for one that cannot be used now. */
export function isDamage(error: unknown): boolean {
  return error instanceof SyntaxError || isCorrupt(error);
}

/**
 * Renames a closed file, and what SQLite keeps beside it, over the file that was set aside before. Returns the new
 * name. Throws where the directory cannot be written.
 */
export function setAside(path: string): string {
  const aside = `${path}.damaged`;
  for (const suffix of SUFFIXES) {
    try {
      renameSync(path + suffix, aside + suffix);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return aside;
}
