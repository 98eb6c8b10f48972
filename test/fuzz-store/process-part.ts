import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { keysUnder } from '../../src/store/redis/keys.ts';
import { numbersOfCase } from '../fuzz/random.ts';
import { create } from '../support/api.ts';
import { dig } from '../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../support/lifeguard.ts';
import { startRedis } from '../support/server/redis.ts';
import { StoreFuzzFailure } from './judge.ts';
import { type Cases, damage, dumpAll, readRaw, restoreAll } from './redis-part.ts';
import { NAMES } from './sound.ts';

/** Mutations made at a time, and how long the processes live with them before they are judged. */
const BATCH = 200;
const LIVE_MS = 300;
/** Of so many batches one starts both processes again in the damaged store. */
const STARTS_IN = 10;

/** Damages the store that a serving node and a worker use; the pools that nobody wrote otherwise must go on being answered. */
export async function fuzzProcesses({ seed, from, mutations }: Cases): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-fuzz-'));
  const redis = await startRedis();
  const raw = new Redis(redis.url);
  const keys = keysUnder('lifeguard');
  const env = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: directory, LIFEGUARD_LOG_LEVEL: 'error' };
  const startNode = () => startLifeguard('serve', { ...env, LIFEGUARD_LOG_LEVEL: 'info' });
  const startWorker = () => startLifeguard('monitor', { ...env, LIFEGUARD_LOG_LEVEL: 'info' });
  try {
    let [node, worker] = await Promise.all([startNode(), startWorker()]);
    for (const name of NAMES)
      await create(node, '/pools', { name, origins: [{ name: 'a', address: '192.0.2.1' }] });
    await lost(node, 20_000);
    const dumps = await dumpAll(raw, Object.values(keys) as string[]);
    const records = await readRaw(raw, keys);
    const others = records.map(({ octets }) => octets);
    let done = 0;
    for (let batch = from; done < mutations; batch += 1) {
      const random = numbersOfCase(seed, 'processes', batch);
      const count = Math.min(BATCH, mutations - done);
      await damage(raw, keys, records, others, count, random);
      if (random(STARTS_IN) === 0) {
        await Promise.all([node.end('SIGKILL'), worker.end('SIGKILL')]);
        [node, worker] = await Promise.all([startNode(), startWorker()]);
      }
      await sleep(LIVE_MS);
      for (const [name, each] of Object.entries({ serve: node, monitor: worker }))
        if (each.process.exitCode !== null || each.process.signalCode !== null)
          throw new StoreFuzzFailure(`batch ${batch}: ${name} ended: ${JSON.stringify(each.log.slice(-3))}`);
      await restoreAll(raw, dumps);
      done += count;
      const missing = await lost(node, 30_000);
      if (missing.length > 0)
        throw new StoreFuzzFailure(
          `batch ${batch}: ${missing.join(', ')} are not answered in the mended store`,
        );
    }
    return done;
  } finally {
    await endAll();
    raw.disconnect();
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The pools that a node does not answer within this time. */
async function lost({ dns }: LifeguardProcess, withinMs: number): Promise<string[]> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const answers = await Promise.all(NAMES.map((name) => dig(dns, `${name}.pools.example.com`, 'A')));
    const missing = NAMES.filter((_, at) => answers[at]!.rdata.length === 0);
    if (missing.length === 0 || performance.now() > untilMs) return missing;
    await sleep(200);
  }
}
