/** The thread that loads a locator: files, records and trees would delay everything else on the main thread for seconds. */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { readRegularFile } from '../../config/source/regular-file.ts';
import { createLocator } from '../../place/locator.ts';
import { LocatorError } from '../../place/locator-error.ts';
import type { LoadReply, LoadTask } from './load.ts';

/** Octets of a database file. Databases of cities have up to 150 million. */
const DATABASE_OCTETS_MAX = 512 * 1024 * 1024;

function load({ databases, networks }: LoadTask): LoadReply {
  try {
    const read = databases.map((name) => ({ name, octets: octetsOf(name) }));
    return { kind: 'locator', locator: createLocator({ databases: read, networks }) };
  } catch (error) {
    if (error instanceof LocatorError) return { kind: 'refused', why: error.message };
    throw error;
  }
}

function octetsOf(path: string): Buffer {
  try {
    // As much memory as the file has now: one that grows meanwhile is not whole.
    return readRegularFile(path, Math.min(statSync(path).size, DATABASE_OCTETS_MAX)).octets;
  } catch (error) {
    throw new LocatorError(`${path} cannot be read (${(error as Error).message})`);
  }
}

parentPort!.postMessage(load(workerData as LoadTask));
