import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { StoreDamaged, StoreRefused, StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { commitInTime } from '../../../src/store/redis/commit.ts';
import { type Connection, openConnection } from '../../../src/store/redis/connection/connection.ts';
import { readScripts, type Script, type Scripts } from '../../../src/store/redis/connection/scripts.ts';
import { parseRedisUrl } from '../../../src/store/redis/connection/url.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { audit, event as healthEvent, observation, putPool, worker } from '../contract/samples.ts';

let redis: RedisServer;
let connection: Connection;
let store: Store;
let opened = 0;
const TIME = { clock: { in: async () => Number.MAX_SAFE_INTEGER }, timeoutMs: 5_000 };
let prefix = '';
const url = () => redis.url.replace('://', '://node:secret@');
beforeAll(async () => {
  redis = await startRedis();
  await redis.send('ACL SETUSER node on >secret ~* &* +@all');
  connection = openConnection(parseRedisUrl(url()), { timeoutMs: 5_000, name: 'permissions', key: '' });
});
beforeEach(async () => {
  await redis.send('ACL SETUSER node resetkeys ~* +@all');
  prefix = `permissions${(opened += 1)}`;
  store = openRedisStore(url(), { prefix });
  await store.commit([putPool('first', { unique: ['first'] })]);
  return () => store.close();
});
afterAll(async () => {
  connection.close();
  await redis.stop();
});

/** The scripts as Redis before 7 runs them, which has no redis.acl_check_cmd (https://redis.io/docs/latest/develop/programmability/lua-api/). */
function oldScripts(): Scripts {
  const head = 'local redis = setmetatable({acl_check_cmd = false}, {__index = redis})';
  const all = Object.entries(readScripts()).map(([name, script]: [string, Script]) => [
    name,
    { ...script, name: `${script.name}_old`, lua: `${head}\n${script.lua}` },
  ]);
  return Object.fromEntries(all) as unknown as Scripts;
}
/** Everything that the store has: the entries of its streams, and all else as Redis dumps it. */
async function contents(): Promise<string> {
  const script = `EVAL "local all = redis.call('KEYS',ARGV[1]) table.sort(all) for i,k in ipairs(all) do local s = redis.call('TYPE',k).ok == 'stream' all[i] = k..redis.sha1hex(s and cjson.encode(redis.call('XRANGE',k,'-','+')) or redis.call('DUMP',k)) end return {ok=redis.sha1hex(table.concat(all))}" 0 {${prefix}}*`;
  return redis.send(script);
}

const versions = [
  { redis: 'Redis 7', scripts: readScripts() },
  { redis: 'Redis before 7', scripts: oldScripts() },
];
const forbidden = [
  '-hset',
  '-hdel',
  '-zadd',
  '-zrem',
  '-xadd',
  'resetkeys ~{*}:meta ~{*}:documents ~{*}:changes',
];
test.each(versions.flatMap((version) => forbidden.map((rule) => ({ ...version, rule }))))(
  'a commit by a user with $rule stopped half-way in $redis',
  async ({ scripts, rule }) => {
    const before = await contents();
    await redis.send(`ACL SETUSER node ${rule}`);
    const committing = {
      writes: [
        putPool('first', { unique: ['second'], references: [{ kind: 'pool', id: 'first' }] }),
        putPool('new', { unique: ['new'], references: [{ kind: 'pool', id: 'first' }] }),
      ],
      audit: [audit('new')],
      ifAtRevision: undefined,
    };
    const commit = () => commitInTime(connection, scripts, keysUnder(prefix), committing, TIME);
    await expect(commit()).rejects.toThrow(StoreRefused);
    expect(await contents()).toBe(before);
    await redis.send('ACL SETUSER node resetkeys ~* +@all');
    expect(await commit()).toEqual({ ok: true, revision: 2 });
    expect((await store.read()).loss).toBeUndefined();
  },
);

test('a full Redis before version 7 refuses a commit before anything is written', async () => {
  const before = await contents();
  await redis.send('CONFIG SET maxmemory 1');
  const committing = {
    writes: [putPool('new')],
    audit: [audit('new')],
    ifAtRevision: undefined,
  };
  const commit = () => commitInTime(connection, oldScripts(), keysUnder(prefix), committing, TIME);
  await expect(commit()).rejects.toMatchObject({ why: 'Redis is out of memory' });
  await redis.send('CONFIG SET maxmemory 0');
  expect(await contents()).toBe(before);
});

test('an event that Redis refused for its permissions was dropped silently', async () => {
  const keys = keysUnder(prefix);
  const lease = await store.join(worker('w'));
  const lead = (await store.lead('n'))!;
  const trails = ['events', 'reportedEvents', 'auditEvents'] as const;
  // The next identifiers are below the highest that each stream had, and setting that back is forbidden.
  for (const trail of trails) {
    await redis.send(`XADD ${keys[trail]} 900000000000000-0 event {}`);
    await redis.send(`XDEL ${keys[trail]} 900000000000000-0`);
  }
  await redis.send('ACL SETUSER node -xsetid');
  const before = await contents();
  const event = { kind: 'region', region: 'eu', was: 'live', now: 'absent', reason: '', atMs: 1 } as const;
  const calls = [
    () => store.commit([putPool('new')], [audit('new')]),
    () => store.report(lead, { events: [event], put: [], drop: [] }),
    () =>
      store.publish(lease, {
        put: [{ observation: observation('c'), changed: false }],
        drop: [],
        events: [healthEvent('e')],
      }),
  ];
  for (const call of calls) await expect(call()).rejects.toThrow(StoreRefused);
  expect(await contents()).toBe(before);
  await redis.send('ACL SETUSER node +xsetid');
  for (const call of calls) await call();
  expect(await store.events(10, undefined)).toHaveLength(3);
});

test('a publication whose events Redis refused deleted the feed of observations', async () => {
  const keys = keysUnder(prefix);
  const lease = await store.join(worker('w'));
  await store.publish(lease, {
    put: [{ observation: observation('old'), changed: true }],
    drop: [],
    events: [],
  });
  // What comes next is below the highest identifier that the streams had.
  for (const stream of ['observed', 'events', 'reportedEvents', 'auditEvents'] as const) {
    await redis.send(`XADD ${keys[stream]} 900000000000000-0 event {}`);
    await redis.send(`XDEL ${keys[stream]} 900000000000000-0`);
  }
  await redis.send('ACL SETUSER node -xsetid');
  const before = await contents();
  const publish = () =>
    store.publish(lease, {
      put: ['c', 'd'].map((check) => ({ observation: observation(check), changed: true })),
      drop: [],
      events: [healthEvent('e')],
    });
  await expect(publish()).rejects.toThrow(StoreRefused);
  expect(await contents()).toBe(before);
  await redis.send('ACL SETUSER node +xsetid');
  expect(await publish()).toBe('published');
  expect(await redis.send(`XLEN ${keys.observed}`)).toBe(':2');
  // Nor does it when something else is in its place.
  await redis.send(`DEL ${keys.observed}`);
  await redis.send(`SET ${keys.observed} garbage`);
  await redis.send('ACL SETUSER node -xadd');
  const changed = await contents();
  await expect(publish()).rejects.toThrow(StoreRefused);
  expect(await contents()).toBe(changed);
});

test('a store without a tally could be written to during a repair', async () => {
  const keys = keysUnder(prefix);
  await redis.send(`HDEL ${keys.meta} tally`);
  const read = await store.read();
  const { kind, id, revision, value } = read.documents[0]!;
  const repair = {
    readAt: read,
    kept: [
      {
        document: { kind, id, revision, value } as never,
        isChanged: false,
        unique: ['first'],
        references: [],
      },
    ],
    deleted: [],
  };
  await redis.send(`HDEL ${keys.meta} tally`);
  // What the first step of a repair writes, which was then cut off.
  const { rebuild } = readScripts();
  const all = [keys.documents, keys.claims, keys.unique, keys.references, keys.meta];
  const first = () => connection.script(rebuild, all, ['1', `${read.epoch} ${read.revision}`, 0]);
  expect(await first()).toBe('rebuilt');
  await expect(store.commit([putPool('meanwhile')])).rejects.toThrow(StoreDamaged);
  expect((await store.read()).loss).toContain('a repair has begun');
  await expect(store.commit([putPool('meanwhile')])).rejects.toThrow(StoreDamaged);
  expect(await openRepairable().repair(repair)).toBe(2);
  expect(await store.commit([putPool('after')])).toEqual({ ok: true, revision: 3 });
  // What was planned by an earlier reading is not carried out, and spoils nothing.
  await expect(openRepairable().repair(repair)).rejects.toThrow(StoreUnavailable);
  expect((await store.read()).loss).toBeUndefined();
});

/** The store that can be repaired. */
function openRepairable() {
  return store as ReturnType<typeof openRedisStore>;
}
