import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../support/api.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, makePool } from '../health/scenario.ts';

let directory: string;
let redis: RedisServer;
let node: LifeguardProcess;
let worker: LifeguardProcess;
let webs: WebServer[];
const soon = { timeout: 40_000, interval: 100 };

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-refuses-'));
  mkdirSync(join(directory, 'redis'));
  redis = await startRedis({ args: ['--dir', join(directory, 'redis'), '--save', '3600 1000000'] });
  // Each process has a user of its own, whose rights change.
  for (const user of ['node', 'worker']) await redis.send(`ACL SETUSER ${user} on >secret ~* &* +@all`);
  webs = [await startWeb('127.0.0.1'), await startWeb('127.0.0.2')];
  const env = (user: string) => ({
    LIFEGUARD_REDIS_URL: redis.url.replace('://', `://${user}:secret@`),
    LIFEGUARD_DATA_DIR: join(directory, user),
  });
  node = await startLifeguard('serve', env('node'));
  worker = await startLifeguard('monitor', env('worker'));
  await makePool(node, webs);
  await expectAddresses(node.dns, ['127.0.0.1', '127.0.0.2'], 10_000);
});
afterAll(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  await redis.stop();
  rmSync(directory, { recursive: true });
});

const headers = { authorization: `Bearer ${TOKEN}` };
const metrics = async () => samplesOf(await (await fetch(new URL('/metrics', node.api), { headers })).text());
const metric = async (name: string) => (await metrics()).get(`lifeguard_${name}`);
const readiness = async () => (await fetch(new URL('/readyz', node.api))).json();
const write = async () => {
  const body = JSON.stringify({ type: 'tcp', port: 80 });
  const answer = await fetch(`${node.api}/monitors`, { method: 'POST', headers, body });
  return { status: answer.status, ...((await answer.json()) as { errors: readonly object[] }) };
};
const refused = (why: string) => ({
  status: 503,
  errors: [{ code: 1510, message: `The store refuses this: ${why}. Nothing was written.` }],
});

interface AlarmEvent {
  readonly alarm: string;
  readonly about: string;
  readonly now: string;
}
const alarmEvents = async (): Promise<readonly AlarmEvent[]> => {
  const answer = await fetch(new URL('/lifeguard/v1/events?kind=alarm', node.api), { headers });
  return ((await answer.json()) as { result: { events: AlarmEvent[] } }).result.events;
};
/** The newest event of the node's own alarm. */
const newestOf = async (alarm: string) =>
  (await alarmEvents()).find((each) => each.alarm === alarm && each.about === '');

/** The node takes writes, nothing is raised, and the worker votes. */
async function expectWell(): Promise<void> {
  await expect.poll(readiness, soon).toEqual({ ready: true });
  await expect.poll(() => metric('alarms{alarm="store_refuses"}'), soon).toBe(0);
  await expect.poll(async () => voting(await metrics()), soon).toBe(1);
}

/** Live workers that have a vote. */
function voting(samples: ReadonlyMap<string, number>): number {
  const sum = (name: string) =>
    [...samples].reduce((all, [key, value]) => (key.startsWith(`lifeguard_${name}{`) ? all + value : all), 0);
  return sum('live_workers') - sum('abstaining_workers');
}

const ROWS: readonly { what: string; why: string; refuse(): Promise<unknown>; allow(): Promise<unknown> }[] =
  [
    {
      what: 'has fewer replicas than min-replicas-to-write',
      why: 'Redis has fewer replicas in reach than its min-replicas-to-write',
      refuse: () => redis.send('CONFIG SET min-replicas-to-write 1'),
      allow: () => redis.send('CONFIG SET min-replicas-to-write 0'),
    },
    {
      what: 'is a replica',
      why: 'Redis is a read-only replica',
      refuse: () => redis.send('REPLICAOF 127.0.0.1 1'),
      allow: () => redis.send('REPLICAOF NO ONE'),
    },
    {
      what: 'forbids a command that comes late in a script',
      why: 'The Redis user lacks a permission that Lifeguard needs (ACL)',
      refuse: () => redis.send('ACL SETUSER node -xadd -hset'),
      allow: () => redis.send('ACL SETUSER node +xadd +hset'),
    },
    {
      what: 'could not save',
      why: 'Redis cannot save its data to disk',
      refuse: async () => {
        mkdirSync(join(directory, 'redis', 'dump.rdb'));
        await redis.send('BGSAVE');
        const status = `EVAL "return string.match(redis.call('INFO','persistence'),'last_bgsave_status:(%a+)')" 0`;
        await expect.poll(() => redis.send(status), soon).toBe('$3');
      },
      allow: () => redis.send('CONFIG SET stop-writes-on-bgsave-error no'),
    },
  ];

test.each(ROWS)(
  'a Redis that $what is reported as refusing writes, not as away',
  async ({ why, refuse, allow }) => {
    await expectWell();
    await refuse();
    await expect.poll(write, soon).toMatchObject(refused(why));
    await expect.poll(readiness, soon).toEqual({ ready: true, store: `The store refuses writes: ${why}.` });
    await expect.poll(() => metric('alarms{alarm="store_refuses"}'), soon).toBeGreaterThan(0);
    expect((await call(node, 'GET', '/pools')).result).toHaveLength(1);
    await allow();
    await expectWell();
  },
  60_000,
);

test('a worker that may not publish kept its vote, since its lease was still renewed', async () => {
  await expectWell();
  await redis.send('ACL SETUSER worker -xadd');
  await webs[1]!.stop();
  await expect.poll(async () => voting(await metrics()), soon).toBe(0);
  await expect.poll(() => metric('alarms{alarm="store_refuses"}'), soon).toBe(1);
  await expect.poll(() => metric('alarms{alarm="no_workers"}'), soon).toBe(1);
  await expect.poll(() => metric('endpoints_stale'), soon).toBe(2);
  await expectAddressesNow(node.dns, ['127.0.0.1', '127.0.0.2']);
  expect(worker.log.filter(({ why }) => String(why).includes('permission'))).not.toEqual([]);
  await redis.send('ACL SETUSER worker +xadd');
  await expectAddresses(node.dns, ['127.0.0.1'], 15_000);
  await webs[1]!.start();
  await expectAddresses(node.dns, ['127.0.0.1', '127.0.0.2'], 15_000);
}, 60_000);

test('while Redis was full health stood still, without an alarm, staleness or missing workers', async () => {
  await expectWell();
  // A node that has the lead again tells the end of an alarm some seconds later; until then another cause is no new alarm.
  await expect.poll(() => newestOf('store_refuses'), soon).toMatchObject({ now: 'quiet' });
  await redis.send('CONFIG SET maxmemory 1');
  await webs[1]!.stop();
  await expect.poll(write, soon).toMatchObject(refused('Redis is out of memory'));
  await expect.poll(async () => voting(await metrics()), soon).toBe(0);
  await expect.poll(() => metric('endpoints_stale'), soon).toBe(2);
  await expect.poll(() => metric('alarms{alarm="store_refuses"}'), soon).toBe(1);
  await expectAddressesNow(node.dns, ['127.0.0.1', '127.0.0.2']);
  await redis.send('CONFIG SET maxmemory 0');
  await expectAddresses(node.dns, ['127.0.0.1'], 15_000);
  await expectWell();
  const told = async () => JSON.stringify(await alarmEvents());
  await expect.poll(told, soon).toContain('Redis is out of memory');
}, 60_000);
