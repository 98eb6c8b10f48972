import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import process from 'node:process';
import type { Config } from '../config/config.ts';
import { type Loaded, loadConfig } from '../config/source/load.ts';
import { badConfiguration, explain } from './exit.ts';

/** Reads the configuration of this process from its file and the environment. */
export function readConfig(path: string | undefined): Loaded {
  return loadConfig({ env: process.env, ...(path === undefined ? {} : { path }) });
}

/** Loads the configuration of this process. Throws OperatorError with every problem. */
export function configOf(path: string | undefined): Config {
  const loaded = readConfig(path);
  if (!loaded.ok) throw badConfiguration(loaded.problems);
  return loaded.config;
}

/** Creates the data directory, for its owner only, unless it exists. */
export function makeDataDir({ dataDir }: Config): void {
  try {
    makeDirectory(resolve(dataDir));
  } catch (error) {
    explain(`Cannot create the data directory ${dataDir}`, 'Choose another with LIFEGUARD_DATA_DIR')(error);
  }
}

/** Creates a directory and the missing ones above it. Without `recursive`: Node would try forever on a file system such as /proc. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    // Another process may have created it meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
