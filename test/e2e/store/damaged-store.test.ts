/** A serving node and a worker over a Redis in which somebody damages records: no process ends, and no name is lost. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { readRemembered } from '../../../src/store/last-good/file.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { call, create, readOwn } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';

vi.setConfig({ testTimeout: 400_000, hookTimeout: 200_000 });
/** Nothing waits so long on purpose: the machine may be busy with something else. */
const SOON = { timeout: 100_000, interval: 100 };
const keys = keysUnder('lifeguard');

let directory: string;
let redis: RedisServer;
let raw: Redis;
let web: WebServer;
let node: LifeguardProcess;
let worker: LifeguardProcess;
const pools: Record<string, string> = {};

const startNode = () =>
  startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: directory });
const startWorker = () =>
  startLifeguard('monitor', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_REGION: 'WEU' });
const addressOf = async (name: string) => (await dig(node.dns, `${name}.pools.example.com`, 'A')).rdata;
const expectAll = () =>
  vi.waitFor(async () => {
    for (const name of Object.keys(pools))
      expect([name, await addressOf(name)]).toEqual([name, ['127.0.0.1']]);
  }, SOON);
const ready = async () =>
  (await fetch(new URL('/readyz', node.api))).json() as Promise<{ alarms?: string[] }>;
const check = () =>
  runProgram('env', [
    `LIFEGUARD_REDIS_URL=${redis.url}`,
    `LIFEGUARD_DATA_DIR=${directory}`,
    process.execPath,
    PROGRAM,
    'store',
    'check',
  ]);
/** All are alive, and say so. */
async function expectAlive(): Promise<void> {
  expect([node.process.exitCode, worker.process.exitCode]).toEqual([null, null]);
  expect((await fetch(new URL('/livez', node.api))).status).toBe(200);
}
async function next(counter: 'revision' | 'observed'): Promise<{ id: string; epoch: string }> {
  const number = await raw.hincrby(keys.meta, counter, 1);
  return { id: `${number}-0`, epoch: (await raw.hget(keys.meta, 'epoch'))! };
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-damaged-'));
  redis = await startRedis({ durable: true });
  raw = new Redis(redis.url);
  web = await startWeb('127.0.0.1');
  [node, worker] = await Promise.all([startNode(), startWorker()]);
  const monitor = await create(node, '/monitors', {
    type: 'tcp',
    port: web.port,
    interval: 5,
    description: 'alive',
  });
  for (const name of ['web', 'shop', 'mail'])
    pools[name] = (
      await create(node, '/pools', {
        name,
        monitor: monitor.id,
        origins: [{ name: 'a', address: '127.0.0.1' }],
      })
    ).id;
  await expectAll();
});
afterAll(async () => {
  await endAll();
  await web?.stop();
  raw?.disconnect();
  await redis?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test('damaged records end no process and lose no name; they are reported until they are repaired', async () => {
  const change = await next('revision');
  await raw.xadd(keys.changes, change.id, 'epoch', change.epoch, `put pool/${pools.web}`, '{broken');
  const news = await next('observed');
  await raw.xadd(keys.observed, news.id, 'epoch', news.epoch, 'observation', 'null');
  await vi.waitFor(async () => expect((await ready()).alarms).toContain('store_damaged'), SOON);
  await expectAlive();
  await expectAll();

  // What a node that starts knows of damaged pools is what the one before has kept.
  await vi.waitFor(() => {
    const kept = readRemembered(join(directory, 'last-good.sqlite'))?.documents ?? [];
    for (const id of Object.values(pools)) expect(kept.map((each) => each.id)).toContain(id);
  }, SOON);
  // Without its revision nothing in Redis says what the pool was.
  await raw.hset(keys.documents, `pool/${pools.shop}`, '{}');
  await raw.hset(keys.documents, `monitor_group/${'f'.repeat(32)}`, '1 {}');
  await raw.hset(keys.workers, 'ghost', '{}');
  await raw.zadd(keys.leases, Date.now() + 1e9, 'ghost');
  await Promise.all([node.end('SIGKILL'), worker.end('SIGKILL')]);
  [node, worker] = await Promise.all([startNode(), startWorker()]);
  await expectAll();
  await expectAlive();
  await vi.waitFor(async () => {
    const { workers } = { workers: await readOwn(node, '/workers') };
    expect(workers).toHaveLength(1);
  }, SOON);

  const { code, stdout } = await check();
  expect(code).toBe(4);
  expect(stdout.split('\n')).toEqual(
    expect.arrayContaining([
      `${keys.documents} pool/${pools.shop}: revision must be a whole number from 0`,
      `${keys.documents} monitor_group/${'f'.repeat(32)}: id must be text`,
      `${keys.changes} ${change.id}: must be JSON`,
      `${keys.observed} ${news.id}: must be an object`,
    ]),
  );
  await vi.waitFor(async () => {
    const headers = { authorization: 'Bearer e2e-token-0123456789abcdef' };
    const metrics = await (await fetch(new URL('/metrics', node.api), { headers })).text();
    expect(metrics).toMatch(/^lifeguard_alarms\{alarm="store_damaged"\} 1$/m);
    expect(metrics).toMatch(/^lifeguard_store_damaged_records [1-9]/m);
  }, SOON);
  await vi.waitFor(async () => {
    const events = await readOwn(node, '/events?kind=alarm');
    expect(JSON.stringify(events)).toContain('store_damaged');
  }, SOON);

  // Before the next write, which counts what documents there are.
  await raw.hdel(keys.documents, `monitor_group/${'f'.repeat(32)}`);
  // The pool is there for the API, and what it is written again as is what it is.
  const shown = await call(node, 'GET', `/pools/${pools.shop}`);
  expect(shown.result.name).toBe('shop');
  const mended = await call(node, 'PATCH', `/pools/${pools.shop}`, { description: 'mended' });
  expect(mended.result).toMatchObject({ name: 'shop', description: 'mended' });
  await raw.xdel(keys.changes, change.id);
  await raw.xdel(keys.observed, news.id);
  await vi.waitFor(async () => expect((await ready()).alarms ?? []).not.toContain('store_damaged'), SOON);
  await vi.waitFor(
    async () => expect((await check()).stdout).toMatch(/^\d+ records examined, 0 damaged\n$/),
    SOON,
  );
  await expectAll();
});
