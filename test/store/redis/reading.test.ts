import { afterAll, beforeAll, expect, test } from 'vitest';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { endpointsOf, event, node, publish, worker } from '../contract/samples.ts';

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

test('a Redis that refuses writes still lists workers and nodes, without those that have ended', async () => {
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

test('the octets of events are counted again after an older program wrote without counting', async () => {
  const large = { ...event('large'), reason: 'x'.repeat(1_048_576) };
  await publish(store, { events: [event('first'), ...Array.from({ length: 9 }, () => large)] });
  const copy = `local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]; redis.call('XADD', KEYS[1], '*', unpack(newest[2]))`;
  for (let i = 0; i < 6; i += 1) await redis.send(`EVAL "${copy}" 1 ${keys.events}`);
  await publish(store, { events: [event('last')] });
  expect(endpointsOf(await store.events(20)).at(-1)).toBe('first');
  await publish(store, { events: [large] });
  const kept = endpointsOf(await store.events(20));
  expect(kept).toEqual(['large', 'last', ...Array.from({ length: 14 }, () => 'large')]);
});
