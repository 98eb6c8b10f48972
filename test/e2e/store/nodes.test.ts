import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { create, readOwn } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

let directory: string;
let redis: RedisServer;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-nodes-'));
  redis = await startRedis();
});
afterEach(async () => {
  await endAll();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

test('nodes tell of each other, and a revision that all serve is answered by all', async () => {
  const start = (name: string) =>
    startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, name) });
  const [one, two] = await Promise.all([start('one'), start('two')]);
  await expect.poll(() => readOwn(one, '/nodes'), { timeout: 5_000 }).toHaveLength(2);
  await create(one, '/pools', { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] });
  expect(await readOwn(one, '/revisions/1?wait=10s')).toMatchObject({ revision: 1, served: true, nodes: 2 });
  for (const { dns } of [one, two])
    expect((await dig(dns, 'web.pools.example.com', 'A')).rdata).toEqual(['192.0.2.1']);
  expect(await readOwn(two, '/revisions/2?wait=1s')).toMatchObject({ served: false, nodes: 2 });
  await two.end();
  expect(await readOwn(one, '/nodes')).toHaveLength(1);
}, 60_000);
