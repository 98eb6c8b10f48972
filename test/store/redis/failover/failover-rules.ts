import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { StoreNotReplicated, StoreUnavailable } from '../../../../src/store/contract/failure.ts';
import { openRedisStore, type RedisStoreOptions } from '../../../../src/store/redis/redis.ts';
import type { Store } from '../../../../src/store/store.ts';
import type { FailoverRedis } from '../../../support/server/failover-redis.ts';
import { here, record, WAIT } from '../../contract/recorder.ts';
import { event, observation, putPool, worker } from '../../contract/samples.ts';

/** The rules for a store whose primary is killed, one after the other over the same servers. */
export function failoverRules(
  name: string,
  start: () => Promise<FailoverRedis>,
  sentinel: NonNullable<RedisStoreOptions['sentinel']> = {},
): void {
  describe(name, () => {
    let redis: FailoverRedis;
    const stores: Store[] = [];
    const open = (count = 0) => {
      const replicas = count > 0 ? { replicas: { count, timeoutMs: 500 } } : {};
      const store = openRedisStore(redis.url, { prefix: 'test', sentinel, ...replicas });
      stores.push(store);
      return store;
    };
    beforeAll(async () => {
      redis = await start();
    });
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()));
      await redis.stop();
    });

    test('calls, scripts, feeds and settings work', async () => {
      const store = open();
      const seen = record(store, await here(store));
      expect(await store.commit([putPool('a')])).toEqual({ ok: true, revision: 1 });
      const lease = await store.join(worker('w'));
      const put = [{ observation: observation('c'), changed: true }];
      expect(await store.publish(lease, { put, drop: [], events: [event('e')] })).toBe('published');
      await expect.poll(() => seen.changes.map(({ revision }) => revision), WAIT).toEqual([1]);
      await expect.poll(() => seen.observations.length, WAIT).toBe(1);
      expect(await store.settings!()).toEqual({ keeps: 'nothing', unknown: [] });
    });

    test('a change is acknowledged once the replica has it, and not before', async () => {
      const store = open(1);
      expect(await store.commit([putPool('b')])).toEqual({ ok: true, revision: 2 });
      await redis.inStep();
      await expect(open(2).commit([putPool('c')])).rejects.toThrow(new StoreNotReplicated(3, 1, 2));
      expect((await store.read()).revision).toBe(3);
    });

    test('after the primary is killed, a replica is written, and a follower misses nothing', async () => {
      const store = open(1);
      const seen = record(store, await here(store));
      await store.commit([putPool('d')]);
      await redis.failOver();
      const revision = await written(store, 'e');
      expect(revision).toBe(5);
      await expect.poll(() => seen.changes.map((change) => change.revision), WAIT).toEqual([4, 5]);
      expect(seen.lost()).toBe(0);
      expect((await store.read()).documents.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    });

    test('a replica without the last change is promoted: what was not confirmed is lost, and the follower notices', async () => {
      await redis.rejoin();
      const store = open(1);
      await expect
        .poll(() => store.commit([putPool('f')]).catch(() => undefined), WAIT)
        .toMatchObject({ ok: true });
      await redis.inStep();
      const kept = await here(store);
      const seen = record(store, kept);
      await redis.cutOff();
      await expect(store.commit([putPool('g')])).rejects.toThrow(StoreNotReplicated);
      await expect.poll(() => seen.changes.length, WAIT).toBe(1);
      await redis.failOver();
      await expect.poll(() => seen.lost(), WAIT).toBe(1);
      const now = await whenThere(() => store.read());
      expect(now.documents.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
      expect(now.epoch).toBe(kept.epoch);
    });
  });
}

/** Writes a pool, again and again until it is made; the revision, confirmed or not: there is no other replica now. */
async function written(store: Store, id: string): Promise<number> {
  return whenThere(async () => {
    const committed = await store.commit([putPool(id)]).catch((error: unknown) => {
      if (error instanceof StoreNotReplicated) return { ok: true as const, revision: error.revision };
      throw error;
    });
    if (!committed.ok) throw new Error(committed.refusal.kind);
    return committed.revision;
  });
}

/** Calls again and again while the store is away. */
async function whenThere<T>(call: () => Promise<T>): Promise<T> {
  for (;;)
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await sleep(20);
    }
}
