import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { Type } from '../../../src/dns/type.ts';
import { startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Follower } from '../../../src/store/contract/feed.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import { asking } from '../../answer/answering.ts';
import { zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const SOON = { timeout: 40_000, interval: 10 };
const EMPTY = 'The store is empty but was not before. Lifeguard serves the last good state';

function directoryOfTest(): string {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-zones-kept-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** A node with one zone of the file, over a store; what it logged is in `said`. */
function node(store: Store, directory: string) {
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const configured = [zoneFile('example.com', '@ 60 NS ns1.example.net.')];
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const lastGood = openLastGood(join(directory, 'last-good.sqlite'), (error) => {
    throw error;
  });
  const refresh = startRefresh({
    store,
    publisher: createPublisher(configured, table, (_, error) => {
      throw error;
    }),
    zones: createServedZones(configured),
    log,
    probersPerRegion: 1,
    lastGood,
  });
  const stop = async () => {
    await refresh.stop();
    lastGood.close();
  };
  const { ask } = asking(reader);
  return { refresh, said, stop, rcode: (name: string) => ask({ name, type: Type.SOA }).rcode };
}

test('zones of the store are served while it is empty or away, and from the last good state', async () => {
  const directory = directoryOfTest();
  const store = openEmbeddedStore(join(directory, 'store.sqlite'));
  onTestFinished(() => store.close());
  const value = zone('made');
  await store.commit([{ op: 'put', kind: 'zone', id: value.id, value, unique: [], references: [] }]);
  let follower: Follower | undefined;
  let state: 'well' | 'emptied' | 'away' = 'well';
  const failing: Store = Object.assign(Object.create(store) as Store, {
    read: async () => {
      if (state === 'away') throw new StoreUnavailable('away');
      return state === 'emptied' ? { epoch: 'another', revision: 0, documents: [] } : store.read();
    },
    follow: (from: Parameters<Store['follow']>[0], told: Follower) => {
      follower = told;
      return store.follow(from, told);
    },
  });

  const first = node(failing, directory);
  await expect.poll(() => first.rcode('made.example.org'), SOON).toBe(0);
  expect(first.rcode('example.com')).toBe(0);
  state = 'emptied';
  follower!.lost();
  await expect.poll(() => first.said, SOON).toContain(EMPTY);
  expect(first.rcode('made.example.org')).toBe(0);
  await first.stop();

  state = 'away';
  const second = node(failing, directory);
  onTestFinished(() => second.stop());
  await expect.poll(() => second.rcode('made.example.org'), SOON).toBe(0);
  expect([second.refresh.presence.isConnected, second.refresh.alarms.raised.size]).toEqual([false, 0]);
  // It is there, and what it lacks can be told in it.
  state = 'emptied';
  await expect.poll(() => second.refresh.presence.isConnected, SOON).toBe(true);
  expect([...second.refresh.alarms.raised.keys()]).toEqual(['alarm/store_emptied/']);
  state = 'away';
  await expect.poll(() => second.refresh.presence.isConnected, SOON).toBe(false);
  state = 'well';
  await store.commit([{ op: 'delete', kind: 'zone', id: value.id }]);
  await expect.poll(() => second.rcode('made.example.org'), SOON).toBe(5);
  expect(second.refresh.alarms.raised.size).toBe(0);
  expect(second.rcode('example.com')).toBe(0);
});
