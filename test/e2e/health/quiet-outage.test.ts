import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, makePool } from './scenario.ts';

let directory: string;
let redis: RedisServer;
let node: LifeguardProcess;
let worker: LifeguardProcess;
let webs: WebServer[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-quiet-'));
  redis = await startRedis({ durable: true });
  webs = [await startWeb('127.0.0.1')];
  const env = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: directory };
  node = await startLifeguard('serve', env);
  worker = await startLifeguard('monitor', env);
  await makePool(node, webs);
  await expectAddresses(node.dns, ['127.0.0.1'], 10_000);
});
afterAll(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  await redis.stop();
  rmSync(directory, { recursive: true });
});

/** Seconds in which the store is asked again many times. */
const AWAY_MS = 6_000;

test('each part logs an outage of Redis once, and its end once', {
  timeout: 120_000,
}, async () => {
  const from = new Map([node, worker].map((each) => [each, each.log.length]));
  const since = (each: LifeguardProcess) => each.log.slice(from.get(each));
  const texts = (each: LifeguardProcess) => since(each).map(({ msg }) => String(msg));
  await redis.shutdown();
  await sleep(AWAY_MS);
  await redis.restart();
  const again = { timeout: 40_000, interval: 100 };
  await expect.poll(() => texts(node), again).toContainEqual(expect.stringMatching(/ again, after \d+ s\.$/));
  const renewed = /^The lease of this worker is renewed again, after \d+ s\.$/;
  await expect.poll(() => texts(worker), again).toContainEqual(expect.stringMatching(renewed));
  await expect
    .poll(() => texts(worker), again)
    .toContainEqual(expect.stringMatching(/^Check results are published again, after \d+ s\.$/));
  for (const each of [node, worker]) {
    // A part says a thing once for each reason there is.
    const said = since(each).map(({ msg, err }) => `${msg}: ${(err as Error | undefined)?.message}`);
    expect(said.filter((line, i) => said.indexOf(line) < i)).toEqual([]);
    expect(said.length).toBeLessThan(20);
  }
});
