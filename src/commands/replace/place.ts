import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';

/** The directory in a data directory where a server waits for the one that replaces it. Only its owner can reach what is in it. */
export interface MeetingPlace {
  /** Returns the path of a socket in it, short enough for a socket address whatever the path of the data directory is. */
  path(name: string): string;
  /** Removes a socket. */
  remove(name: string): void;
  /** Removes what servers left that were killed. */
  tidy(): void;
  close(): void;
}

/** The socket at which the running server waits. */
export const SERVER_NAME = 'server';
/** The socket at which the running server answers what comes on connections of servers that it has replaced. */
export const ANSWERS_NAME = 'answers';
/** Permissions: nobody but the owner, who is the user of both servers, and root. */
const OWNER_ONLY = 0o700;

/** Opens the meeting place of a data directory, and creates it where it is not there. Throws where it belongs to another user, or is no directory. */
export function openMeetingPlace(dataDir: string): MeetingPlace {
  const directory = resolve(join(dataDir, 'replace'));
  try {
    mkdirSync(directory, { mode: OWNER_ONLY });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const found = lstatSync(directory);
  if (!found.isDirectory()) throw new Error(`${directory} is no directory`);
  if (found.uid !== process.getuid?.()) throw new Error(`${directory} belongs to another user`);
  chmodSync(directory, OWNER_ONLY);
  const fd = openSync(directory, 'r');
  const path = (name: string) => `/proc/self/fd/${fd}/${name}`;
  const remove = (name: string) => rmSync(path(name), { force: true });
  return {
    path,
    remove,
    tidy: () =>
      readdirSync(path('.'))
        .filter((name) => name !== ANSWERS_NAME)
        .forEach(remove),
    close: () => closeSync(fd),
  };
}
