import { randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Octets of randomness in a token. */
const TOKEN_OCTETS = 32;
const OWNER_ONLY = 0o600;
/** Name of the file in the data directory that holds the token. */
export const ADMIN_TOKEN_FILE = 'admin-token';

/** The token in the data directory, made on the first start; readable by its owner alone. */
export function keptToken(dataDir: string): {
  readonly token: string;
  readonly path: string;
  readonly isNew: boolean;
} {
  const path = join(dataDir, ADMIN_TOKEN_FILE);
  const kept = readKept(path);
  if (kept !== undefined) {
    // It may have been copied here, or restored, for all to read.
    chmodSync(path, OWNER_ONLY);
    return { token: kept, path, isNew: false };
  }
  const token = randomBytes(TOKEN_OCTETS).toString('base64url');
  // Renamed when whole: a crash in between leaves no half a token.
  rmSync(`${path}.new`, { force: true });
  writeFileSync(`${path}.new`, `${token}\n`, { mode: OWNER_ONLY, flush: true });
  renameSync(`${path}.new`, path);
  return { token, path, isNew: true };
}

function readKept(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
