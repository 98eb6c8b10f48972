import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { KEY_TYPES, type Keys, keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisForRepair, openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { event, observation, publish, putMonitor, putPool } from '../../store/contract/samples.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { storeCommands } from './store-commands.ts';

let redis: RedisServer;
let raw: Redis;
let opened = 0;
beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
});
afterAll(async () => {
  raw.disconnect();
  await redis.stop();
});

const monitored = { references: [{ kind: 'monitor', id: 'm' }] } as const;
/** A monitor, and two pools of which one refers to it, with what they claim. */
async function fill(store: Store): Promise<void> {
  await store.commit([putMonitor('m'), putPool('a', { unique: ['a'], ...monitored }, { monitor: 'm' })]);
  await store.commit([putPool('b', { unique: ['b'] })]);
  await publish(store, { put: [{ observation: observation('c'), changed: true }], events: [event('e')] });
  await store.close();
}

/** What the documents claim decides again. */
async function expectSound(store: Store): Promise<void> {
  try {
    expect((await store.read()).documents.map(({ id }) => id).sort()).toEqual(['a', 'b', 'm']);
    for (const id of ['a', 'b'])
      expect(await store.commit([putPool('c', { unique: [id] })])).toMatchObject({
        refusal: { kind: 'not_unique', id },
      });
    expect(await store.commit([{ op: 'delete', kind: 'monitor', id: 'm' }])).toMatchObject({
      refusal: { kind: 'referenced', by: [{ kind: 'pool', id: 'a' }] },
    });
    expect(await store.commit([putPool('c', { unique: ['c'] })])).toMatchObject({ ok: true });
    await publish(store, { put: [{ observation: observation('d'), changed: true }], events: [event('f')] });
  } finally {
    await store.close();
  }
}

/** A store in Redis, with the commands over it. */
async function inRedis() {
  const prefix = `wrong${(opened += 1)}`;
  const open = () => openRedisStore(redis.url, { prefix });
  await fill(open());
  const commands = storeCommands([`redis_url: ${redis.url}`, `redis_prefix: ${prefix}`]);
  onTestFinished(commands.remove);
  return { open, commands, keys: keysUnder(prefix) };
}

const REPAIRED = /^Repaired the store\. It is at revision \d+ and has 3 documents\.$/;
const SOUND = /^\d+ records examined, 0 damaged$/;

const PACK = `redis.call('HSET', KEYS[1], 'pool/a', cmsgpack.pack(`;
test.each<{ what: string; damage: (keys: Keys) => (string | number)[]; lines: (keys: Keys) => string[] }>([
  {
    what: 'a unique name with another owner',
    damage: ({ unique }) => ['HSET', unique, 'pool/a', 'b'],
    lines: ({ unique }) => [`${unique} pool/a: must be the name of pool/a, and is that of pool/b`],
  },
  {
    what: 'a unique name without an owner',
    damage: ({ unique }) => ['HSET', unique, 'pool/free', 'b'],
    lines: ({ unique }) => [`${unique} pool/free: must not be there: pool/b does not have this name`],
  },
  {
    what: 'a reference without a referrer',
    damage: ({ references }) => ['ZADD', references, 0, '9:monitor/mpool/b'],
    lines: ({ references }) => [
      `${references} 9:monitor/mpool/b: must not be there: pool/b does not refer to monitor/m`,
    ],
  },
  {
    what: 'a claim with another name',
    damage: ({ claims }) => ['EVAL', `${PACK}{1, {'free'}, {'monitor/m'}}))`, 1, claims],
    lines: ({ claims }) => [`${claims} pool/a: must claim the unique names of the document`],
  },
  {
    what: 'a claim without the reference',
    damage: ({ claims }) => ['EVAL', `${PACK}{1, {'a'}, {}}))`, 1, claims],
    lines: ({ claims }) => [`${claims} pool/a: must name the documents that the document refers to`],
  },
  {
    what: 'a claim with another revision',
    damage: ({ claims }) => ['EVAL', `${PACK}{7, {'a'}, {'monitor/m'}}))`, 1, claims],
    lines: ({ claims }) => [`${claims} pool/a: must be of revision 1, and is of 7`],
  },
])('$what in Redis was not listed by store check; now it is, and repaired', async ({ damage, lines }) => {
  const { open, commands, keys } = await inRedis();
  expect((await commands.check()).join()).toMatch(SOUND);
  const [command, ...args] = damage(keys);
  await raw.call(String(command), ...args);
  const checked = await commands.check();
  expect(checked.slice(0, -1)).toEqual(lines(keys));
  expect(checked.at(-1)).toMatch(
    /0 damaged, 1 wrong about what documents claim or refer to\. See with "lifeguard store repair"/,
  );
  expect((await commands.repair({ isSure: true })).at(-1)).toMatch(REPAIRED);
  expect((await commands.check()).join()).toMatch(SOUND);
  await expectSound(open());
});

test.each([
  {
    what: 'a unique name with another owner',
    damage: `UPDATE unique_value SET id = 'b' WHERE value = 'a'`,
    line: 'unique_value pool/a: must be the name of pool/a, and is that of pool/b',
  },
  {
    what: 'a unique name without an owner',
    damage: `INSERT INTO unique_value VALUES ('pool', 'free', 'b')`,
    line: 'unique_value pool/free: must not be there: pool/b does not have this name',
  },
  {
    what: 'a unique name without its record',
    damage: `DELETE FROM unique_value WHERE value = 'a'`,
    line: 'unique_value pool/a: must be there: pool/a has this name',
  },
  {
    what: 'a reference without a referrer',
    damage: `INSERT INTO reference VALUES ('monitor', 'm', 'pool', 'b')`,
    line: 'reference pool/b monitor/m: must not be there: pool/b does not refer to monitor/m',
  },
  {
    what: 'a reference without its record',
    damage: 'DELETE FROM reference',
    line: 'reference pool/a monitor/m: must be there',
  },
])('$what in the file was not listed by store check; now it is, and repaired', async ({ damage, line }) => {
  const commands = storeCommands();
  onTestFinished(commands.remove);
  const path = join(commands.directory, 'lifeguard.sqlite');
  await fill(openEmbeddedStore(path));
  const file = new DatabaseSync(path);
  file.exec(damage);
  file.close();
  expect((await commands.check()).slice(0, -1)).toEqual([line]);
  expect((await commands.repair({ isSure: true })).at(-1)).toMatch(REPAIRED);
  expect((await commands.check()).join()).toMatch(SOUND);
  await expectSound(openEmbeddedStore(path));
});

test.each(Object.keys(KEY_TYPES) as (keyof Keys)[])(
  'a key of another type (%s) could refuse every commit, and could not be repaired',
  async (name) => {
    const { open, commands, keys } = await inRedis();
    await raw.set(keys[name], 'x');
    const type = KEY_TYPES[name];
    expect(await commands.check()).toContain(`${keys[name]}: must be a ${type}, and is a string`);
    const shown = await commands.repair({ putsBack: true });
    expect(shown).toContain(`Damaged: ${keys[name]}: must be a ${type}, and is a string.`);
    expect(await raw.get(keys[name])).toBe('x');
    expect(await raw.exists(`${keys[name]}:stand-in`)).toBe(0);
    expect((await commands.repair({ putsBack: true, isSure: true })).at(-1)).toMatch(REPAIRED);
    expect((await commands.check()).join()).toMatch(SOUND);
    await expectSound(open());
  },
);

test('a store that needs a repair is not adopted', async () => {
  const { open, commands, keys } = await inRedis();
  await raw.set(keys.links, 'x');

  const store = await openRedisForRepair(redis.url, { prefix: `wrong${opened}` });
  await expect(store.adopt()).rejects.toThrow('Repair it first with "lifeguard store repair"');
  await store.close();
  await commands.repair({ isSure: true });
  await expectSound(open());
});
