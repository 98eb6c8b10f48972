import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wrongAfter } from '../../storm/writes/write-judge.ts';
import { blow } from '../../storm/writes/write-storm.ts';
import { watchDuring } from '../../storm/writes/write-watch.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

const SEED = 1;
/** It was a storm: writes overtook one another, and monitors in use were to be deleted. */
const STORMY = ['200', '412 1005', '412 1412'];

let directory: string;
let redis: RedisServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-writes-'));
  redis = await startRedis();
});
afterEach(async () => {
  await endAll();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

test('of many writes through two nodes none is lost, no reference dangles, and DNS follows', async () => {
  const start = (name: string) =>
    startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, name) });
  const nodes = await Promise.all([start('one'), start('two')]);
  const apis = nodes.map(({ api }) => api);
  const storm = blow({ apis, clients: 16, writesPerSecond: 400, seconds: 4, until: STORMY, seed: SEED });
  const watched = await watchDuring(storm, nodes);
  const written = await storm;
  expect([...written.answers.keys()]).toEqual(expect.arrayContaining(STORMY));
  expect(watched.wrong).toEqual([]);
  expect(watched.answers).toBeGreaterThan(0);
  for (const node of nodes) expect(await wrongAfter(written, node)).toEqual([]);
}, 120_000);
