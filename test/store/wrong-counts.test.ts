import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { keysUnder } from '../../src/store/redis/keys.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { type RedisServer, startRedis } from '../support/server/redis.ts';
import { endpointsOf, event, publish, putMonitor, putPool } from './contract/samples.ts';

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

/** A store, and access to a field of its table or hash `meta`. */
interface Body {
  readonly name: string;
  open(): Promise<{
    store: Store;
    change(field: string, to: (text: string) => string): Promise<void>;
    read(field: string): Promise<string>;
    /** The same store, as another process opens it. */
    again(): Promise<Store>;
  }>;
}

const IN_REDIS: Body = {
  name: 'Redis',
  open: async () => {
    const prefix = `counts${(opened += 1)}`;
    const { meta } = keysUnder(prefix);
    const open = async () => {
      const store = openRedisStore(redis.url, { prefix });
      onTestFinished(() => store.close());
      return store;
    };
    const read = async (field: string) => (await raw.hget(meta, field))!;
    return {
      store: await open(),
      read,
      change: async (field, to) => void (await raw.hset(meta, field, to(await read(field)))),
      again: open,
    };
  },
};
const IN_FILE: Body = {
  name: 'a file',
  open: async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lifeguard-counts-'));
    const path = join(directory, 'lifeguard.sqlite');
    let store = openEmbeddedStore(path);
    onTestFinished(async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    });
    /** What another program does with the file, which this one closes for it. */
    const offline = async <T>(use: (file: DatabaseSync) => T) => {
      await store.close();
      const file = new DatabaseSync(path);
      const result = use(file);
      file.close();
      store = openEmbeddedStore(path);
      return result;
    };
    const get = (file: DatabaseSync, field: string) =>
      String(file.prepare('SELECT value FROM meta WHERE name = ?').get(field)?.value);
    return {
      store,
      read: (field) => offline((file) => get(file, field)),
      change: (field, to) =>
        offline((file) => {
          file.prepare('UPDATE meta SET value = ? WHERE name = ?').run(to(get(file, field)), field);
        }),
      again: async () => store,
    };
  },
};

const monitored = { references: [{ kind: 'monitor', id: 'm' }] } as const;
/** Another number at a place of a tally. */
const at = (place: number, value: string) => (text: string) =>
  text
    .split(' ')
    .map((each, nth) => (nth === place ? value : each))
    .join(' ');

test.each([
  ...[0, 2, 4, 999].flatMap((count) => [
    { body: IN_REDIS, what: `${count} documents`, wrong: at(2, String(count)) },
    { body: IN_REDIS, what: `${count} unique names`, wrong: at(3, String(count)) },
    { body: IN_REDIS, what: `${count} references`, wrong: at(4, String(count)) },
    { body: IN_FILE, what: `${count} documents`, wrong: at(2, String(count)) },
  ]),
  ...[IN_REDIS, IN_FILE].flatMap((body) => [
    { body, what: 'kinds that are not there', wrong: at(6, 'monitor=7,zone=1') },
    { body, what: 'no kinds', wrong: at(6, '') },
  ]),
])(
  'a wrong but possible tally was trusted ($what, in $body.name); now the next complete reading corrects it',
  async ({ body, wrong }) => {
    const { store, change, read, again } = await body.open();
    await store.commit([putMonitor('m'), putPool('a', { unique: ['a'], ...monitored })]);
    await store.commit([putPool('b', { unique: ['b'] })]);
    const right = await read('tally');
    await change('tally', wrong);
    const reader = await again();
    expect((await reader.read()).loss).toBeUndefined();
    const inOrder = (tally: string) => tally.split(/[ ,]/).sort();
    expect(inOrder(await read('tally'))).toEqual(inOrder(right));
    const writer = await again();
    expect(await writer.commit([putPool('c')])).toEqual({ ok: true, revision: 3 });
    expect((await writer.read()).loss).toBeUndefined();
  },
);

test('lost unique names are not a wrong count, nor is a claim that is lost with them', async () => {
  const { store, again } = await IN_REDIS.open();
  await store.commit([putPool('a', { unique: ['a'] }), putPool('b', { unique: ['b'] })]);
  const { unique, claims } = keysUnder(`counts${opened}`);
  await raw.hdel(unique, 'pool/a');
  expect((await (await again()).read()).loss).toBe('1 of 2 unique names are missing');
  await raw.hdel(claims, 'pool/a');
  const loss = '1 of 2 records of what documents claim are missing, 1 of 2 unique names are missing';
  expect((await (await again()).read()).loss).toBe(loss);
});

test.each([
  { body: IN_REDIS, field: 'octets_health', full: (text: string) => text.replace(/ \d+/, ' 16777216') },
  { body: IN_FILE, field: 'kept_health', full: (text: string) => text.replace(/ \d+/, ' 16777216') },
  { body: IN_FILE, field: 'kept_health', full: (text: string) => text.replace(/ (\d+) \d+/, ' $1 10000') },
])(
  'a wrong but possible count of events or octets cost an event for each new one ($body.name)',
  async ({ body, field, full }) => {
    const { store, change, again } = await body.open();
    await publish(store, { events: Array.from({ length: 300 }, (_, n) => event(`e${n}`)) });
    await change(field, full);
    const other = await again();
    await publish(other, { events: [event('last')] });
    const kept = endpointsOf(await other.events(400));
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([301, 'last', 'e0']);
  },
);

test.each([IN_REDIS, IN_FILE])(
  'with a count of octets that is too low, no more events are kept than the bound ($name)',
  async (body) => {
    const { store, change, again } = await body.open();
    const large = { ...event('large'), reason: 'x'.repeat(65_536) };
    const some = { events: Array.from({ length: 64 }, () => large) };
    for (let n = 0; n < 3; n += 1) await publish(store, some);
    const field = body === IN_REDIS ? 'octets_health' : 'kept_health';
    await change(field, (text) => text.replace(/ \d+/, ' 1'));
    const other = await again();
    for (let n = 0; n < 8; n += 1) await publish(other, some);
    const octets = (await other.events(1_000)).reduce((sum, each) => sum + JSON.stringify(each).length, 0);
    expect(octets).toBeLessThan(17_000_000);
    expect(octets).toBeGreaterThan(16_000_000);
  },
);
