/**
 * A storm of failovers: `npm run storm:failovers`. Clients write while the primary of Redis is killed and a replica takes over, by
 * real sentinels and in a real cluster, with and without `store.redis.wait_replicas`. README.md tells what must hold.
 */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { keysUnder } from '../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../src/store/redis/redis.ts';
import type { Random } from '../../fuzz/random.ts';
import { TOKEN } from '../../support/lifeguard.ts';
import type { FailoverRedis } from '../../support/server/failover-redis.ts';
import { report } from './report.ts';
import { type Stage, storm } from './storm.ts';

/** Longest time from one failover to the next, and in which a replica that takes over misses writes. */
const CALM_MS_MAX = 3_000;
const MISSED_MS_MAX = 1_500;
/** Time for nodes to tell of a store that went back, and for writes to go on. */
const SOON_MS = 60_000;
const LOOK_MS = 50;
const PREFIX = 'lifeguard';
const META = keysUnder(PREFIX).meta;

const { values } = parseArgs({
  options: {
    failovers: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [failovers, seed] = [Number(values.failovers), Number(values.seed)];
process.stdout.write(`${describeMachine()}\nseed ${seed}\n`);
for (const store of ['sentinel', 'cluster'] as const)
  for (const waitReplicas of [1, undefined]) {
    const came = await storm({
      ...{ store, seed, harms: failovers, writes: Number.POSITIVE_INFINITY },
      ...(waitReplicas !== undefined && { waitReplicas }),
      ...{ writesPerSecond: 100, owners: 12, nodes: 2, workers: 2, harm: failOverAgain },
    });
    const waits = waitReplicas === undefined ? 'without waiting for replicas' : 'waiting for one replica';
    process.stdout.write(report(`failovers over ${store}, ${waits}`, came));
    if (came.wrong.length > 0) process.exitCode = 1;
  }

/** Every third replica, about, misses the last writes before it takes over. */
async function failOverAgain(stage: Stage, random: Random, isOver: () => boolean): Promise<void> {
  const redis = stage.failover!;
  while (!isOver()) {
    await sleep(500 + random(CALM_MS_MAX - 500));
    const misses = random(3) === 0;
    if (misses) {
      await redis.cutOff();
      await sleep(500 + random(MISSED_MS_MAX - 500));
    }
    const ahead = await nodesAheadOf(Number(await redis.onReplica(META, 'revision')), stage);
    await redis.failOver();
    await redis.rejoin();
    if (misses) await expectTold(stage, ahead);
    const before = stage.acknowledged();
    const goesOn = await until(async () => {
      if (await someTell(stage)) await adopt(redis.url);
      return stage.acknowledged() > before;
    });
    if (!goesOn) stage.wrong(`no write is acknowledged ${SOON_MS / 1_000} s after a failover`);
    stage.harmed(misses ? 'failover to a replica that missed writes' : 'failover');
  }
  const isFollowed = await until(async () => {
    if (await someTell(stage)) await adopt(redis.url);
    return isServed(stage, await revisionOfPrimary(redis));
  });
  if (!isFollowed)
    stage.wrong(`the nodes do not follow the store ${SOON_MS / 1_000} s after the last failover`);
}

/** The revision of the primary: a node that holds a store for one that went back does not serve it. */
async function revisionOfPrimary(redis: FailoverRedis): Promise<number> {
  const script = `return tonumber(redis.call('HGET', KEYS[1], 'revision'))`;
  const reply = await (await redis.primary()).send(`EVAL "${script}" 1 ${META}`);
  return Number(reply.slice(1));
}

/** Whether each node serves this revision or a later one, and none tells of a store that went back. */
async function isServed(stage: Stage, revision: number): Promise<boolean> {
  const served = await readMetrics(
    stage,
    (text) => Number(/^lifeguard_revision (\d+)$/m.exec(text)?.[1]) >= revision,
  );
  return served.every((is) => is) && !(await someTell(stage));
}

/** The nodes that have seen what the new primary misses say so. */
async function expectTold(stage: Stage, ahead: readonly boolean[]): Promise<void> {
  let told: boolean[] = [];
  const all = await until(async () => {
    told = await tellings(stage);
    return ahead.every((isAhead, at) => !isAhead || told[at]);
  });
  if (!all)
    stage.wrong(
      `of the nodes ahead (${ahead}), these tell after ${SOON_MS / 1_000} s that the store went back: ${told}`,
    );
}

/** Whether each node serves a later revision than this one. */
function nodesAheadOf(revision: number, stage: Stage): Promise<boolean[]> {
  return readMetrics(stage, (text) => Number(/^lifeguard_revision (\d+)$/m.exec(text)?.[1]) > revision);
}

async function someTell(stage: Stage): Promise<boolean> {
  return (await tellings(stage)).some((tells) => tells);
}

/** Whether each node has the alarm of a store that went back. */
function tellings(stage: Stage): Promise<boolean[]> {
  return readMetrics(stage, (text) => text.includes('lifeguard_alarms{alarm="store_set_back"} 1'));
}

function readMetrics({ nodes }: Stage, read: (text: string) => boolean): Promise<boolean[]> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return Promise.all(
    nodes.map(async ({ process: node }) => {
      const text = await (await fetch(new URL('/metrics', node.api), { headers })).text();
      return read(text);
    }),
  );
}

async function adopt(url: string): Promise<void> {
  const store = openRedisStore(url, { prefix: PREFIX });
  try {
    await store.adopt();
  } catch (error) {
    // It is tried again as long as a node tells.
    if (!(error instanceof StoreUnavailable)) throw error;
  } finally {
    await store.close();
  }
}

async function until(isSo: () => Promise<boolean>): Promise<boolean> {
  for (const fromMs = performance.now(); performance.now() - fromMs < SOON_MS; await sleep(LOOK_MS))
    if (await isSo()) return true;
  return false;
}
