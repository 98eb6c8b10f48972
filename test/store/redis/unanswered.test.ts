import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable, StoreUncertain } from '../../../src/store/contract/failure.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type Link, openLink } from '../../storm/outages/link.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { audit, putPool } from '../contract/samples.ts';

let redis: RedisServer;
let link: Link;
let direct: Store;
let store: Store;
/** Far above what anything takes here, so that only what is held back is late. */
const TIMEOUT_MS = 2_000;
/**
 * Redis must begin within a share of it by a clock that is known as exactly as Redis answered quickly: what is left of it must be more
 * than a busy machine takes for an answer.
 */
const LONG_TIMEOUT_MS = 4_000;
beforeEach(async () => {
  redis = await startRedis();
  link = await openLink(redis.port);
  direct = openRedisStore(redis.url, { prefix: 'u' });
  store = openRedisStore(`redis://127.0.0.1:${link.port}`, { prefix: 'u', timeoutMs: TIMEOUT_MS });
  await store.commit([putPool('before')]);
});
afterEach(async () => {
  await store.close();
  await direct.close();
  await link.stop();
  await redis.stop();
});
/** Ends every connection, and with it the answers that are held back. Those that come are open. */
const loseAnswers = () => {
  link.set('cut');
  link.set('open');
};
const isMade = async (id: string) => (await direct.get('pool', id)) !== undefined;

test('a change whose answer was lost was reported as not made; now it is reported as made', async () => {
  link.set('deaf');
  const committed = store.commit([putPool('a')], [audit('a')]);
  await expect.poll(() => isMade('a')).toBe(true);
  for (let n = 0; n < 70; n += 1) await direct.commit([putPool('other', {}, { description: String(n) })]);
  loseAnswers();
  expect(await committed).toEqual({ ok: true, revision: 2 });
  expect((await direct.events(5)).length).toBe(1);
});

test('a change whose answer came too late was reported as not made; now it is reported as made', async () => {
  link.set('deaf');
  const committed = store.commit([putPool('a')]);
  await expect.poll(() => isMade('a')).toBe(true);
  // Until the connection is given up, which the link sees.
  await sleep(TIMEOUT_MS * 1.1);
  loseAnswers();
  expect(await committed).toEqual({ ok: true, revision: 2 });
});

test('a change that Redis no longer remembers is reported as uncertain', async () => {
  link.set('deaf');
  const committed = store.commit([putPool('a')]);
  await expect(committed).rejects.toThrow(StoreUncertain);
  expect(await isMade('a')).toBe(true);
});

test('a change that Redis did not begin in time is not made, and reported as not made', async () => {
  const patient = openRedisStore(redis.url, { prefix: 'u', timeoutMs: LONG_TIMEOUT_MS });
  await patient.commit([putPool('first')]);
  redis.signal('SIGSTOP');
  const committed = patient.commit([putPool('a')]);
  const outcome = committed.catch((error: unknown) => error as Error);
  await sleep(LONG_TIMEOUT_MS * 1.1);
  redis.signal('SIGCONT');
  const error = await outcome;
  await patient.close();
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).not.toBeInstanceOf(StoreUncertain);
  expect((error as Error).message).toMatch(/was not made/);
  expect(await isMade('a')).toBe(false);
});

test('a change while Redis is away is not uncertain', async () => {
  await redis.shutdown();
  await expect.poll(() => store.read().catch(() => 'away')).toBe('away');
  const error = await store.commit([putPool('a')]).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(StoreUnavailable);
  expect(error).not.toBeInstanceOf(StoreUncertain);
});
