import type { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import type { Store } from '../../../src/store/store.ts';
import { here, record } from '../contract/recorder.ts';
import { event, node, observation, pool, publish, putMonitor, putPool, worker } from '../contract/samples.ts';
import { redisForTests } from './redis-for-tests.ts';

let raw: Redis;
let store: Store;
const keys = keysUnder('d');
redisForTests('d', (made) => {
  ({ raw, store } = made);
});

const told = () => [...store.damage!.records.values()].map(describeDamage);
async function examined(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}
const idsOf = ({ documents }: { readonly documents: readonly { readonly id: string }[] }) =>
  documents.map(({ id }) => id).sort();

test.each([
  ['no revision', '{}', 'revision must be a whole number from 0'],
  ['broken JSON', '1 {broken', 'must be JSON'],
  ['null', '1 null', 'must be an object'],
  ['an empty object', '1 {}', 'id must be text'],
  [
    'without fields of an endpoint',
    `1 ${JSON.stringify({ ...pool('a'), endpoints: [{}] })}`,
    'endpoints[0].name must be text',
  ],
  ['another pool', `1 ${JSON.stringify(pool('b'))}`, 'id must be the identifier that it is kept under'],
  [
    'a huge number',
    `1 ${JSON.stringify(pool('a', { minimumOrigins: 1e300 }))}`,
    'minimumOrigins must be from 0 to 100000',
  ],
  ['nested deeply', `1 {"id":"a","deep":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 'name must be text'],
])('a damaged pool (%s) is set aside by name, and all others are read', async (_, value, rule) => {
  await store.commit([putPool('b')]);
  await store.commit([putMonitor('m')]);
  await raw.hset(keys.documents, 'pool/a', value);
  const read = await store.read();
  // Revision 1 is another document's: nothing says what `a` was.
  expect(idsOf(read)).toEqual(['b', 'm']);
  expect(read.damaged).toEqual({ documents: [{ kind: 'pool', id: 'a' }], unnamed: 0 });
  expect(told()).toEqual([`${keys.documents} pool/a: ${rule}`]);
  expect(await store.get('pool', 'a')).toBeUndefined();
  expect(await examined()).toEqual([`${keys.documents} pool/a: ${rule}`]);
});

test('a damaged pool is read from the change that wrote it, while the feed has that change', async () => {
  await store.commit([putMonitor('m'), putPool('a')]);
  await raw.hset(keys.documents, 'pool/a', '1 {}');
  expect(await store.get('pool', 'a')).toEqual({ kind: 'pool', id: 'a', revision: 1, value: pool('a') });
  const read = await store.read();
  expect(idsOf(read)).toEqual(['a', 'm']);
  expect(read.damaged).toBeUndefined();
  expect(told()).toEqual([`${keys.documents} pool/a: id must be text`]);
});

test('a key that names no document is counted, without a name', async () => {
  await store.commit([putPool('a')]);
  await raw.hset(keys.documents, 'qool/b', '1 {}', 'x', '', 'pool/', '1 {}');
  expect((await store.read()).damaged).toEqual({ documents: [], unnamed: 3 });
});

test('an unreadable change is reported as the documents in the store', async () => {
  await store.commit([putPool('a')]);
  const seen = record(store, await here(store));
  const epoch = (await raw.hget(keys.meta, 'epoch'))!;
  await raw.hset(keys.meta, 'revision', 3);
  await raw.xadd(keys.changes, '2-0', 'epoch', epoch, 'put pool/a', '{broken');
  await raw.xadd(keys.changes, '3-0', 'epoch', epoch, 'put pool/none', 'null');
  await seen.until(() => seen.changes.length === 2);
  expect(seen.changes).toEqual([
    {
      revision: 2,
      entries: [{ op: 'put', document: { kind: 'pool', id: 'a', revision: 1, value: pool('a') } }],
    },
    { revision: 3, entries: [{ op: 'delete', kind: 'pool', id: 'none' }] },
  ]);
  await seen.following.stop();
  expect(told()).toEqual([`${keys.changes} 2-0: must be JSON`, `${keys.changes} 3-0: must be an object`]);
});

test('a change without any readable document makes the follower read everything', async () => {
  await store.commit([putPool('a')]);
  const seen = record(store, await here(store));
  const epoch = (await raw.hget(keys.meta, 'epoch'))!;
  await raw.hset(keys.meta, 'revision', 2);
  await raw.xadd(keys.changes, '2-0', 'epoch', epoch, 'what', 'ever');
  await seen.until(() => seen.lost() > 0);
  const read = await store.read();
  expect([read.revision, idsOf(read)]).toEqual([2, ['a']]);
});

test('an observation that is null is skipped, and the later ones are reported', async () => {
  await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  const seen = record(store, await here(store));
  const epoch = (await raw.hget(keys.meta, 'epoch'))!;
  await raw.hset(keys.meta, 'observed', 2);
  await raw.xadd(keys.observed, '2-0', 'epoch', epoch, 'observation', 'null');
  await publish(store, { put: [{ observation: observation('d'), changed: true }] });
  await seen.until(() => seen.observations.length === 1);
  expect(seen.observations).toEqual([observation('d')]);
  await raw.hset(keys.observations, 'field', '{}');
  expect((await store.observations()).observations).toHaveLength(2);
  await seen.following.stop();
});

test('a worker, lead, node or preview with an impossible end is ignored, and takes nothing from live ones', async () => {
  const far = Date.now() + 1e9;
  await raw.hset(keys.workers, 'ghost', `5 ${JSON.stringify(worker('ghost'))}`);
  await raw.zadd(keys.leases, far, 'ghost');
  await raw.hset(keys.nodes, 'ghost', JSON.stringify(node('ghost')));
  await raw.zadd(keys.nodeEnds, far, 'ghost');
  await raw.hset(keys.lead, { node: 'ghost', token: '7', ends: String(far) });
  await raw.hset(keys.previews, 'ghost', '{}');
  await raw.zadd(keys.previewEnds, 'inf', 'ghost');
  const lease = await store.join(worker('w1'));
  expect((await store.workers()).map(({ id }) => id)).toEqual(['w1']);
  expect(await store.nodes()).toEqual([]);
  expect(await store.lead('n1')).toBeDefined();
  expect(await store.takePreview(lease)).toBeUndefined();
  expect(await raw.zrange(keys.leases, '0', '-1')).toEqual(['w1']);
  expect(await raw.zcard(keys.nodeEnds)).toBe(0);
});

test('leases that are too long after the clock of Redis went back are ended, and the worker joins again', async () => {
  const lease = await store.join(worker('w1'));
  await raw.zincrby(keys.leases, 3_600_000, 'w1');
  expect(await store.renew(lease)).toBe('lost');
  expect(await store.publish(lease, { put: [], drop: [], events: [] })).toBe('fenced');
  expect(await store.workers()).toEqual([]);
  expect(await store.renew(await store.join(worker('w1')))).toBe('renewed');
});

test.each(['leases', 'workers', 'documents', 'changes', 'observed', 'reported', 'events', 'meta'] as const)(
  'a key of the wrong type (%s) makes the store unavailable, and the check names the key',
  async (name) => {
    await store.commit([putPool('a')]);
    await raw.del(keys[name]);
    await raw.set(keys[name], 'x');
    const all = [
      store.read(),
      store.observations(),
      store.workers(),
      store.reported(),
      store.events(5),
      store.commit([putPool('b')]),
      publish(store, { put: [{ observation: observation('c'), changed: true }] }),
    ];
    for (const each of await Promise.allSettled(all))
      if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(StoreUnavailable);
    expect((await examined()).some((line) => line.startsWith(`${keys[name]}: must be a`))).toBe(
      // A feed is a copy, which begins anew.
      name !== 'observed',
    );
  },
);

test('events after a long run of damaged ones are read, from any cursor', async () => {
  const lease = await store.join(worker('w'));
  await store.publish(lease, { put: [], drop: [], events: [event('before')] });
  const transaction = raw.multi();
  for (let i = 0; i < 150; i += 1) transaction.xadd(keys.events, '*', 'event', '{broken');
  await transaction.exec();
  await store.publish(lease, { put: [], drop: [], events: [event('after')] });
  const [before, after] = await store.eventsAfter(undefined, 2);
  expect([before, after]).toMatchObject([event('before'), event('after')]);
  expect(await store.eventsAfter(before!.cursor, 64)).toEqual([after]);
  expect(await store.eventsAfter(before!.cursor, 1, 'health')).toEqual([after]);
  expect(await store.events(1, after!.cursor)).toEqual([before]);
  expect(await store.eventsAfter(after!.cursor, 64)).toEqual([]);
});
