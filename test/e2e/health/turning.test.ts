import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startWeb } from '../../support/server/web.ts';
import { makePool, NAME } from './scenario.ts';

const TURNING_TTL_SECONDS = 3;
const RECOVERY_SECONDS = 5;
/** Checks that turn an endpoint, so that it is on its way for some seconds. */
const CONSECUTIVE_DOWN = 5;
const SOON = { timeout: 40_000, interval: 200 };

const stops: (() => unknown)[] = [];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-turning-'));
});
afterEach(async () => {
  await endAll();
  for (const stop of stops.splice(0).reverse()) await stop();
  rmSync(directory, { recursive: true });
});

test('while a verdict may change the TTL is short, and a recovered endpoint gets its weight in steps', async () => {
  const config = join(directory, 'turning.yaml');
  const own = `health:\n  turning_ttl_seconds: ${TURNING_TTL_SECONDS}\n  recovery_seconds: ${RECOVERY_SECONDS}\n`;
  writeFileSync(config, readFileSync(SAMPLE_FILE, 'utf8').replace('health:', own.trimEnd()));
  const redis = await startRedis();
  stops.push(() => redis.stop());
  const env = (data: string) => ({
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_REDIS_URL: redis.url,
    LIFEGUARD_DATA_DIR: join(directory, data),
  });
  const [serve] = await Promise.all([
    startLifeguard('serve', env('serve')),
    startLifeguard('monitor', env('monitor')),
  ]);
  const first = await startWeb('127.0.0.1');
  const webs = [first, await startWeb('127.0.0.2'), await startWeb('127.0.0.3')];
  for (const web of webs) stops.push(() => web.stop());

  const answer = async () => {
    const { answer: lines } = await dig(serve.dns, NAME, 'A');
    return { addresses: lines.length, ttls: [...new Set(lines.map((line) => Number(line.split(' ')[1])))] };
  };
  const expectAnswer = (addresses: number, ttl: number) =>
    vi.waitFor(async () => expect(await answer()).toEqual({ addresses, ttls: [ttl] }), SOON);

  await makePool(serve, webs, CONSECUTIVE_DOWN);
  await expectAnswer(3, 30);
  await webs[1]!.stop();
  await expectAnswer(3, TURNING_TTL_SECONDS);
  await expectAnswer(2, 30);
  await webs[1]!.start();
  // It turns by its first good result, and then its share is small: weights differ.
  await expectAnswer(1, 30);
  await expectAnswer(3, 30);
}, 90_000);
