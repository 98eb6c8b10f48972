import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { here, record, WAIT } from '../contract/recorder.ts';
import { observation, publish, putPool, worker } from '../contract/samples.ts';

let redis: RedisServer;
const stores: Store[] = [];
const open = (timeoutMs?: number): Store => {
  const store = openRedisStore(redis.url, {
    prefix: 'test',
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  stores.push(store);
  return store;
};
beforeEach(async () => {
  redis = await startRedis({ durable: true });
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await redis.stop();
});

/** Calls until Redis is there. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** Waits until a follower waits inside Redis. */
async function blocked(): Promise<void> {
  const count = `EVAL "return tonumber(string.match(redis.call('INFO','clients'),'blocked_clients:(%d+)'))" 0`;
  await expect.poll(() => redis.send(count), WAIT).toBe(':1');
}

describe('Redis killed with -9 and started again', () => {
  test('keeps every acknowledged write, and the follower misses nothing', async () => {
    const store = open();
    const seen = record(open(), await here(store));
    const acknowledged: number[] = [];
    let writing = true;
    const writes = (async () => {
      for (let n = 1; writing; n += 1) {
        try {
          const committed = await store.commit([putPool(`p${n}`)]);
          if (committed.ok) acknowledged.push(committed.revision);
        } catch (error) {
          expect(error).toBeInstanceOf(StoreUnavailable);
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      }
    })();
    for (let round = 1; round <= 2; round += 1) {
      const before = acknowledged.length;
      await expect.poll(() => acknowledged.length, WAIT).toBeGreaterThan(before + 50);
      await redis.kill();
      await seen.until(() => seen.connected.length === round * 2 - 1);
      await redis.restart();
      await seen.until(() => seen.connected.length === round * 2);
    }
    await expect.poll(() => acknowledged.length, WAIT).toBeGreaterThan(150);
    writing = false;
    await writes;

    const { revision, documents } = await store.read();
    await seen.until(() => seen.changes.length === revision);
    expect(seen.connected).toEqual([false, true, false, true]);
    expect(seen.lost()).toBe(0);
    expect(seen.changes.map((change) => change.revision)).toEqual(
      Array.from({ length: revision }, (_, i) => i + 1),
    );
    const stored = new Set(documents.map((document) => document.revision));
    expect(acknowledged.filter((each) => !stored.has(each))).toEqual([]);
    await seen.following.stop();
  });
});

describe('Redis is away for a while', () => {
  test('calls fail and work again later, and the follower catches up', async () => {
    const store = open();
    await store.commit([putPool('p1')]);
    const lease = await store.join(worker('w1'));
    const seen = record(store, await here(store));
    await redis.shutdown();
    await seen.until(() => seen.connected.length === 1);
    const calls = [
      () => store.read(),
      () => store.get('pool', 'p1'),
      () => store.commit([putPool('p2')]),
      () => store.observations(),
      () => store.publish(lease, { put: [], drop: [], events: [] }),
      () => store.join(worker('w2')),
      () => store.renew(lease),
      () => store.leave(lease),
      () => store.workers(),
      () => store.events(1),
    ];
    for (const call of calls) await expect(call()).rejects.toThrow(StoreUnavailable);
    await redis.restart();
    // Through a handle of its own, so that the follower may well come back later than the change.
    const other = open();
    expect(await patiently(() => other.commit([putPool('p3')]))).toEqual({ ok: true, revision: 2 });
    await publish(other, { put: [{ observation: observation('c'), changed: true }] });
    await seen.until(() => seen.changes.length === 1 && seen.observations.length === 1);
    expect(seen.connected).toEqual([false, true]);
    expect(seen.lost()).toBe(0);
    expect((await patiently(() => store.read())).revision).toBe(2);
  });

  test('a store that is opened and followed before Redis is there waits for it', async () => {
    const before = open();
    await before.commit([putPool('p1')]);
    const at = await here(before);
    await before.commit([putPool('p2')]);
    await before.close();
    await redis.shutdown();

    const store = open();
    const seen = record(store, at);
    await expect(store.read()).rejects.toThrow(StoreUnavailable);
    await seen.until(() => seen.connected.length === 1);
    await redis.restart();
    await seen.until(() => seen.changes.length === 1);
    expect(seen.connected).toEqual([false, true]);
    expect(seen.changes[0]?.revision).toBe(2);
    await patiently(() => store.read());
  });

  test('stop and close do not wait for Redis', async () => {
    const store = open();
    const at = await here(store);
    const stopped = record(store, at);
    const closed = record(store, at);
    await redis.shutdown();
    await stopped.until(() => stopped.connected.length === 1);
    await stopped.following.stop();
    await closed.until(() => closed.connected.length === 1);
    await store.close();
    await expect(store.read()).rejects.toThrow('connection closed');
    await redis.restart();
    expect(closed.connected).toEqual([false]);
  });
});

describe('Redis is emptied', () => {
  test('a waiting follower gets a loss', async () => {
    const store = open();
    await store.commit([putPool('p1')]);
    const at = await here(store);
    const seen = record(store, at);
    await blocked();
    expect(await redis.send('FLUSHALL')).toBe('+OK');
    await seen.until(() => seen.lost() === 1);
    expect(seen.connected).toEqual([]);
    const { epoch, revision } = await store.read();
    expect(revision).toBe(0);
    expect(epoch).not.toBe(at.epoch);
  });

  test('a new history that reaches the same revisions is not taken for the old one', async () => {
    const store = open();
    for (let i = 1; i <= 3; i += 1) await store.commit([putPool(`old${i}`)]);
    const seen = record(store, { ...(await here(store)), revision: 2 });
    await seen.until(() => seen.changes.length === 1);
    await blocked();
    await redis.send('FLUSHALL');
    for (let i = 1; i <= 5; i += 1) await store.commit([putPool(`new${i}`)]);
    await seen.until(() => seen.lost() === 1);
    expect(seen.changes).toHaveLength(1);
  });

  test('a new history with exactly the same numbers is not taken for the old one', async () => {
    const store = open();
    await store.commit([putPool('old')]);
    const seen = record(store, await here(store));
    await blocked();
    await redis.send('FLUSHALL');
    await store.commit([putPool('new')]);
    await seen.until(() => seen.lost() === 1);
    expect(seen.changes).toEqual([]);
  });

  test('a store set back to an older state is noticed', async () => {
    const store = open();
    await store.commit([putPool('p1')]);
    await store.commit([putPool('p2')]);
    const seen = record(store, await here(store));
    await blocked();
    await redis.send('HSET {test}:meta revision 1');
    await redis.send('XTRIM {test}:changes MAXLEN 0');
    await seen.until(() => seen.lost() === 1);
  });

  test('a deleted feed is noticed if more was written', async () => {
    const store = open();
    const at = await here(store);
    await store.commit([putPool('p1')]);
    await redis.send('DEL {test}:changes');
    const seen = record(store, at);
    await seen.until(() => seen.lost() === 1);
    expect(seen.changes).toEqual([]);
  });

  test('a lease from before is fenced', async () => {
    const store = open();
    const lease = await store.join(worker('w1'));
    await redis.send('FLUSHALL');
    expect(await store.publish(lease, { put: [], drop: [], events: [] })).toBe('fenced');
    expect(await store.renew(lease)).toBe('lost');
  });

  test('a lease and a lead from before are not taken for those given since', async () => {
    const store = open();
    const old = { lead: (await store.lead('n1'))!, lease: await store.join(worker('w1')) };
    await redis.send('FLUSHALL');
    const lead = (await store.lead('n1'))!;
    const lease = await store.join(worker('w1'));
    expect(lead.token).toBeGreaterThan(old.lease.token);
    expect(lease.token).toBeGreaterThan(lead.token);
    expect(await store.report(old.lead, { events: [], put: [], drop: [] })).toBe('fenced');
    expect(await store.renew(old.lease)).toBe('lost');
    expect(await store.report(lead, { events: [], put: [], drop: [] })).toBe('reported');
  });
});

describe('Redis hangs', () => {
  test('a call fails in time and is not repeated', async () => {
    const store = open(400);
    await store.commit([putPool('p1')]);
    const seen = record(store, await here(store));
    redis.signal('SIGSTOP');
    await expect(store.commit([putPool('p2')])).rejects.toThrow(StoreUnavailable);
    await seen.until(() => seen.connected.length === 1);
    redis.signal('SIGCONT');
    await seen.until(() => seen.connected.length === 2);
    const { revision } = await patiently(() => store.read());
    // Redis may have found the command in its socket or not; never twice.
    expect(revision).toBeGreaterThanOrEqual(1);
    expect(revision).toBeLessThanOrEqual(2);
    expect(await store.commit([putPool('p3')])).toEqual({ ok: true, revision: revision + 1 });
    await seen.until(() => seen.changes.length === revision);
  });
});

describe('a call that is delayed for longer than its timeout', () => {
  const HELD_MS = 900;
  const TIMEOUT_MS = 600;

  test('Redis made a change that was reported as not made', async () => {
    const store = open(TIMEOUT_MS);
    await store.commit([putPool('before')]);
    redis.signal('SIGSTOP');
    const late = store.commit([putPool('late')]);
    await expect(late).rejects.toThrow(StoreUnavailable);
    await sleep(HELD_MS - TIMEOUT_MS);
    redis.signal('SIGCONT');
    // What lies in the connection that was given up is carried out first.
    await sleep(100);
    expect(await patiently(() => store.get('pool', 'late'))).toBeUndefined();
    expect(await patiently(() => store.commit([putPool('after')]))).toMatchObject({ ok: true });
  });

  test('this process ignored an answer that had arrived meanwhile', async () => {
    const store = open(TIMEOUT_MS);
    await store.commit([putPool('before')]);
    const committed = store.commit([putPool('meanwhile')]);
    // Until it is sent.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_MS);
    expect(await committed).toEqual({ ok: true, revision: 2 });
  });
});
