/** Each state that a store can be in lasts for a while, and the log of a node and of a worker says each thing about it once. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { makePool } from '../health/scenario.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 });
/** What is said again with each attempt, every two seconds at the longest, would be there three times. */
const HELD_MS = 7_000;
/** A line about a state, and one where it changed its mind at the edge of it. */
const EQUAL_MAX = 2;
/** Of what comes and goes: three times, and once a minute. */
const FLAPPING_MAX = 4;
const LINES_MAX = 40;
const soon = { timeout: 60_000, interval: 100 };
const keys = keysUnder('lifeguard');

let directory: string;
let redis: RedisServer;
let raw: Redis;
let webs: WebServer[];
let node: LifeguardProcess;
let worker: LifeguardProcess;
const ready = async () => (await fetch(new URL('/readyz', node.api))).json();

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-states-'));
  redis = await startRedis({ durable: true });
  raw = new Redis(redis.url, { lazyConnect: true, retryStrategy: () => 100 });
  raw.on('error', () => {});
  webs = [await startWeb('127.0.0.1'), await startWeb('127.0.0.2')];
  await raw.call('ACL', 'SETUSER', 'lifeguard', 'on', '>secret', '~*', '&*', '+@all');
  const env = {
    LIFEGUARD_REDIS_URL: redis.url.replace('://', '://lifeguard:secret@'),
    LIFEGUARD_DATA_DIR: directory,
  };
  node = await startLifeguard('serve', env);
  worker = await startLifeguard('monitor', { ...env, LIFEGUARD_DATA_DIR: join(directory, 'worker') });
  await makePool(node, webs);
});
afterAll(async () => {
  await endAll();
  raw.disconnect();
  await Promise.all(webs.map((web) => web.stop()));
  await redis.stop();
  rmSync(directory, { recursive: true });
});

/** Does this again and again for as long as a state lasts. */
async function throughout(each: () => Promise<unknown>): Promise<void> {
  const untilMs = performance.now() + HELD_MS;
  while (performance.now() < untilMs) await each();
}
const hold = () => sleep(HELD_MS);

const STATES: readonly {
  what: string;
  equalMax?: number;
  /** Brings the store into the state, and out of it. */
  run: () => Promise<unknown>;
}[] = [
  {
    what: 'away',
    run: async () => {
      await redis.shutdown();
      await hold();
      await redis.restart();
      await raw.call('ACL', 'SETUSER', 'lifeguard', 'on', '>secret', '~*', '&*', '+@all');
    },
  },
  {
    what: 'full',
    run: async () => {
      await raw.config('SET', 'maxmemory', '1');
      await hold();
      await raw.config('SET', 'maxmemory', '0');
    },
  },
  {
    what: 'a read-only replica',
    run: async () => {
      await raw.call('REPLICAOF', '127.0.0.1', '1');
      await hold();
      await raw.call('REPLICAOF', 'NO', 'ONE');
    },
  },
  {
    what: 'slow',
    run: () =>
      throughout(async () => {
        redis.signal('SIGSTOP');
        await sleep(600);
        redis.signal('SIGCONT');
        await sleep(300);
      }),
  },
  {
    what: 'hanging',
    run: async () => {
      redis.signal('SIGSTOP');
      await hold();
      redis.signal('SIGCONT');
    },
  },
  {
    what: 'one that may evict',
    run: async () => {
      await raw.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await hold();
      await raw.config('SET', 'maxmemory-policy', 'noeviction');
    },
  },
  {
    what: 'damaged',
    run: async () => {
      await raw.hset(keys.documents, 'pool/damaged', '1 {}');
      await raw.hset(keys.observations, 'damaged', '{}');
      await hold();
      await raw.hdel(keys.documents, 'pool/damaged');
      await raw.hdel(keys.observations, 'damaged');
    },
  },
  {
    what: 'one that lost data',
    run: async () => {
      const all = await raw.hgetall(keys.unique);
      await raw.del(keys.unique);
      await hold();
      await raw.hset(keys.unique, all);
    },
  },
  {
    what: 'set back',
    run: async () => {
      const tally = (await raw.hget(keys.meta, 'tally'))!;
      await raw.hset(keys.meta, 'tally', tally.replace(/ \S+/, ' another-link-16c'));
      await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await hold();
      await raw.hset(keys.meta, 'tally', tally);
    },
  },
  {
    what: 'forbidden by an ACL',
    run: async () => {
      await raw.call('ACL', 'SETUSER', 'lifeguard', '-@write');
      await hold();
      await raw.call('ACL', 'SETUSER', 'lifeguard', '+@all');
    },
  },
  {
    what: 'one that comes and goes',
    equalMax: FLAPPING_MAX,
    run: () =>
      throughout(async () => {
        await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await sleep(700);
      }),
  },
];

/** How often each line is there, as a person reads it: what happened, and why. */
function countedIn(log: LifeguardProcess['log']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { level, msg, err, reason } of log) {
    const { message } = (err ?? {}) as { readonly message?: string };
    const line = [level, msg, message, reason].filter((each) => each !== undefined).join(' | ');
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return counts;
}

test.each(STATES)(
  'a store that is $what was said again and again: each line is there once',
  async ({ run, equalMax = EQUAL_MAX }) => {
    const processes = { node, worker };
    const from = { node: node.log.length, worker: worker.log.length };
    await run();
    await expect.poll(ready, soon).toEqual({ ready: true });
    for (const [name, { log }] of Object.entries(processes)) {
      const since = log.slice(from[name as keyof typeof from]);
      const often = [...countedIn(since)].filter(([, count]) => count > equalMax);
      expect({ [name]: often }).toEqual({ [name]: [] });
      expect(since.length).toBeLessThanOrEqual(LINES_MAX);
    }
  },
);
