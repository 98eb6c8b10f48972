import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DEFAULT_FILE } from '../../src/config/load.ts';
import { call } from '../support/api.ts';
import { dig } from '../support/dig.ts';
import { endAll, startLifeguard } from '../support/lifeguard.ts';
import { startRedis } from '../support/redis.ts';
import { startUnbound } from '../support/unbound.ts';
import { startWeb, type WebServer } from '../support/web.ts';
import {
  expectAddresses,
  expectAddressesNow,
  livesAndDies,
  makePool,
  NAME,
  OUT_WITHIN_MS,
} from './scenario.ts';

/** Longest wait for a process that was started to know what it knew. */
const START_MS = 5_000;

const stops: (() => unknown)[] = [];
let directory: string;
let webs: WebServer[];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-e2e-'));
  const first = await startWeb('127.0.0.1');
  webs = [first, await startWeb('127.0.0.2'), await startWeb('127.0.0.3')];
  for (const web of webs) stops.push(() => web.stop());
});

afterEach(async () => {
  await endAll();
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true });
});

/** serve and monitor apart, over a Redis of their own whose acknowledged writes are on disk. */
async function startApart() {
  const redis = await startRedis({ durable: true });
  stops.push(() => redis.stop());
  const serveEnv = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'serve') };
  const monitorEnv = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'monitor') };
  const [serve, monitor] = await Promise.all([
    startLifeguard('serve', serveEnv),
    startLifeguard('monitor', monitorEnv),
  ]);
  return { redis, serve, monitor, serveEnv, monitorEnv };
}

test('serve and monitor over Redis: endpoints die and come back, the pool is disabled and deleted', async () => {
  const { serve } = await startApart();
  await livesAndDies(serve, serve.dns, webs);
}, 60_000);

test('all in one process over the embedded store', async () => {
  const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await livesAndDies(all, all.dns, webs);
}, 60_000);

test('through unbound with a stub zone, within the TTL of what it had', async () => {
  const config = join(directory, 'short-ttl.yaml');
  writeFileSync(config, readFileSync(DEFAULT_FILE, 'utf8').replace(/pool_ttl: \d+/, 'pool_ttl: 2'));
  const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  const unbound = await startUnbound('example.com', all.dns);
  stops.push(() => unbound.stop());
  await makePool(all, webs);
  await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  const cached = await dig(unbound, NAME, 'A');
  expect(cached).toMatchObject({ status: 'NOERROR', rdata: ['127.0.0.1', '127.0.0.2', '127.0.0.3'] });
  await webs[0]!.stop();
  await expectAddresses(all.dns, ['127.0.0.2', '127.0.0.3']);
  const ttlMs = 2_000;
  await vi.waitFor(
    async () => expect((await dig(unbound, NAME, 'A')).rdata).toEqual(['127.0.0.2', '127.0.0.3']),
    { timeout: ttlMs + 1_000, interval: 100 },
  );
  expect((await dig(unbound, 'none.pools.example.com', 'A')).status).toBe('NXDOMAIN');
  expect((await dig(unbound, NAME, 'AAAA')).status).toBe('NOERROR');
}, 60_000);

test('kill -9 of serve, monitor and Redis, one after the other, loses nothing and changes no answer', async () => {
  const { redis, serve, monitor, serveEnv, monitorEnv } = await startApart();
  await makePool(serve, webs);
  await webs[2]!.stop();
  await expectAddresses(serve.dns, ['127.0.0.1', '127.0.0.2']);
  const { result: before } = await call(serve, 'GET', '/pools');

  await monitor.end('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await expectAddressesNow(serve.dns, ['127.0.0.1', '127.0.0.2']);
  await startLifeguard('monitor', monitorEnv);
  await webs[2]!.start();
  await expectAddresses(serve.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3'], OUT_WITHIN_MS + START_MS);

  await serve.end('SIGKILL');
  const served = await startLifeguard('serve', serveEnv);
  await expectAddresses(served.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  expect((await call(served, 'GET', '/pools')).result).toMatchObject(
    before.map(({ id, name, created_on }: Record<string, unknown>) => ({ id, name, created_on })),
  );

  await redis.kill();
  await expectAddressesNow(served.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  await served.end('SIGKILL');
  const alone = await startLifeguard('serve', serveEnv);
  await expectAddresses(alone.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3'], START_MS);
  expect((await call(alone, 'GET', '/pools')).status).toBe(503);

  await redis.restart();
  await webs[0]!.stop();
  await expectAddresses(alone.dns, ['127.0.0.2', '127.0.0.3'], OUT_WITHIN_MS + 5_000);
}, 90_000);

test('kill -9 of all in one over the embedded store loses nothing', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory };
  const all = await startLifeguard('all', env);
  await makePool(all, webs);
  await webs[0]!.stop();
  await expectAddresses(all.dns, ['127.0.0.2', '127.0.0.3']);
  await all.end('SIGKILL');
  const again = await startLifeguard('all', env);
  await expectAddresses(again.dns, ['127.0.0.2', '127.0.0.3'], START_MS);
}, 60_000);

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s stops each process within 2 s',
  async (signal) => {
    const { serve, monitor } = await startApart();
    const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
    await makePool(serve, webs);
    for (const { dns, api } of [serve, all]) {
      // Clients that hold their connections and say nothing.
      for (const port of [dns.port, Number(new URL(api).port)]) {
        const client = connect(port, '127.0.0.1').on('error', () => undefined);
        await once(client, 'connect');
        stops.push(() => client.destroy());
      }
    }
    const ended = await Promise.all(
      [serve, monitor, all].map(async (each) => {
        const tooLate = setTimeout(() => each.process.kill('SIGKILL'), 2_000);
        const code = await each.end(signal);
        clearTimeout(tooLate);
        return code;
      }),
    );
    expect(ended).toEqual([0, 0, 0]);
  },
  30_000,
);
