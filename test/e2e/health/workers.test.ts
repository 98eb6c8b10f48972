/** Three workers in two regions over a real Redis, and what may happen to them: the rows of the design's §9 about health. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { call } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, NAME } from './scenario.ts';
import { expectReports, makeSharpPool, transitions, watchAnswers, workersOf } from './watched.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
/** A worker's checks are with others after this time (docs/FAILURES.md), and more for a busy machine. */
const MOVED_MS = 5_000 + 35_000;
/** For what is a matter of an interval, on a busy machine. */
const SOON_MS = 40_000;
const ALL = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
const HOUR_MS = 3_600_000;

let directory: string;
let redis: RedisServer;
let serve: LifeguardProcess;
/** Two of the region eu, one of us. */
let workers: LifeguardProcess[];
let webs: WebServer[];

const startWorker = (region: string, more: Readonly<Record<string, string>> = {}) =>
  startLifeguard('monitor', {
    LIFEGUARD_REDIS_URL: redis.url,
    LIFEGUARD_DATA_DIR: join(directory, 'monitor'),
    LIFEGUARD_REGION: region,
    ...more,
  });
const startServe = () =>
  startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, 'serve') });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-workers-'));
  redis = await startRedis({ durable: true });
  const first = await startWeb(ALL[0]!);
  webs = [first, await startWeb(ALL[1]!), await startWeb(ALL[2]!)];
  [serve, ...workers] = await Promise.all([
    startServe(),
    startWorker('eu'),
    startWorker('eu'),
    startWorker('us'),
  ]);
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(3), {
    timeout: SOON_MS,
    interval: 200,
  });
  await makeSharpPool(serve, webs);
  await expectAddresses(serve.dns, ALL, SOON_MS);
  await expectReports(serve, ['eu', 'us'], SOON_MS);
});
afterEach(async () => {
  await endAll();
  for (const web of webs) await web.stop();
  await redis.stop();
  rmSync(directory, { recursive: true });
});

test('a killed worker changes no verdict, and the other worker of its region takes its checks in time', async () => {
  const answers = watchAnswers(serve);
  await workers[0]!.end('SIGKILL');
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(2), {
    timeout: MOVED_MS,
    interval: 200,
  });
  await expectReports(serve, ['eu', 'us'], MOVED_MS);
  expect(await answers.stop()).toEqual(new Set([ALL.join(' ')]));
  await webs[1]!.stop();
  await expectAddresses(serve.dns, [ALL[0]!, ALL[2]!], SOON_MS);
});

test('a lost region changes no verdict and has no vote, and the other region decides alone', async () => {
  const answers = watchAnswers(serve);
  await Promise.all(workers.slice(0, 2).map((worker) => worker.end('SIGKILL')));
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(1), {
    timeout: MOVED_MS,
    interval: 200,
  });
  await sleep(LEASE_MS);
  expect(await answers.stop()).toEqual(new Set([ALL.join(' ')]));
  await webs[1]!.stop();
  await expectAddresses(serve.dns, [ALL[0]!, ALL[2]!], SOON_MS);
});

test('without live workers the last verdicts stay, and an alarm is raised until a worker is back', async () => {
  await webs[2]!.stop();
  await expectAddresses(serve.dns, ALL.slice(0, 2), SOON_MS);
  await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
  await vi.waitFor(
    async () => expect(await transitions(serve, 'alarm')).toContain('no_workers: quiet raised'),
    {
      timeout: LEASE_MS + SOON_MS,
      interval: 100,
    },
  );
  await webs[0]!.stop();
  await sleep(2_000);
  await expectAddressesNow(serve.dns, ALL.slice(0, 2));
  workers = [await startWorker('eu')];
  await expectAddresses(serve.dns, [ALL[1]!], SOON_MS);
  await vi.waitFor(
    async () => expect(await transitions(serve, 'alarm')).toContain('no_workers: raised quiet'),
    {
      timeout: SOON_MS,
      interval: 100,
    },
  );
});

test('a paused worker that wakes late overwrites nothing newer, and does not use its old view', async () => {
  // The only one of its region, so that its word would have a vote of two.
  const paused = workers[2]!;
  await workers[0]!.end('SIGKILL');
  await expectReports(serve, ['eu', 'us'], MOVED_MS);
  paused.process.kill('SIGSTOP');
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(1), {
    timeout: MOVED_MS,
    interval: 200,
  });
  await webs[1]!.stop();
  await expectAddresses(serve.dns, [ALL[0]!, ALL[2]!], MOVED_MS + SOON_MS);
  // What is answered is told a moment later.
  const told = await vi.waitFor(
    async () => {
      const endpoints = await transitions(serve, 'endpoint');
      expect(endpoints).toContain('web-2: healthy unhealthy');
      return endpoints;
    },
    { timeout: SOON_MS, interval: 200 },
  );
  const answers = watchAnswers(serve);
  paused.process.kill('SIGCONT');
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(2), {
    timeout: SOON_MS,
    interval: 200,
  });
  await expectReports(serve, ['eu', 'us'], SOON_MS);
  expect(await answers.stop()).toEqual(new Set([`${ALL[0]} ${ALL[2]}`]));
  // What it was waiting for when it was stopped came late by seconds; its endpoints were well all the time.
  expect(await transitions(serve, 'endpoint')).toEqual(told);
  const turns = await transitions(serve, 'health');
  expect(turns.filter((turn) => /^web-[13]: healthy unhealthy/.test(turn))).toEqual([]);
});

test('when Redis is killed and restarted, answers stay, workers are live again, and new results count', async () => {
  const answers = watchAnswers(serve);
  await redis.kill();
  await sleep(LEASE_MS + 1_000);
  await redis.restart();
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(3), {
    timeout: SOON_MS,
    interval: 100,
  });
  await expectReports(serve, ['eu', 'us'], SOON_MS);
  expect(await answers.stop()).toEqual(new Set([ALL.join(' ')]));
  await webs[1]!.stop();
  await expectAddresses(serve.dns, [ALL[0]!, ALL[2]!], SOON_MS);
});

test.each([
  { name: 'one hour ahead', skewMs: HOUR_MS },
  { name: 'one hour behind', skewMs: -HOUR_MS },
])('a worker whose clock is $name checks and votes like the others', async ({ skewMs }) => {
  await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
  const skewed = `data:text/javascript,const now = Date.now; Date.now = () => now() + ${skewMs}`;
  workers = await Promise.all([
    startWorker('eu', { NODE_OPTIONS: `--import ${JSON.stringify(skewed)}` }),
    startWorker('us'),
  ]);
  await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(2), {
    timeout: MOVED_MS,
    interval: 200,
  });
  for (const end of ['stop', 'start', 'stop'] as const) {
    await webs[1]![end]();
    await expectAddresses(serve.dns, end === 'stop' ? [ALL[0]!, ALL[2]!] : ALL, SOON_MS);
  }
  // The one with the right clock takes over what the other found, and goes on from there.
  await workers[0]!.end('SIGKILL');
  await webs[1]!.start();
  await expectAddresses(serve.dns, ALL, MOVED_MS + SOON_MS);
});

test('a new server without Redis answers SERVFAIL, and is ready when Redis is back', async () => {
  await serve.end();
  await redis.kill();
  rmSync(join(directory, 'serve'), { recursive: true });
  const fresh = await startServe();
  const ready = async () => (await fetch(new URL('/readyz', fresh.api))).status;
  expect((await dig(fresh.dns, NAME, 'A')).status).toBe('SERVFAIL');
  expect(await ready()).toBe(503);
  expect((await call(fresh, 'GET', '/pools')).status).toBe(503);
  await redis.restart();
  await expectAddresses(fresh.dns, ALL, SOON_MS);
  expect(await ready()).toBe(200);
});
