import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { documentName } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { putMonitor, putPool } from '../../store/contract/samples.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { type StoreCommands, storeCommands } from './store-commands.ts';

let redis: RedisServer;
let raw: Redis;
beforeAll(async () => {
  redis = await startRedis();
  raw = new Redis(redis.url);
});
afterAll(async () => {
  raw.disconnect();
  await redis.stop();
});

/** A store whose values somebody can damage, with the commands over it. */
interface DamagedStore {
  readonly commands: StoreCommands;
  open(): Store;
  /** Puts this text in the place of the value of a monitor, at this revision. */
  damage(id: string, revision: number, text: string): Promise<void>;
}

const PREFIX = 'values';
const stores: Record<string, () => DamagedStore> = {
  Redis: () => ({
    commands: storeCommands([`redis_url: ${redis.url}`, `redis_prefix: ${PREFIX}`]),
    open: () => openRedisStore(redis.url, { prefix: PREFIX }),
    damage: async (id, revision, text) => {
      const key = documentName({ kind: 'monitor', id });
      await raw.hset(keysUnder(PREFIX).documents, key, `${revision} ${text}`);
    },
  }),
  SQLite: () => {
    const commands = storeCommands();
    const path = join(commands.directory, 'lifeguard.sqlite');
    return {
      commands,
      open: () => openEmbeddedStore(path),
      damage: async (id, revision, text) => {
        const file = new DatabaseSync(path);
        file
          .prepare(`UPDATE document SET revision = ?, value = ? WHERE kind = 'monitor' AND id = ?`)
          .run(revision, text, id);
        file.close();
      },
    };
  },
};

test.each(Object.keys(stores))(
  'a repair destroyed a document in %s whose value was damaged, with the copy of it in the record of changes',
  async (name) => {
    const { commands, open, damage } = stores[name]!();
    onTestFinished(commands.remove);
    const store = open();
    await store.commit([putMonitor('m', {}, { description: 'kept' }), putMonitor('n')]);
    await store.commit([
      putPool('p', { unique: ['p'], references: [{ kind: 'monitor', id: 'm' }] }, { monitor: 'm' }),
    ]);
    const { documents: written } = await store.read();
    await store.close();
    await damage('m', 1, '{broken');
    expect((await commands.repair({ isSure: true })).at(-1)).toBe(
      'Repaired the store. It is at revision 3 and has 3 documents.',
    );
    const mended = open();
    const read = await mended.read();
    await mended.close();
    expect([read.damaged, read.loss]).toEqual([undefined, undefined]);
    // As it was written, at the revision that wrote it.
    expect(byName(read.documents)).toEqual(byName(written));
    expect((await commands.check()).at(-1)).toMatch(/, 0 damaged$/);
  },
);

function byName(documents: readonly { readonly kind: string; readonly id: string }[]): unknown[] {
  return documents.toSorted((a, b) => (`${a.kind}/${a.id}` < `${b.kind}/${b.id}` ? -1 : 1));
}
