import { afterAll, beforeAll, expect } from 'vitest';
import { LEAD_MS } from '../../../src/store/contract/lead.ts';
import { ANNOUNCEMENT_MS } from '../../../src/store/contract/nodes.ts';
import { PREVIEW_MS } from '../../../src/store/contract/previews.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { describeStore } from '../contract/contract.ts';
import { WAIT } from '../contract/recorder.ts';

let redis: RedisServer;
let opened = 0;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

describeStore('Redis store', async () => {
  opened += 1;
  const prefix = `test${opened}`;
  const store = openRedisStore(redis.url, { prefix });
  const handles = [store];
  return {
    store,
    another: () => {
      const handle = openRedisStore(redis.url, { prefix });
      handles.push(handle);
      return handle;
    },
    passLease: async () => {
      const until = (await redisNowMs()) + LEASE_MS;
      await expect.poll(redisNowMs, WAIT).toBeGreaterThanOrEqual(until);
    },
    // Their ends come nearer instead: so long is too long to wait.
    passAnnouncement: () => bringNearer(keysUnder(prefix).nodeEnds, ANNOUNCEMENT_MS),
    passLead: async () => {
      const key = keysUnder(prefix).lead;
      expect(await redis.send(`HINCRBY ${key} ends -${LEAD_MS}`)).toMatch(/^:\d+$/);
    },
    passPreviews: () => bringNearer(keysUnder(prefix).previewEnds, PREVIEW_MS),
    forgetChanges: async () => {
      expect(await redis.send(`XTRIM ${keysUnder(prefix).changes} MAXLEN 0`)).toMatch(/^:[1-9]/);
    },
    close: async () => {
      await Promise.all(handles.map((handle) => handle.close()));
      await redis.send('FLUSHALL');
    },
  };
});

/** Moves every score of a sorted set back. */
async function bringNearer(key: string, ms: number): Promise<void> {
  const each = `for _,id in ipairs(redis.call('ZRANGE',KEYS[1],0,-1)) do`;
  const nearer = `redis.call('ZINCRBY',KEYS[1],'-${ms}',id) end return 1`;
  expect(await redis.send(`EVAL "${each} ${nearer}" 1 ${key}`)).toBe(':1');
}

/** Redis' own clock; the timestamp of a script's TIME. */
async function redisNowMs(): Promise<number> {
  return Number(
    (await redis.send("EVAL \"return redis.call('TIME')[1]*1000+redis.call('TIME')[2]/1000\" 0")).slice(1),
  );
}
