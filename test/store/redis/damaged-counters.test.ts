import type { Redis } from 'ioredis';
import { beforeEach, expect, test, vi } from 'vitest';
import type { AuditEvent } from '../../../src/event/event.ts';
import { StoreDamaged } from '../../../src/store/contract/failure.ts';
import { describeDamage } from '../../../src/store/integrity/damage.ts';
import type { RepairableStore } from '../../../src/store/integrity/repair.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { RedisServer } from '../../support/server/redis.ts';
import { here, record, WAIT } from '../contract/recorder.ts';
import { event, observation, pool, publish, putPool, worker } from '../contract/samples.ts';
import { redisForTests } from './redis-for-tests.ts';

let redis: RedisServer;
let raw: Redis;
let store: RepairableStore;
const keys = keysUnder('d');
const AUDIT: AuditEvent = {
  kind: 'audit',
  token: 't',
  method: 'PUT',
  object: { kind: 'pool', id: 'a' },
  before: {},
  after: {},
  atMs: 1,
};
redisForTests('d', (made) => {
  ({ redis, raw, store } = made);
});
beforeEach(async () => {
  await store.commit([putPool('a', { unique: ['a'] }), putPool('b', { unique: ['b'] })], [AUDIT]);
});

const change = () => store.commit([putPool('a', { unique: ['a'] }, { description: 'changed' })], [AUDIT]);
async function examined(): Promise<string[]> {
  const found: string[] = [];
  await store.examine!((each) => found.push(describeDamage(each)));
  return found;
}

test.each([
  ['a count that is no number', 2, 'x'],
  ['a count beyond all', 2, '1e999'],
  ['no number', 3, 'nan'],
  ['a digest of no digits', 5, 'zz'],
  ['a digest of NULs', 5, '\0\0'],
  ['kinds of no sort', 6, 'Pool:2'],
])(
  'a damaged tally (%s) stopped commits; now it is reported, ignored, and counted again',
  async (_, at, text) => {
    const parts = (await raw.hget(keys.meta, 'tally'))!.split(' ');
    parts[at] = text;
    await raw.hset(keys.meta, 'tally', parts.join(' '));
    expect(await examined()).toEqual([`${keys.meta} tally: must be a tally of the store`]);
    expect(await change()).toEqual({ ok: true, revision: 2 });
    expect((await store.read()).loss).toBeUndefined();
    expect(await raw.hget(keys.meta, 'tally')).toMatch(/^2 \S+ 2 2 0 [0-9a-f]{16} pool=2$/);
  },
);

test.each([
  ['no octets', []],
  ['no MessagePack', [0xc1]],
  ['a number', [0x67]],
  ['nil', [0xc0]],
  ['an empty list', [0x90]],
  ['no lists', [0x91, 1]],
  ['a revision that is text', [0x93, 0xa1, 0x78, 0x90, 0x90]],
  ['a unique value that is a list', [0x93, 1, 0x91, 0x90, 0x90]],
  ['a reference that is a number', [0x93, 1, 0x90, 0x91, 7]],
])(
  'a damaged claim (%s) stopped a commit half-way; now it is refused, and a repair fixes it',
  async (_, octets) => {
    await raw.hset(keys.claims, 'pool/a', Buffer.from(octets));
    const before = await raw.dumpBuffer(keys.meta);
    await expect(change()).rejects.toThrow(new StoreDamaged('the record of what pool/a claims is damaged'));
    expect(await raw.dumpBuffer(keys.meta)).toEqual(before);
    expect(await raw.xlen(keys.changes)).toBe(1);
    expect(await store.commit([putPool('c')])).toEqual({ ok: true, revision: 2 });
    expect(await examined()).toEqual([`${keys.claims} pool/a: must say what the document claims`]);
    const { documents } = await store.read();
    const kept = documents.map((document) => ({ document, isChanged: false, unique: [], references: [] }));
    await store.repair({ kept, deleted: [] });
    expect(await examined()).toEqual([]);
    expect(await change()).toMatchObject({ ok: true });
  },
);

test.each(['events', 'reportedEvents', 'auditEvents'] as const)(
  'an event with the highest possible identifier in %s stopped every commit and every result',
  async (trail) => {
    for (const id of ['99999999999999-9007199254740993', '999999999999999-18446744073709551615']) {
      await raw.xadd(keys[trail], id, 'event', '{}');
      expect(await change()).toMatchObject({ ok: true });
      await publish(store, { put: [{ observation: observation('c'), changed: true }], events: [event('b')] });
    }
    expect(await examined()).toContain(
      `${keys[trail]}: must have no identifier after all times, and takes nothing more until "lifeguard store repair" has mended it`,
    );
    expect((await examined()).filter((each) => each.includes('1000000000000000'))).toEqual([]);
  },
);

test('a damaged count of octets cost all events', async () => {
  for (let n = 0; n < 3; n += 1) await store.commit([putPool(`c${n}`)], [AUDIT]);
  const [newest] = (await raw.xrevrange(keys.auditEvents, '+', '-', 'COUNT', 1))[0]!;
  await raw.hset(keys.meta, 'octets_audit', `${newest} 99999999999999999999`);
  await change();
  expect(await store.events(10, undefined, 'audit')).toHaveLength(5);
});

test.each(['abc', 'nan', 'inf', '-1', '2.5', '1e3', '0x10', '', '999999999999999', '9'.repeat(30), '\0'])(
  'a damaged revision (%j) was counted on, or could not be repaired; now writes are refused until a repair',
  async (revision) => {
    await raw.hset(keys.meta, 'revision', revision);
    await expect(change()).rejects.toThrow(new StoreDamaged('the record of the revision is damaged'));
    expect(await raw.hget(keys.meta, 'revision')).toBe(revision);
    const read = await store.read();
    expect(read.loss).toBe('the record of the revision is missing, and there are 2 documents');
    expect(await examined()).toContain(`${keys.meta} revision: must be a whole number from 0`);
    const kept = read.documents.map((document) => ({
      document,
      isChanged: false,
      unique: [document.id],
      references: [],
    }));
    await store.repair({ readAt: read, kept, deleted: [] });
    expect((await store.read()).documents.map(({ value }) => value)).toEqual(
      expect.arrayContaining([pool('a'), pool('b')]),
    );
    expect(await change()).toEqual({ ok: true, revision: 3 });
  },
);

test.each(['x\0', '-1', '1e999', '9'.repeat(15), '9'.repeat(40)])(
  'a damaged number of results (%j) made the store unreadable; now the newest entry gives the number',
  async (number) => {
    const found = (check: string) => ({ put: [{ observation: observation(check), changed: true }] });
    await publish(store, found('first'));
    const seen = record(store, await here(store));
    await raw.hset(keys.meta, 'observed', number);
    expect((await store.read()).loss).toBeUndefined();
    expect(await change()).toEqual({ ok: true, revision: 2 });
    const again = openRedisStore(redis.url, { prefix: 'd' });
    const late = record(again, await here(again));
    await publish(store, found('second'));
    for (const each of [seen, late])
      await vi.waitFor(() => expect(each.observations.map(({ check }) => check)).toEqual(['second']), WAIT);
    expect([seen.lost(), late.lost()]).toEqual([0, 0]);
    await again.close();
    expect(await raw.hget(keys.meta, 'observed')).toBe('2');
  },
);

test('the largest number of a lease or of a result was followed by one that cannot be read', async () => {
  await raw.hset(keys.meta, 'token', '9'.repeat(15), 'observed', '9'.repeat(15));
  expect((await store.join(worker('w'))).token).toBeGreaterThan(0);
  expect(await store.lead('n')).toBeDefined();
  await publish(store, { put: [{ observation: observation('c'), changed: true }] });
  expect((await store.observations()).observations).toHaveLength(1);
  expect((await store.read()).loss).toBeUndefined();
});

test('a number with leading zeros stopped every lease and the lead, and prevented a repair', async () => {
  for (const token of ['007', '0']) {
    await raw.hset(keys.meta, 'token', token);
    const lease = await store.join(worker('w'));
    expect(lease.token).toBeGreaterThan(1_000_000_000_000);
    await raw.hset(keys.meta, 'token', token);
    expect(await store.lead('n')).toBeDefined();
  }
  await raw.hset(keys.meta, 'revision', '01');
  const read = await store.read();
  const kept = read.documents.map((document) => ({ document, isChanged: false, unique: [], references: [] }));
  expect(await store.repair({ readAt: read, kept, deleted: [] })).toBe(2);
});

test('an invalid quota of a stored token counted as no quota; now the token is set aside', async () => {
  const token = {
    id: 't',
    name: 't',
    hash: 'a'.repeat(64),
    scope: 'edit',
    createdOn: '',
    modifiedOn: '',
  };
  for (const quota of ['x', -1, 1.5, null])
    for (const name of ['documentsMax', 'endpointsMax']) {
      await raw.hset(keys.documents, 'token/t', `0 ${JSON.stringify({ ...token, [name]: quota })}`);
      expect(await store.get('token', 't')).toBeUndefined();
    }
  await raw.hset(keys.documents, 'token/t', `0 ${JSON.stringify({ ...token, documentsMax: 1 })}`);
  expect(await store.get('token', 't')).toMatchObject({ value: { documentsMax: 1 } });
});
