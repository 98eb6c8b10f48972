import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

/** What the tests of a file use: a Redis, a connection past the store, and the store. */
export interface RedisForTests {
  readonly redis: RedisServer;
  readonly raw: Redis;
  readonly store: RepairableStore;
}

/**
 * Runs a Redis while the tests of a file run. Before each of them, and before what the file itself does then, it is emptied, and `use` gets
 * a new store whose keys have this prefix.
 */
export function redisForTests(prefix: string, use: (made: RedisForTests) => void): void {
  let redis: RedisServer;
  let raw: Redis;
  let store: RepairableStore | undefined;
  beforeAll(async () => {
    redis = await startRedis();
    raw = new Redis(redis.url);
  });
  beforeEach(async () => {
    await raw.flushall();
    await store?.close();
    store = openRedisStore(redis.url, { prefix });
    use({ redis, raw, store });
  });
  afterAll(async () => {
    await store?.close();
    raw.disconnect();
    await redis.stop();
  });
}
