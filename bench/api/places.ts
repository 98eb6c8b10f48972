import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { type RedisServer, startRedis } from '../../test/support/server/redis.ts';
import { tempDir } from '../temp-dir.ts';
import { configure } from '../verdict/pools.ts';
import { type Publisher, startPublisher } from '../verdict/publisher.ts';

/** Prefix of the keys, as in config/lifeguard.yaml. */
const REDIS_PREFIX = 'lifeguard';

/** A store that a node can be started on. */
export interface Place {
  readonly title: string;
  /** A new one, with so many pools, and what a node is told of it. */
  make(pools: number): Promise<{
    env: Record<string, string>;
    /** Removes what nodes left on the disk that they could start without. */
    forget(): void;
    end(): Promise<void>;
  }>;
}

export const EMBEDDED: Place = {
  title: 'embedded',
  make: async (pools) => {
    const directory = tempDir();
    const store = openEmbeddedStore(join(directory, 'lifeguard.sqlite'));
    const worker = await fill(store, pools);
    await worker?.stop();
    await store.close();
    return {
      env: { LIFEGUARD_DATA_DIR: directory },
      forget: () => rmSync(join(directory, 'answers'), { force: true }),
      end: async () => {},
    };
  },
};

export const REDIS: Place = {
  title: 'Redis',
  make: async (pools) => {
    const redis: RedisServer = await startRedis();
    const store = openRedisStore(redis.url, { prefix: REDIS_PREFIX });
    const worker = await fill(store, pools);
    const directory = tempDir();
    return {
      env: { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_REDIS_URL: redis.url },
      forget: () => rmSync(directory, { recursive: true, force: true }),
      end: async () => {
        await worker?.stop();
        await store.close();
        await redis.stop();
      },
    };
  },
};

/** Pools that are all well, by a worker that stays as long as the store is shared. */
async function fill(store: Store, pools: number): Promise<Publisher | undefined> {
  if (pools === 0) return undefined;
  await configure(store, pools);
  const worker = await startPublisher(store, 'measured');
  await worker.publishHealthy(0, pools);
  return worker;
}
