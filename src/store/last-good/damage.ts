import { renameSync } from 'node:fs';
import { isCorrupt } from '../sqlite-code.ts';

/** What SQLite keeps beside a file: its log must go with it, or it would be taken for the next one's. */
const SUFFIXES = ['', '-wal', '-shm'];

/** Whether an error shows that the file holds what nobody wrote, and not that it cannot be used now. */
export function isDamage(error: unknown): boolean {
  return error instanceof SyntaxError || isCorrupt(error);
}

/** Renames a file that is closed, and what SQLite keeps beside it, over what was set aside before. The new name. Throws where the directory cannot be written. */
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
