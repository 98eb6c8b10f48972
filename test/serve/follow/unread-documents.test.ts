import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { storeTroubleOf } from '../../../src/commands/source/store-trouble.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { Type } from '../../../src/dns/type.ts';
import { type Refresh, startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { responderOver } from '../../answer/respond/responder.ts';
import { zone as authored, pool, putPool, remove } from '../../store/contract/samples.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';

const zone: Zone = {
  apex: parseName('example.com'),
  soa: {
    mname: parseName('ns1.example.com'),
    rname: parseName('hostmaster.example.com'),
    ttlSeconds: 3600,
    refreshSeconds: 1,
    retrySeconds: 1,
    expireSeconds: 1,
    minimumSeconds: 10,
  },
  rrsets: [
    {
      owner: parseName('alias.example.com'),
      type: Type.CNAME,
      ttlSeconds: 60,
      rdata: [parseName('web.pools.example.com')],
    },
  ],
  pools: parseName('pools.example.com'),
  poolTtlSeconds: 30,
};
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const put = (id: string, name = id) => putPool(id, { unique: [name] }, { name });

let redis: RedisServer;
let raw: Redis;
let directory: string;
let path: string;
let store: Store;
const open: { stop(): unknown }[] = [];
beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
});
beforeEach(async () => {
  await raw.flushall();
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-unread-'));
  path = join(directory, 'store.sqlite');
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.stop();
  await store.close();
  rmSync(directory, { recursive: true });
});
afterAll(async () => {
  raw.disconnect();
  await redis.stop();
});

/** A node that knows nothing yet. */
function node(): Refresh & { ask(name: string): { rcode: number; records: number } } {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { respond } = responderOver(reader);
  const publisher = createPublisher([zone], table, vi.fn());
  const refresh = startRefresh({ store, publisher, log, probersPerRegion: 1 });
  open.push(refresh);
  const ask = (name: string) => {
    const question = [
      Buffer.from([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      parseName(name),
      Buffer.from([0, 1, 0, 1]),
    ];
    const reply = Buffer.alloc(65_535);
    respond(Buffer.concat(question), reply, Transport.TCP);
    return { rcode: reply[3]! & 0x0f, records: reply.readUInt16BE(6) };
  };
  return Object.assign(Object.create(refresh), { ask });
}

const keys = keysUnder('u');
/** A store of each sort, and how to damage the document of a pool in it. */
const SORTS = [
  {
    sort: 'Redis',
    reopen: () => openRedisStore(redis.url, { prefix: 'u' }),
    setRevision: async (id: string, revision: string) => {
      const held = (await raw.hget(keys.documents, `pool/${id}`))!;
      await raw.hset(keys.documents, `pool/${id}`, held.replace(/^\d+/, revision));
    },
    damage: async (kind: string, id: string) => void (await raw.hset(keys.documents, `${kind}/${id}`, '1 {')),
    forgetChanges: async () => void (await raw.xtrim(keys.changes, 'MAXLEN', 0)),
  },
  {
    sort: 'SQLite',
    reopen: () => openEmbeddedStore(path),
    setRevision: async (id: string, revision: string) =>
      offline(
        `UPDATE document SET revision = ${/^-?\d+$/.test(revision) ? revision : '-7'} WHERE id = '${id}'`,
      ),
    damage: async (_kind: string, id: string) =>
      offline(`UPDATE document SET value = '{' WHERE id = '${id}'`),
    forgetChanges: async () => offline('DELETE FROM change'),
  },
];
async function offline(statement: string): Promise<void> {
  await store.close();
  const file = new DatabaseSync(path);
  file.exec(statement);
  file.close();
}

describe.each(SORTS)('$sort', ({ reopen, setRevision, damage, forgetChanges }) => {
  async function startedOver(...names: string[]): Promise<void> {
    store = reopen();
    for (const name of names) await store.commit([put(name)]);
    await store.close();
  }

  test.each(['-1', '9223372036854775807', 'x'])(
    'a pool whose revision is damaged (%s) was NXDOMAIN on a node that is ready, though its value and its change are there',
    async (revision) => {
      await startedOver('web', 'app');
      await setRevision('web', revision);
      store = reopen();
      const { documents, damaged, loss } = await store.read();
      expect({ damaged, loss }).toEqual({ damaged: undefined, loss: undefined });
      expect(documents).toContainEqual({
        kind: 'pool',
        id: 'web',
        revision: 1,
        value: pool('web', { name: 'web' }),
      });
      const fresh = node();
      await fresh.tried;
      expect(fresh.ask('web.pools.example.com')).toEqual({ rcode: Rcode.NOERROR, records: 1 });
      expect(fresh.unread).toEqual([]);
      expect(store.damage!.count).toBe(1);
    },
  );

  test('a pool that cannot be read, and that no change has any more, was NXDOMAIN on a node that is ready', async () => {
    await startedOver('web', 'app');
    await damage('pool', 'web');
    await forgetChanges();
    store = reopen();
    const fresh = node();
    await fresh.tried;
    expect(fresh.ask('app.pools.example.com')).toEqual({ rcode: Rcode.NOERROR, records: 1 });
    expect(fresh.ask('web.pools.example.com')).toEqual({ rcode: Rcode.SERVFAIL, records: 0 });
    expect(fresh.ask('alias.example.com').rcode).toBe(Rcode.SERVFAIL);
    expect(fresh.ask('other.pools.example.com').rcode).toBe(Rcode.NXDOMAIN);
    expect(fresh.ask('below.web.pools.example.com').rcode).toBe(Rcode.NXDOMAIN);
    expect(fresh.unread).toEqual([{ kind: 'pool', id: 'web' }]);
    expect(storeTroubleOf(fresh, undefined)).toBe(
      'The store is damaged, and this node knows no earlier value of pool/web. Write them again with the API, or delete them.',
    );
    // Written again, or deleted, it is as any other.
    expect(await store.commit([put('web')])).toMatchObject({ ok: true });
    await vi.waitFor(() =>
      expect(fresh.ask('web.pools.example.com')).toEqual({ rcode: Rcode.NOERROR, records: 1 }),
    );
    expect(fresh.unread).toEqual([]);
    await store.commit([remove('pool', 'web')]);
    await vi.waitFor(() => expect(fresh.ask('web.pools.example.com').rcode).toBe(Rcode.NXDOMAIN));
  });

  test('a node that knows nothing of a zone that cannot be read was ready, and refused its names', async () => {
    store = reopen();
    await store.commit([
      put('web'),
      { op: 'put', kind: 'zone', id: 'z', value: authored('z'), unique: ['z.test'], references: [] },
    ]);
    await store.close();
    await damage('zone', 'z');
    await forgetChanges();
    store = reopen();
    const fresh = node();
    await fresh.tried;
    expect(fresh.ask('web.pools.example.com')).toEqual({ rcode: Rcode.NOERROR, records: 1 });
    // A zone of which nothing is known is no zone of this node, which is not ready.
    expect(fresh.unread).toEqual([{ kind: 'zone', id: 'z' }]);
  });
});

test('a file that cannot be read as a whole was reported as a store that is unreachable', async () => {
  store = openEmbeddedStore(path);
  await store.commit([put('web')]);
  await store.close();
  const octets = readFileSync(path);
  const file = new DatabaseSync(path);
  const page = Number(
    file.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'document'`).get()!.rootpage,
  );
  file.close();
  writeFileSync(path, octets.fill(0xa5, (page - 1) * 4_096, page * 4_096));
  store = openEmbeddedStore(path);
  const fresh = node();
  await fresh.tried;
  expect(storeTroubleOf(fresh, undefined)).toBe(
    `The store is damaged: the file ${path} has pages that cannot be read (database disk image is malformed).`,
  );
  expect([...fresh.alarms.raised.values()].map(({ alarm }) => alarm)).toContain('store_damaged');
});
