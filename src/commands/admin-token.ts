import { randomBytes } from 'node:crypto';
import { chmodSync, lstatSync, renameSync, rmSync, type Stats, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { token as readToken } from '../config/settings.ts';
import { type RegularFile, readRegularFile } from '../config/source/regular-file.ts';
import type { Problem } from '../input/problem.ts';
import { badConfiguration, OperatorError } from './exit.ts';
import { DATA_DIR_ADVICE } from './precondition/data-dir-lock.ts';

/** Random octets in a token. */
const TOKEN_OCTETS = 32;
const OWNER_ONLY = 0o600;
/** Permissions that others must not have. The group may read a file of root, as with mounted secrets. */
const OTHERS_MASK = 0o077;
const ROOTS_OTHERS_MASK = 0o037;
const ROOT = 0;
/** Maximum size of the file in octets: the longest token with space around it. */
export const TOKEN_FILE_OCTETS_MAX = 4_096;
/** Name of the file in the data directory that holds the token. */
export const ADMIN_TOKEN_FILE = 'admin-token';

/** The token in the data directory. */
export interface KeptToken {
  readonly token: string;
  readonly path: string;
  readonly isNew: boolean;
  /** The permissions with which others could read it until now, in octal digits; undefined: they could not. */
  readonly wasOpen?: string;
}

/**
 * Reads the token in the data directory, and creates it on the first start, readable by its owner only. Throws
 * OperatorError, with the file and the rule, when the token is not a valid one or belongs to another user.
 */
export function keptToken(dataDir: string): KeptToken {
  const path = join(dataDir, ADMIN_TOKEN_FILE);
  const found = judgedToken(path);
  if (found === undefined) return { token: makeToken(path), path, isNew: true };
  const { token, wasOpen } = found;
  if (wasOpen === undefined) return { token, path, isNew: false };
  // A copy or a restored backup may be readable by all.
  chmodSync(path, OWNER_ONLY);
  return { token, path, isNew: false, wasOpen };
}

/** Checks the token in the data directory as a start does, without changes. Throws OperatorError where a start would. */
export function checkKeptToken(dataDir: string): void {
  judgedToken(join(dataDir, ADMIN_TOKEN_FILE));
}

/** Reads the token in a file, and the permissions with which others can read it; undefined: the file does not exist. */
function judgedToken(path: string): Pick<KeptToken, 'token' | 'wasOpen'> | undefined {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
  const { octets, stats } = read(path);
  refuseForeign(path, stats);
  const token = tokenIn(path, octets);
  const mask = stats.uid === ROOT && !isRoot() ? ROOTS_OTHERS_MASK : OTHERS_MASK;
  if ((stats.mode & mask) === 0) return { token };
  const wasOpen = (stats.mode & 0o777).toString(8);
  if (stats.uid !== process.getuid?.())
    refuse(path, `has permissions ${wasOpen}, so others can read or change it. Set them to 640 or less`);
  return { token, wasOpen };
}

/** Reads the token in a file, for a client of the API. Throws OperatorError with the file and the rule. */
export function readAdminToken(path: string): string {
  return tokenIn(path, read(path).octets);
}

function makeToken(path: string): string {
  const token = randomBytes(TOKEN_OCTETS).toString('base64url');
  try {
    // Renamed when complete: a crash leaves no partial token.
    rmSync(`${path}.new`, { force: true });
    writeFileSync(`${path}.new`, `${token}\n`, { mode: OWNER_ONLY, flush: true });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new OperatorError(`Cannot write ${path}: ${(error as Error).message}. ${DATA_DIR_ADVICE}`);
  }
  return token;
}

function read(path: string): RegularFile {
  try {
    return readRegularFile(path, TOKEN_FILE_OCTETS_MAX);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isDangling = code === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink();
    return refuse(
      path,
      isDangling ? 'is a link to a file that does not exist' : message.replace(`${path} `, ''),
    );
  }
}

function refuseForeign(path: string, { uid }: Stats): void {
  const own = process.getuid?.();
  if (own === undefined || uid === own || uid === ROOT) return;
  refuse(path, `belongs to user ${uid}. It must belong to user ${own}, who runs this process, or to root`);
}

/** Reads a token by the rule of `api.token`, without the space around it that an editor may leave. */
function tokenIn(path: string, octets: Buffer): string {
  const problems: Problem[] = [];
  const text = octets.toString('latin1').replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  const token = text === '' ? undefined : readToken(text, { path, problems });
  if (token !== undefined) return token;
  const rule = problems[0]?.message ?? 'is empty';
  return refuse(path, `${rule}. If you delete the file, the next start creates a token`);
}

function refuse(path: string, rule: string): never {
  throw badConfiguration([{ path, message: rule }]);
}

function isRoot(): boolean {
  return process.getuid?.() === ROOT;
}
