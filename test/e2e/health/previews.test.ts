import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { call, create } from '../../support/api.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb } from '../../support/server/web.ts';

let directory: string;
let redis: RedisServer;
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lifeguard-previews-'));
  redis = await startRedis();
});
afterAll(async () => {
  await endAll();
  await redis.stop();
  await rm(directory, { recursive: true });
});

test('a worker in another process runs a preview, even one requested before it started', async () => {
  const env = { LIFEGUARD_REDIS_URL: redis.url };
  const serve = await startLifeguard('serve', { ...env, LIFEGUARD_DATA_DIR: join(directory, 'serve') });
  const web = await startWeb('127.0.0.1');
  onTestFinished(() => web.stop());
  const origins = [
    { name: 'well', address: '127.0.0.1', port: web.port },
    { name: 'none', address: '127.0.0.2', port: web.port },
  ];
  const pool = await create(serve, '/pools', { name: 'web', origins });
  const monitor = { type: 'http', expected_codes: '2xx', timeout: 1, retries: 0 };
  const { result } = await call(serve, 'POST', `/pools/${pool.id}/preview`, monitor);
  const found = async () => (await call(serve, 'GET', `/preview/${result.preview_id}`)).result;
  expect(await found()).toEqual({});

  await startLifeguard('monitor', { ...env, LIFEGUARD_DATA_DIR: join(directory, 'monitor') });
  await expect.poll(found, { timeout: 40_000 }).toMatchObject({
    [pool.id]: {
      healthy: true,
      origins: [
        { '127.0.0.1': { healthy: true, failure_reason: 'No failures', response_code: 200 } },
        { '127.0.0.2': { healthy: false, failure_reason: 'TCP connection failed', response_code: 0 } },
      ],
    },
  });
  expect((await call(serve, 'GET', `/pools/${pool.id}`)).result).toEqual(pool);
});
