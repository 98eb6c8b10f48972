import type { Redis } from 'ioredis';
import { beforeEach, expect, test } from 'vitest';
import type { ReportedEvent } from '../../../src/event/event.ts';
import { StoreRefused } from '../../../src/store/contract/failure.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { RedisServer } from '../../support/server/redis.ts';
import { audit, event, observation, publish, putPool } from '../contract/samples.ts';
import { redisForTests } from './redis-for-tests.ts';

/** The last identifier that a stream can have (https://redis.io/docs/latest/develop/data-types/streams/): 64 bits twice. */
const LAST = '18446744073709551615-18446744073709551615';
const RULE =
  'must have no last identifier (last-generated-id) after all that may follow; the next write, or "lifeguard store repair", sets it back';

const GONE: ReportedEvent = {
  kind: 'region',
  region: 'eu',
  was: 'live',
  now: 'absent',
  reason: 'its workers are gone',
  atMs: 1_700_000_000_000,
};

let redis: RedisServer;
let raw: Redis;
let store: RepairableStore;
const keys = keysUnder('e');
const streams = ['changes', 'observed', 'events', 'reportedEvents', 'auditEvents'] as const;
redisForTests('e', (made) => {
  ({ redis, raw, store } = made);
});
beforeEach(async () => {
  await store.commit([putPool('a')], [audit('a')]);
  await publishAndReport('first');
});

/** Writes something to every stream. */
async function publishAndReport(check: string): Promise<void> {
  await publish(store, { put: [{ observation: observation(check), changed: true }], events: [event(check)] });
  const lead = (await store.lead('n'))!;
  expect(await store.report(lead, { put: [], drop: [], events: [GONE] })).toBe('reported');
}
async function exhaust(stream: string, how: 'XDEL' | 'XSETID'): Promise<void> {
  if (how === 'XSETID') return void (await raw.call('XSETID', stream, LAST));
  await raw.xadd(stream, LAST, 'event', 'null');
  await raw.xdel(stream, LAST);
}
async function examined(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}
async function repair(): Promise<void> {
  const read = await store.read();
  const kept = read.documents.map((document) => ({ document, isChanged: false, unique: [], references: [] }));
  await store.repair({ readAt: read, kept, deleted: [] });
}
const counts = () => Promise.all(streams.map((name) => raw.xlen(keys[name])));

const ways = streams.flatMap((name) => [
  { name, how: 'XDEL' as const },
  { name, how: 'XSETID' as const },
]);
test.each(ways)(
  'a stream without an identifier left ($name, by $how) stopped commits, results and reports for ever: it is found, and the next write goes on after the newest entry',
  async ({ name, how }) => {
    const before = await counts();
    await exhaust(keys[name], how);
    expect(await examined()).toEqual([`${keys[name]}: ${RULE}`]);
    expect(await store.commit([putPool('b')], [audit('b')])).toMatchObject({ ok: true });
    await publishAndReport('second');
    expect(await examined()).toEqual([]);
    // Results that a follower cannot go on with are left out: the feed begins anew.
    const added = before.map((count, at) =>
      streams[at] === 'observed' && name === 'observed' ? 1 : count + 1,
    );
    expect(await counts()).toEqual(added);
  },
);

test.each(streams)('a repair left %s without an identifier for the next entry', async (name) => {
  await raw.xadd(keys[name], LAST, 'event', 'null');
  await repair();
  expect(await examined()).toEqual([]);
  expect(await store.commit([putPool('b')], [audit('b')])).toMatchObject({ ok: true });
  await publishAndReport('second');
});

test('a stream that takes no more entries was reported as a store that is unreachable: it is a refusal that says why', async () => {
  await redis.send('ACL SETUSER narrow on >secret ~* &* +@all -xsetid');
  const narrow = openRedisStore(redis.url.replace('://', '://narrow:secret@'), { prefix: 'e' });
  await exhaust(keys.auditEvents, 'XSETID');
  await expect(narrow.commit([putPool('b')], [audit('b')])).rejects.toThrow(StoreRefused);
  expect(await raw.hget(keys.meta, 'revision')).toBe('1');
  await narrow.close();
});
