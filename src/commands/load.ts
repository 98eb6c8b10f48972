import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { Config } from '../config/config.ts';
import { loadConfig } from '../config/source/load.ts';
import { badConfiguration, explain } from './exit.ts';

/** The configuration of this process. Throws OperatorError with every problem. */
export function configOf(path: string | undefined): Config {
  const loaded = loadConfig({ env: process.env, ...(path === undefined ? {} : { path }) });
  if (!loaded.ok) throw badConfiguration(loaded.problems);
  return loaded.config;
}

/** Makes the data directory, for its owner alone, where it is not there. */
export function makeDataDir({ dataDir }: Config): void {
  try {
    makeDirectory(resolve(dataDir));
  } catch (error) {
    explain(`cannot make the data directory ${dataDir}`, 'choose another with LIFEGUARD_DATA_DIR')(error);
  }
}

/** With what is missing above it. Not by `recursive`: Node tries for ever where a file system has no room for directories, as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have come first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
