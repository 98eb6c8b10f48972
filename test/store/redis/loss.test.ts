import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { StoreDamaged, StoreRefused } from '../../../src/store/contract/failure.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { here, record, WAIT } from '../contract/recorder.ts';
import { observation, publish, putMonitor, putPool } from '../contract/samples.ts';

let redis: RedisServer;
let opened = 0;
const stores: Store[] = [];
beforeAll(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
});
afterAll(() => redis.stop());

/** A store with two pools and a monitor, one of which refers to it, and its keys. */
async function stored() {
  const prefix = `loss${(opened += 1)}`;
  const open = () => {
    const store = openRedisStore(redis.url, { prefix });
    stores.push(store);
    return store;
  };
  const store = open();
  const reference = { kind: 'monitor', id: 'm' } as const;
  await store.commit([
    putMonitor('m', { unique: ['m'] }),
    putPool('a', { unique: ['a'], references: [reference] }),
    putPool('b', { unique: ['b'] }),
  ]);
  return { store, open, keys: keysUnder(prefix) };
}

const LOSSES: readonly {
  lost: string;
  command: (keys: ReturnType<typeof keysUnder>) => string;
  loss: string;
}[] = [
  {
    lost: 'all documents',
    command: ({ documents }) => `DEL ${documents}`,
    loss: '3 of 3 documents are missing',
  },
  {
    lost: 'one document',
    command: ({ documents }) => `HDEL ${documents} pool/b`,
    loss: '1 of 3 documents are missing',
  },
  {
    lost: 'what documents claim, after which a name could be taken twice',
    command: ({ claims }) => `DEL ${claims}`,
    loss: '3 of 3 records of what documents claim are missing',
  },
  {
    lost: 'unique names, after which a name could be taken twice',
    command: ({ unique }) => `DEL ${unique}`,
    loss: '3 of 3 unique names are missing',
  },
  {
    lost: 'references, after which a monitor in use could be deleted',
    command: ({ references }) => `DEL ${references}`,
    loss: '1 of 1 references between documents are missing',
  },
  {
    lost: 'the record of the revision, after which writes were applied and answered 503',
    command: ({ meta }) => `DEL ${meta}`,
    loss: 'the record of the revision is missing, and there are 3 documents',
  },
];

test.each(LOSSES)('a store that lost $lost was trusted, and written to', async ({ command, loss }) => {
  const { store, open, keys } = await stored();
  const seen = record(open(), await here(store));
  expect(await redis.send(command(keys))).toBe(':1');
  await expect(store.commit([putPool('c', { unique: ['c'] })])).rejects.toThrow(new StoreDamaged(loss));
  expect(await redis.send(`HEXISTS ${keys.documents} pool/c`)).toBe(':0');
  expect((await open().read()).loss).toBe(loss);
  await seen.until(() => seen.lost() === 1);
  expect(seen.changes).toEqual([]);
});

test('a document that was replaced by an older one is noticed by a complete reading', async () => {
  const { store, open, keys } = await stored();
  await store.commit([putPool('b', { unique: ['b'] }, { description: 'newer' })]);
  expect((await open().read()).loss).toBeUndefined();
  await redis.send(
    `EVAL "local v = redis.call('HGET',KEYS[1],'pool/b') redis.call('HSET',KEYS[1],'pool/b','1'..string.sub(v,2)) return 1" 1 ${keys.documents}`,
  );
  const loss = 'some documents are not those that were written last';
  expect((await open().read()).loss).toBe(loss);
  // From then on nobody writes, whether a node or a worker noticed.
  await expect(store.commit([putPool('c')])).rejects.toThrow(new StoreDamaged(loss));
  expect(await redis.send(`HEXISTS ${keys.documents} pool/c`)).toBe(':0');
  // Who reads it whole and finds it as it was written ends that.
  await redis.send(
    `EVAL "local v = redis.call('HGET',KEYS[1],'pool/b') redis.call('HSET',KEYS[1],'pool/b','2'..string.sub(v,2)) return 1" 1 ${keys.documents}`,
  );
  expect((await open().read()).loss).toBeUndefined();
  expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
});

test('results were refused without end when the record of published results was lost', async () => {
  const { store, keys } = await stored();
  for (let n = 0; n < 3; n += 1)
    await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  await redis.send(`DEL ${keys.meta}`);
  await publish(store, { put: [{ observation: observation('d'), changed: true }] });
  expect((await store.observations()).observations).toHaveLength(2);
});

test('a store written by a program without a tally is no loss, and a complete reading adds the tally', async () => {
  const { store, open, keys } = await stored();
  await redis.send(`HDEL ${keys.meta} tally`);
  const unsealed = await open().read();
  expect([unsealed.loss, unsealed.link]).toEqual([undefined, undefined]);
  const sealed = await open().read();
  expect(sealed.link).toMatch(/^[\w-]{16}$/);
  // The next one of that program leaves the tally behind, and another of ours goes on from there.
  await redis.send(`HSET ${keys.meta} tally 0-left-behind`);
  expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 2 });
  const after = await open().read();
  expect([after.loss, after.documents.length]).toEqual([undefined, 4]);
  await redis.send(`HDEL ${keys.documents} pool/c`);
  expect((await open().read()).loss).toBe('1 of 4 documents are missing');
});

test.each(['meta', 'documents', 'references', 'changes'] as const)(
  'a key of another type in place of %s stopped a commit half-way',
  async (name) => {
    const { store, keys } = await stored();
    await redis.send(`DEL ${keys[name]}`);
    await redis.send(`SET ${keys[name]} x`);
    const sizes = async () =>
      Promise.all([
        redis.send(`HLEN ${keys.documents}`),
        redis.send(`HLEN ${keys.claims}`),
        redis.send(`XLEN ${keys.changes}`),
      ]);
    const before = await sizes();
    await expect(store.commit([putPool('c', { unique: ['c'] })])).rejects.toThrow(StoreRefused);
    expect(await sizes()).toEqual(before);
  },
);

test('a Redis that was set back and reached the same revision again was taken for the one before', async () => {
  const { store, open, keys } = await stored();
  const before = await store.read();
  await store.commit([putPool('undone')]);
  const seen = record(open(), await here(store));
  const known = await store.read();
  // As a copy of revision 1 has it, with another write since.
  for (const command of [
    `HDEL ${keys.documents} pool/undone`,
    `HDEL ${keys.claims} pool/undone`,
    `XDEL ${keys.changes} 2-0`,
    `XSETID ${keys.changes} 1-0`,
    `HSET ${keys.meta} revision 1`,
  ])
    await redis.send(command);
  const tally = `${before.revision} ${before.link} 3 3 1 - -`.replaceAll(' ', '\\x20');
  await redis.send(`HSET ${keys.meta} tally "${tally}"`);
  expect(await store.continues(known)).toBe(false);
  await seen.until(() => seen.lost() === 1);
  expect(await store.commit([putPool('other')])).toEqual({ ok: true, revision: 2 });
  expect(await store.continues(known)).toBe(false);
  const now = await store.read(known);
  expect(now.documents.map(({ id }) => id).sort()).toEqual(['a', 'b', 'm', 'other']);
  await expect.poll(() => seen.lost(), WAIT).toBe(1);
});

test.each([
  ['as many observations as were undone', 2],
  ['more observations than were undone', 3],
])('a follower of undone observations missed the new ones: %s', async (_, made) => {
  const { store, open } = await stored();
  const put = (...checks: string[]) =>
    publish(store, { put: checks.map((check) => ({ observation: observation(check), changed: true })) });
  await put('first');
  const dump = await redis.dump();
  const before = await here(store);
  await put('undone');
  const seen = record(store, await here(store));
  await put('undone too');
  await seen.until(() => seen.observations.length === 1);
  await seen.following.stop();
  await redis.reload(dump);
  await put(...Array.from({ length: made }, (_, i) => `new ${i}`));
  const again = record(open(), seen.position());
  await again.until(() => again.lost() === 1);
  expect(again.observations).toEqual([]);
  // Who saw nothing of what was undone goes on.
  const behind = record(open(), before);
  await behind.until(() => behind.observations.length === made);
  expect(behind.lost()).toBe(0);
});
