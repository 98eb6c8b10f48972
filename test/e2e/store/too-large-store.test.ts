import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { pool } from '../../store/contract/samples.ts';
import { PROGRAM } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

const POOLS = 200;
const ENDPOINTS = 1_000;

let directory: string;
let redis: RedisServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeguard-too-large-'));
  redis = await startRedis();
  await mkdir(join(directory, 'embedded'));
  await Promise.all(
    [
      openRedisStore(redis.url, { prefix: 'lifeguard' }),
      openEmbeddedStore(join(directory, 'embedded', 'lifeguard.sqlite')),
    ].map(fill),
  );
});
afterAll(async () => {
  await redis.stop();
  await rm(directory, { recursive: true });
});

async function fill(store: Store): Promise<void> {
  for (let made = 0; made < POOLS; made += 10) {
    const writes = Array.from({ length: 10 }, (_, at) => large((made + at).toString(16).padStart(32, '0')));
    while (!(await store.commit(writes).catch(() => undefined))?.ok);
  }
  await store.close();
}

function large(id: string) {
  const endpoints = Array.from({ length: ENDPOINTS }, (_, at) => ({
    name: `e${at}`,
    address: `127.0.${at >> 8}.${at & 255}`,
    enabled: true,
    weight: 1,
    flattenCname: false,
  }));
  return { op: 'put', kind: 'pool', id, value: pool(id, { endpoints }), unique: [], references: [] } as const;
}

// MiB of heap: enough to run, and not for as many endpoints as limits.endpoints_max allows unless it says otherwise.
test.each([
  ['serve', 'embedded', 64],
  ['all', 'embedded', 64],
  ['all', 'embedded', 256],
  ['serve', 'redis', 64],
  ['monitor', 'redis', 64],
] as const)(
  '%s with a store that does not fit in memory says what it needs, and exits (%s, a heap of %d MiB)',
  async (command, body, heapMiB) => {
    const run = await runProgram('env', [
      'LIFEGUARD_DNS_LISTEN=127.0.0.1:0',
      'LIFEGUARD_API_LISTEN=127.0.0.1:0',
      `LIFEGUARD_DATA_DIR=${join(directory, body)}`,
      'LIFEGUARD_REGION=WEU',
      ...(body === 'redis' ? [`LIFEGUARD_REDIS_URL=${redis.url}`] : []),
      process.execPath,
      `--max-old-space-size=${heapMiB}`,
      PROGRAM,
      command,
    ]);
    expect(run.stderr).not.toContain('out of memory');
    expect(run.stderr).toMatch(
      /does not fit in memory: 200 documents with 200000 endpoints need at least \d+ MiB of heap, and this process may use \d+ MiB\. Start it with NODE_OPTIONS=--max-old-space-size=\d+ or more/,
    );
    expect(run.code).toBe(1);
  },
);
