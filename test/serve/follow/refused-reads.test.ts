import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { healthTroubleOf, storeTroubleOf } from '../../../src/commands/source/store-trouble.ts';
import { type Refresh, startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { putPool } from '../../store/contract/samples.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

let redis: RedisServer;
let store: Store;
let refresh: Refresh;
const lines: string[] = [];
const say = (_: object | string, text?: string) => void lines.push(String(text));
beforeAll(async () => {
  redis = await startRedis();
});
beforeEach(async () => {
  await redis.send('ACL SETUSER node on >secret ~* &* +@all');
  await redis.send('FLUSHALL');
  store = openRedisStore(redis.url.replace('://', '://node:secret@'), { prefix: 'r' });
  await store.commit([putPool('a')]);
  lines.splice(0);
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const log = { info: say, warn: say, error: say };
  refresh = startRefresh({ store, publisher: createPublisher([], table, vi.fn()), log, probersPerRegion: 1 });
  await refresh.tried;
  return async () => {
    await refresh.stop();
    await store.close();
  };
});
afterAll(() => redis.stop());

const WHY = 'The Redis user lacks a permission that Lifeguard needs (ACL)';
const raised = () => [...refresh.alarms.raised.values()].map(({ alarm, cause }) => ({ alarm, cause }));
const soon = { timeout: 40_000, interval: 20 };

test.each(['-xread', '-xread -xrange', '-evalsha -eval', '-@all'])(
  'a store that refuses to be read by a user with %s was told as unreachable, or as nothing at all',
  async (rule) => {
    expect(storeTroubleOf(refresh, undefined)).toBeUndefined();
    await redis.send(`ACL SETUSER node ${rule}`);
    await vi.waitFor(
      () => expect(storeTroubleOf(refresh, undefined)).toBe(`The store refuses reads: ${WHY}.`),
      soon,
    );
    // It is there: the metric of an absence says nothing.
    expect(refresh.presence.awayMs).toBe(0);
    await vi.waitFor(
      () =>
        expect(raised()).toContainEqual({
          alarm: 'store_refuses',
          cause: `it does not let this node read: ${WHY}`,
        }),
      soon,
    );
    // Only that: it may take writes, and said that it refuses them.
    const troubles = healthTroubleOf(refresh, () => true, Date.now());
    expect(troubles.map(({ text }) => text.split(' (since')[0])).toEqual([`The store refuses reads: ${WHY}`]);
    expect(lines.filter((line) => line.startsWith(`The store refuses reads: ${WHY}.`))).toHaveLength(1);
    await redis.send('ACL SETUSER node +@all');
    await vi.waitFor(() => expect(refresh.presence.isConnected).toBe(true), soon);
    expect(storeTroubleOf(refresh, undefined)).toBeUndefined();
    await vi.waitFor(() => expect(raised()).toEqual([]), soon);
  },
);

test('a Redis whose password was changed was reported as unreachable', async () => {
  const why = 'Redis does not accept the user or the password of store.redis_url';
  await redis.send('ACL SETUSER node resetpass >other');
  await redis.send('CLIENT KILL USER node');
  await vi.waitFor(
    () => expect(storeTroubleOf(refresh, undefined)).toBe(`The store refuses reads: ${why}.`),
    soon,
  );
  await vi.waitFor(() => expect(raised()).toMatchObject([{ alarm: 'store_refuses' }]), soon);
  await expect(store.commit([putPool('b')])).rejects.toMatchObject({ why });
  await redis.send('ACL SETUSER node resetpass >secret');
  await vi.waitFor(() => expect(refresh.presence.isConnected).toBe(true), soon);
  await vi.waitFor(() => expect(raised()).toEqual([]), soon);
});
