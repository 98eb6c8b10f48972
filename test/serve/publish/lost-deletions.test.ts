import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, Configuration } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import { putMonitor, putPool, remove } from '../../store/contract/samples.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const NS = '@ 60 NS ns1.example.net.';
const FILE = [zoneFile('static.example.com', NS), zoneFile('example.com', NS, { pools: 'pools' })];

let redis: RedisServer;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** A store, and the loss of what it notes of deletions. */
interface Losing {
  store: Store;
  lose(): Promise<void>;
}

function embedded(): Losing {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-deletions-'));
  const path = join(directory, 'store.sqlite');
  const losing: Losing = {
    store: openEmbeddedStore(path),
    async lose() {
      await losing.store.close();
      const file = new DatabaseSync(path);
      file.exec(`DELETE FROM meta WHERE name = 'deletions'`);
      file.close();
      losing.store = openEmbeddedStore(path);
    },
  };
  onTestFinished(async () => {
    await losing.store.close();
    rmSync(directory, { recursive: true });
  });
  return losing;
}

function overRedis(): Losing {
  const store = openRedisStore(redis.url, { prefix: 'deletions' });
  onTestFinished(() => store.close());
  return {
    store,
    lose: async () => void (await redis.send(`HDEL ${keysUnder('deletions').meta} deletions`)),
  };
}

/** A node that has read a configuration whole. */
function nodeAt(read: Configuration) {
  const zones = createServedZones(FILE);
  zones.load(read.documents);
  zones.number(read);
  return {
    apply: zones.apply,
    serials: () => [...valuesUnder(zones.all, '')].map((each) => zones.serialOf(each)),
  };
}

/** The changes that a follower is given from a position on. */
async function changesAfter(store: Store, read: Configuration, number: number): Promise<Change[]> {
  const changes: Change[] = [];
  const { position } = await store.observations();
  const all = Promise.withResolvers<void>();
  const following = store.follow(
    { ...read, observation: position },
    {
      changed: (change) => {
        if (changes.push(change) === number) all.resolve();
      },
      observed: () => {},
      lost: () => all.reject(new Error('the feed does not reach back')),
      connected: () => {},
    },
  );
  await all.promise;
  await following.stop();
  return changes;
}

test.each([
  { body: 'an SQLite file', open: embedded },
  { body: 'Redis', open: overRedis },
])('in $body, a lost note of deletions raised serials only on the node that restarted', async ({ open }) => {
  const losing = open();
  await losing.store.commit([putPool('p'), putPool('q')]);
  await losing.store.commit([remove('pool', 'q')]);
  await losing.store.commit([putMonitor('m')]);
  const read = await losing.store.read();
  const running = nodeAt(read);
  expect(running.serials()).toEqual([2, 0]);
  await losing.lose();
  // By the next change, every node counts all zones as changed at the revision from which deletions are known again.
  await losing.store.commit([putMonitor('n')]);
  await losing.store.commit([putPool('r')]);
  const changes = await changesAfter(losing.store, read, 2);
  expect(changes.map(({ deletionsSince }) => deletionsSince)).toEqual([3, undefined]);
  for (const change of changes) running.apply(change);
  const now = await losing.store.read();
  expect(now.deletions).toEqual({ since: 3, pool: 0 });
  expect(running.serials()).toEqual(nodeAt(now).serials());
  expect(running.serials()).toEqual([5, 3]);
  expect((await losing.store.read(read)).deletions).toEqual(now.deletions);
});
