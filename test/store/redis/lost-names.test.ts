import type { Redis } from 'ioredis';
import { beforeEach, expect, test } from 'vitest';
import { StoreDamaged } from '../../../src/store/contract/failure.ts';
import { claimsOf } from '../../../src/store/integrity/claims.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import { newDecidedEpoch, serialBaseOf } from '../../../src/store/integrity/epoch.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { here, record } from '../contract/recorder.ts';
import { observation, publish, putPool, remove, worker } from '../contract/samples.ts';
import { redisForTests } from './redis-for-tests.ts';

let raw: Redis;
let store: RepairableStore;
const keys = keysUnder('n');
const NAME_LOST = 'the name of its history (epoch) is missing';
redisForTests('n', (made) => {
  ({ raw, store } = made);
});
beforeEach(async () => {
  await store.commit([putPool('a', { unique: ['a'] }), putPool('b', { unique: ['b'] })]);
  await store.commit([remove('pool', 'b')]);
  await result('first');
});

const result = (check: string) =>
  publish(store, { put: [{ observation: observation(check), changed: true }] });
async function examined(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}
async function repair(): Promise<void> {
  const read = await store.read();
  const kept = read.documents.map((document) => {
    return { document, isChanged: false, ...claimsOf(document) };
  });
  await store.repair({ readAt: read, kept, deleted: [] });
}

const ways = [
  { name: 'deleted', lose: () => raw.hdel(keys.meta, 'epoch') },
  { name: 'emptied', lose: () => raw.hset(keys.meta, 'epoch', '') },
];
test.each(ways)(
  'a lost epoch ($name) was made anew without a word, and serials went back: nothing is written until a repair, which begins above them',
  async ({ lose }) => {
    const last = newDecidedEpoch('', Date.now() + 1_000_000_000);
    await raw.hset(keys.meta, 'epoch', last, 'decided', last);
    const known = await store.read();
    const seen = record(store, await here(store));
    await lose();
    await result('second');
    await expect(store.commit([putPool('c')])).rejects.toThrow(new StoreDamaged(NAME_LOST));
    expect(await raw.hget(keys.meta, 'epoch')).toBeOneOf([null, '']);
    expect((await store.read()).loss).toBe(NAME_LOST);
    expect((await store.read(known)).loss).toBe(NAME_LOST);
    await seen.until(() => seen.lost() === 1);
    expect((await store.observations()).observations).toHaveLength(2);
    await repair();
    const { epoch, loss, isDecided } = await store.read();
    expect({ loss, isDecided }).toEqual({ loss: undefined, isDecided: true });
    expect(serialBaseOf(epoch)).toBeGreaterThan(serialBaseOf(last));
    expect(await store.commit([putPool('c')])).toMatchObject({ ok: true });
  },
);

test('a store that has nothing but a lost revision, or only documents, is given no name', async () => {
  await raw.hdel(keys.meta, 'epoch', 'tally', 'revision', 'deletions');
  expect((await store.read()).epoch).toBe('');
  await raw.del(keys.meta, keys.documents);
  expect((await store.read()).epoch).toMatch(/^[\w-]{16}$/);
});

test.each([
  { field: 'tally', found: `${keys.meta} tally: must be there`, after: 'tally' },
  { field: 'observed', found: `${keys.meta} observed: must be there`, after: 'observed' },
])(
  'a lost $field of meta was no damage: it is told, costs nothing, and is kept anew',
  async ({ field, found }) => {
    const seen = record(store, await here(store));
    await raw.hdel(keys.meta, field);
    expect(await examined()).toEqual([found]);
    await store.read();
    expect([...store.damage!.records.values()].map(describeDamage)).toEqual([found]);
    expect(await store.commit([putPool('c', { unique: ['c'] })])).toEqual({ ok: true, revision: 3 });
    await result('second');
    expect(await examined()).toEqual([]);
    await seen.until(() => seen.changes.length === 1 && seen.observations.length === 1);
    expect(seen.lost()).toBe(0);
  },
);

test.each(['deletions', 'observedLink', 'decided', 'token'])(
  'a lost %s of meta takes nothing from the store, and nothing goes back',
  async (field) => {
    await store.adopt();
    const before = await store.read();
    const lease = await store.join(worker('w'));
    await raw.hdel(keys.meta, field);
    const after = await store.read();
    expect({ ...after, deletions: undefined }).toEqual({ ...before, deletions: undefined });
    // Serials may only rise by it.
    expect(after.deletions!.since).toBeGreaterThanOrEqual(before.deletions!.since);
    expect(after.deletions!.since).toBeGreaterThanOrEqual(field === 'deletions' ? before.deletions!.pool : 0);
    expect((await store.join(worker('w'))).token).toBeGreaterThan(lease.token);
    expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
    await result('second');
    expect(await store.continues(before)).toBe(true);
  },
);

test('links that were lost were no damage: they are found, and kept anew from the next write on', async () => {
  await raw.del(keys.links);
  expect(await examined()).toEqual([`${keys.links} 0: must hold the link of revision 2`]);
  // Before: found by the examination alone, which nothing began.
  await store.read();
  expect([...store.damage!.records.values()].map(describeDamage)).toEqual([
    `${keys.links} 0: must hold the link of revision 2`,
  ]);
  expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
  expect(await examined()).toEqual([]);
});
