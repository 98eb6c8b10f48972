import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Store } from '../../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { here, record, WAIT } from '../contract/recorder.ts';
import { putPool } from '../contract/samples.ts';

/** What docs/DEPLOYMENT.md advises: an address that moves with the master. Connections stay where they were made. */
let address: Server;
let master: RedisServer;
let replica: RedisServer;
/** Where new connections lead. */
let target: RedisServer;
let store: Store;

beforeEach(async () => {
  [master, replica] = await Promise.all([
    startRedis({ args: ['--repl-diskless-sync-delay', '0'] }),
    startRedis(),
  ]);
  target = master;
  address = createServer((client) => {
    const server = connect(target.port, '127.0.0.1');
    client.pipe(server).pipe(client);
    for (const socket of [client, server])
      socket.on('error', () => undefined).on('close', () => [client, server].map((each) => each.destroy()));
  });
  await once(address.listen(0, '127.0.0.1'), 'listening');
  const { port } = address.address() as AddressInfo;
  store = openRedisStore(`redis://127.0.0.1:${port}`, { prefix: 'test' });
  await replica.send(`REPLICAOF 127.0.0.1 ${master.port}`);
});
afterEach(async () => {
  await store.close();
  await Promise.all([master.stop(), replica.stop()]);
  address.close();
});

/** Writes a pool, again and again while Redis is away; the revision, and how often it was refused. */
async function write(id: string): Promise<{ revision: number; refused: number }> {
  for (let refused = 0; ; refused += 1)
    try {
      const committed = await store.commit([putPool(id)]);
      if (!committed.ok) throw new Error(committed.refusal.kind);
      return { revision: committed.revision, refused };
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
}

/** Waits until the replica has the one revision that was acknowledged. */
async function synced(): Promise<void> {
  await expect.poll(() => replica.send(`XLEN ${keysUnder('test').changes}`), WAIT).toBe(':1');
}

test('after the address moves to a replica, a demoted master is left, and no revision is missed', async () => {
  const seen = record(store, await here(store));
  expect(await write('a')).toEqual({ revision: 1, refused: 0 });
  await synced();
  target = replica;
  await replica.send('REPLICAOF NO ONE');
  // It goes on on the connections that are there, and refuses to write.
  await master.send(`REPLICAOF 127.0.0.1 ${replica.port}`);
  const { revision, refused } = await write('b');
  expect(revision).toBe(2);
  expect(refused).toBeGreaterThan(0);
  await expect.poll(() => seen.changes.map((change) => change.revision), WAIT).toEqual([1, 2]);
  expect((await store.read()).documents.map(({ id }) => id).sort()).toEqual(['a', 'b']);
});

test('after the master is killed, the follower continues at the replica', async () => {
  const seen = record(store, await here(store));
  await write('a');
  await synced();
  target = replica;
  await replica.send('REPLICAOF NO ONE');
  await master.kill();
  expect((await write('b')).revision).toBe(2);
  await expect.poll(() => seen.changes.map((change) => change.revision), WAIT).toEqual([1, 2]);
  expect(seen.lost()).toBe(0);
});
