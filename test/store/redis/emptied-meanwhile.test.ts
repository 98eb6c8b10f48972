import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Connection, openConnection } from '../../../src/store/redis/connection/connection.ts';
import { readScripts } from '../../../src/store/redis/connection/scripts.ts';
import { parseRedisUrl } from '../../../src/store/redis/connection/url.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { readPosition } from '../../../src/store/redis/position.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { observation, publish } from '../contract/samples.ts';

let redis: RedisServer;
let raw: Redis;
let store: Store;
let connection: Connection;
const keys = keysUnder('m');
beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
  store = openRedisStore(redis.url, { prefix: 'm' });
  connection = openConnection(parseRedisUrl(redis.url), { timeoutMs: 5_000, name: 'test', key: '' });
});
afterAll(async () => {
  connection.close();
  await store.close();
  raw.disconnect();
  await redis.stop();
});

/** Reads the position while `meanwhile` happens between its script and what it reads after that; returns the places that are damaged. */
async function damagedWhile(meanwhile: () => Promise<unknown>) {
  const damaged: string[] = [];
  const interrupted: Connection = Object.assign(Object.create(connection) as Connection, {
    async command(...args: Parameters<Connection['command']>) {
      if (args[0] === 'XREVRANGE') await meanwhile();
      return connection.command(...args);
    },
  });
  const { observed } = await readPosition(interrupted, readScripts(), keys, (_, key) => () => {
    damaged.push(key);
    return undefined;
  });
  return { damaged, observed };
}

test('the first result in an emptied store, published while the store was read, was taken for a lost counter', async () => {
  await raw.flushall();
  const first = () => publish(store, { put: [{ observation: observation('a'), changed: true }] });
  expect(await damagedWhile(first)).toEqual({ damaged: [], observed: 1 });
  await raw.hdel(keys.meta, 'observed');
  expect(await damagedWhile(async () => undefined)).toEqual({ damaged: ['observed'], observed: 1 });
});
