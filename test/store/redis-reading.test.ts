import { afterAll, beforeAll, expect, test } from 'vitest';
import { keysUnder } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis.ts';
import { type Store, StoreRefused } from '../../src/store/store.ts';
import { type RedisServer, startRedis } from '../support/redis.ts';
import { node, worker } from './samples.ts';

let redis: RedisServer;
let store: Store;
const keys = keysUnder('reading');
beforeAll(async () => {
  redis = await startRedis();
  store = openRedisStore(redis.url, { prefix: 'reading' });
});
afterAll(async () => {
  await store.close();
  await redis.stop();
});

test('workers and nodes are read from a Redis that refuses writes, though some have ended and wait to be forgotten', async () => {
  await store.join(worker('live'));
  await store.join(worker('ended'));
  await store.announce(node('live'));
  await store.announce(node('ended'));
  await redis.send(`ZADD ${keys.leases} 1 ended`);
  await redis.send(`ZADD ${keys.nodeEnds} 1 ended`);
  await redis.send('CONFIG SET min-replicas-to-write 1');
  await expect(store.join(worker('other'))).rejects.toThrow(StoreRefused);
  expect(await store.workers()).toEqual([worker('live')]);
  expect(await store.nodes()).toEqual([node('live')]);
  expect(await redis.send(`HLEN ${keys.workers}`)).toBe(':2');

  await redis.send('CONFIG SET min-replicas-to-write 0');
  expect(await store.workers()).toEqual([worker('live')]);
  expect(await store.nodes()).toEqual([node('live')]);
  expect(await redis.send(`HLEN ${keys.workers}`)).toBe(':1');
  expect(await redis.send(`HLEN ${keys.nodes}`)).toBe(':1');
});
