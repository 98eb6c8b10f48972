import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SAMPLE_FILE } from '../../src/config/source/load.ts';
import { call, readOwn } from '../support/api.ts';
import { dig } from '../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../support/lifeguard.ts';
import { startRedis } from '../support/server/redis.ts';
import { startUnbound } from '../support/server/unbound.ts';
import { startWeb, type WebServer } from '../support/server/web.ts';
import {
  expectAddresses,
  expectAddressesNow,
  hangs,
  livesAndDies,
  makePool,
  NAME,
  OUT_WITHIN_MS,
} from './health/scenario.ts';

/** Longest wait for a process that was started to know what it knew. */
const START_MS = 5_000;
/** Of pools' addresses and of negative answers, where a resolver is between. */
const TTL_SECONDS = 2;
const NEGATIVE_TTL_SECONDS = 1;

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
async function startApart(env: Readonly<Record<string, string>> = {}) {
  const redis = await startRedis({ durable: true });
  stops.push(() => redis.stop());
  const serveEnv = { ...env, LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'serve') };
  const monitorEnv = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'monitor') };
  const [serve, monitor] = await Promise.all([
    startLifeguard('serve', serveEnv),
    startLifeguard('monitor', monitorEnv),
  ]);
  return { redis, serve, monitor, serveEnv, monitorEnv };
}

/** What /readyz answers: who has something true to answer stays ready without Redis. */
async function readiness({ api }: LifeguardProcess): Promise<number> {
  return (await fetch(new URL('/readyz', api))).status;
}

test('serve and monitor over Redis: endpoints fail and recover, and the pool is disabled and deleted', async () => {
  const { serve } = await startApart();
  await livesAndDies(serve, serve.dns, webs);
}, 60_000);

test('all in one process over the embedded store', async () => {
  const all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory });
  await livesAndDies(all, all.dns, webs);
}, 60_000);

test('an endpoint that accepts connections and never answers is taken out in time', async () => {
  const { serve } = await startApart();
  await hangs(serve, serve.dns, webs);
}, 60_000);

test('an IPv6 endpoint that fails leaves AAAA and returns, beside an IPv4 endpoint', async () => {
  const { serve } = await startApart();
  const web6 = await startWeb('::1');
  stops.push(() => web6.stop());
  await makePool(serve, [webs[0]!, web6]);
  const answered = async (type: 'A' | 'AAAA') => (await dig(serve.dns, NAME, type)).rdata;
  const expectSoon = (aaaa: readonly string[]) =>
    vi.waitFor(
      async () =>
        expect({ a: await answered('A'), aaaa: await answered('AAAA') }).toEqual({ a: ['127.0.0.1'], aaaa }),
      { timeout: OUT_WITHIN_MS, interval: 200 },
    );
  await expectSoon(['::1']);
  await web6.stop();
  await expectSoon([]);
  await web6.start();
  await expectSoon(['::1']);
}, 60_000);

test('unbound with a stub zone keeps an answer for its TTL and no longer', async () => {
  const config = join(directory, 'short-ttl.yaml');
  const text = readFileSync(SAMPLE_FILE, 'utf8').replace(/pool_ttl: \d+/, `pool_ttl: ${TTL_SECONDS}`);
  writeFileSync(config, text.replace(/minimum: \d+/, `minimum: ${NEGATIVE_TTL_SECONDS}`));
  const { serve } = await startApart({ LIFEGUARD_CONFIG: config });
  const unbound = await startUnbound('example.com', serve.dns);
  stops.push(() => unbound.stop());
  // A resolver counts in whole seconds.
  await livesAndDies(serve, unbound, webs, (TTL_SECONDS + 1) * 1_000);

  await makePool(serve, webs);
  await expectAddresses(serve.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  await vi.waitFor(async () => expect((await dig(unbound, NAME, 'A')).rdata).toHaveLength(3), {
    timeout: (NEGATIVE_TTL_SECONDS + 2) * 1_000,
    interval: 200,
  });
  const ttls = (await dig(unbound, NAME, 'A')).answer.map((line) => Number(line.split(' ')[1]));
  expect(ttls.every((ttl) => ttl <= TTL_SECONDS)).toBe(true);
}, 90_000);

/** Everything configured, as the API gives it, and the events so far; health is told by workers and may be another. */
async function everything(api: LifeguardProcess) {
  const [pools, monitors] = await Promise.all([call(api, 'GET', '/pools'), call(api, 'GET', '/monitors')]);
  type Told = Record<string, unknown> & { readonly origins: readonly Record<string, unknown>[] };
  const authored = (pools.result as Told[]).map(({ healthy, origins, ...pool }) => ({
    ...pool,
    origins: origins.map(({ healthy, failure_reason, ...origin }) => origin),
  }));
  const { events } = await readOwn(api, '/events?limit=1000');
  return { pools: authored, monitors: monitors.result, events };
}

/** Nothing that was there before is gone or another. */
async function expectKept(api: LifeguardProcess, before: Awaited<ReturnType<typeof everything>>) {
  const { pools, monitors, events } = await everything(api);
  expect({ pools, monitors }).toEqual({ pools: before.pools, monitors: before.monitors });
  expect(events).toEqual(expect.arrayContaining(before.events));
}

test('kill -9 of serve, monitor and Redis in turn loses nothing and changes no answer', async () => {
  const { redis, serve, monitor, serveEnv, monitorEnv } = await startApart();
  await makePool(serve, webs);
  await webs[2]!.stop();
  await expectAddresses(serve.dns, ['127.0.0.1', '127.0.0.2']);
  const before = await everything(serve);
  expect(before).toMatchObject({ pools: [{ name: 'web' }], monitors: [{ type: 'http' }] });
  expect(before.events.length).toBeGreaterThanOrEqual(5);

  await monitor.end('SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await expectAddressesNow(serve.dns, ['127.0.0.1', '127.0.0.2']);
  await startLifeguard('monitor', monitorEnv);
  await webs[2]!.start();
  await expectAddresses(serve.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3'], OUT_WITHIN_MS + START_MS);

  await serve.end('SIGKILL');
  const served = await startLifeguard('serve', serveEnv);
  await expectAddresses(served.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  await expectKept(served, before);
  const beforeRedis = await everything(served);

  await redis.kill();
  await expectAddressesNow(served.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3']);
  expect((await call(served, 'GET', '/pools')).status).toBe(503);
  expect(await readiness(served)).toBe(200);
  await served.end('SIGKILL');
  const alone = await startLifeguard('serve', serveEnv);
  await expectAddresses(alone.dns, ['127.0.0.1', '127.0.0.2', '127.0.0.3'], START_MS);
  expect((await call(alone, 'GET', '/pools')).status).toBe(503);
  expect(await readiness(alone)).toBe(200);

  await redis.restart();
  await vi.waitFor(async () => expect((await call(alone, 'GET', '/pools')).status).toBe(200), {
    timeout: START_MS,
    interval: 200,
  });
  await expectKept(alone, beforeRedis);
  await webs[0]!.stop();
  await expectAddresses(alone.dns, ['127.0.0.2', '127.0.0.3'], OUT_WITHIN_MS + 5_000);
}, 90_000);

test('kill -9 of all-in-one with the embedded store loses nothing', async () => {
  const env = { LIFEGUARD_DATA_DIR: directory };
  const all = await startLifeguard('all', env);
  await makePool(all, webs);
  await webs[0]!.stop();
  await expectAddresses(all.dns, ['127.0.0.2', '127.0.0.3']);
  const before = await everything(all);
  await all.end('SIGKILL');
  const again = await startLifeguard('all', env);
  await expectAddresses(again.dns, ['127.0.0.2', '127.0.0.3'], START_MS);
  await expectKept(again, before);
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
