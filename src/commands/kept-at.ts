import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import type { Config } from '../config/config.ts';
import type { KeptAt } from '../serve/kept/read.ts';

/** Where a node of this configuration keeps its answers, and what of it they depend on: with another they are not given. */
export function keptAt({ dataDir, zones, health, region, monitor, store }: Config): KeptAt {
  const made = [zones, health, region, monitor.probersPerRegion, storeOf(store)];
  return {
    path: join(dataDir, 'answers'),
    fingerprint: createHash('sha256').update(serialize(made)).digest('hex'),
  };
}

/** Which store it is, without what lets one in. */
function storeOf({ redisUrl, redisPrefix }: Config['store']): string {
  if (redisUrl === undefined) return 'embedded';
  const url = new URL(redisUrl);
  url.username = '';
  url.password = '';
  return `${url} ${redisPrefix}`;
}
