/** Two nodes over a real Redis, of which one leads: each transition is reported once, whatever happens to the leader. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { call, readOwn, writeOwn } from '../../support/api.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses } from './scenario.ts';
import { allReported, makeSharpPool } from './watched.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
/** For what is a matter of an interval, or of the end of a lead, on a busy machine. */
const SOON = { timeout: 40_000, interval: 200 };
const ALL = ['127.0.0.1', '127.0.0.2'];

let directory: string;
let redis: RedisServer;
let webs: WebServer[];
/** The node that leads at first, and one that could. */
let leading: LifeguardProcess;
let other: LifeguardProcess;
/** All that was reported before the test began. */
let before: readonly string[];

const startNode = (name: string) =>
  startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, name) });
const leads = ({ log }: LifeguardProcess) =>
  vi.waitFor(
    () => expect(log.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/^This node is the leader/)),
    SOON,
  );
/** Waits until exactly these transitions are reported after those before; simultaneous ones in any order. */
const untilReported = (node: LifeguardProcess, ...transitions: string[]) =>
  vi.waitFor(async () => {
    const reported = await allReported(node);
    expect(reported.slice(0, before.length)).toEqual(before);
    expect(reported.slice(before.length).sort()).toEqual(transitions.toSorted());
  }, SOON);
/**
 * Waits until a node counts the worker as live. With a pool before that, where starting took long, the node raises an
 * alarm of which the end is reported only seconds into the next lead.
 */
const knowsWorker = (node: LifeguardProcess) =>
  vi.waitFor(async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const samples = samplesOf(await (await fetch(new URL('/metrics', node.api), { headers })).text());
    expect(samples.get('lifeguard_live_workers{region="eu"}')).toBe(1);
  }, SOON);
/** The alarm about a node that died, or is paused. */
const LOST = 'alarm node_lost: quiet raised';
/** What a node has written of what happened. */
const reportedIn = ({ log }: LifeguardProcess) => log.filter(({ msg }) => String(msg).endsWith(' changed'));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-reported-'));
  redis = await startRedis({ durable: true });
  webs = await Promise.all(ALL.map((address) => startWeb(address)));
  leading = await startNode('leading');
  await leads(leading);
  [other] = await Promise.all([
    startNode('other'),
    startLifeguard('monitor', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_REGION: 'eu' }),
  ]);
  await Promise.all([leading, other].map(knowsWorker));
  await makeSharpPool(leading, webs);
  before = await vi.waitFor(async () => {
    const reported = await allReported(leading);
    const health = reported.filter((line) => /^(endpoint|pool)/.test(line)).sort();
    const all = [
      'endpoint web-1: unknown healthy',
      'endpoint web-2: unknown healthy',
      'pool : unknown healthy',
    ];
    expect(health).toEqual(all);
    return reported;
  }, SOON);
  await expectAddresses(other.dns, ALL);
});
afterEach(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  await redis.stop();
  rmSync(directory, { recursive: true });
});

test('when the leading node is killed, transitions before, meanwhile and after are each reported once', async () => {
  await webs[1]!.stop();
  await expectAddresses(other.dns, [ALL[0]!]);
  // It may be reported by now, or not.
  await leading.end('SIGKILL');
  await webs[0]!.stop();
  await leads(other);
  const fell = [
    LOST,
    'endpoint web-2: healthy unhealthy',
    'endpoint web-1: healthy unhealthy',
    'pool : healthy unhealthy',
  ];
  await untilReported(other, ...fell);
  const again = await startNode('leading');
  await webs[1]!.start();
  await untilReported(other, ...fell, 'endpoint web-2: unhealthy healthy', 'pool : unhealthy healthy');
  expect(await readOwn(again, '/events?limit=1000')).toEqual(await readOwn(other, '/events?limit=1000'));
});

test('a paused leading node that wakes while another leads reports nothing, until it leads again', async () => {
  const begun = reportedIn(leading).length;
  await webs[1]!.stop();
  await expectAddresses(other.dns, [ALL[0]!]);
  // Paused between its report and the line about it, it would write the line when it wakes.
  await vi.waitFor(() => expect(reportedIn(leading).length).toBeGreaterThan(begun), SOON);
  leading.process.kill('SIGSTOP');
  await leads(other);
  const paused = reportedIn(leading).length;
  await webs[0]!.stop();
  const fell = [
    'endpoint web-2: healthy unhealthy',
    'endpoint web-1: healthy unhealthy',
    'pool : healthy unhealthy',
  ];
  await untilReported(other, ...fell, LOST);
  const leadNow = () => redis.send('HINCRBY {lifeguard}:lead token 0');
  const lead = await leadNow();
  expect(lead).not.toBe(':0');
  leading.process.kill('SIGCONT');
  // It knows of what it missed, and that it leads no more.
  await expectAddresses(leading.dns, []);
  await vi.waitFor(
    () =>
      expect(leading.log.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/no longer the leader/)),
    SOON,
  );
  await webs[1]!.start();
  const rose = [
    ...fell,
    LOST,
    'alarm node_lost: raised quiet',
    'endpoint web-2: unhealthy healthy',
    'pool : unhealthy healthy',
  ];
  await untilReported(other, ...rose);
  expect(await readOwn(leading, '/events?limit=1000')).toEqual(await readOwn(other, '/events?limit=1000'));
  expect(reportedIn(leading)).toHaveLength(paused);
  expect(await leadNow()).toBe(lead);

  // When it leads again it goes on from what the other reported, not from where it was.
  await other.end();
  await webs[0]!.start();
  await untilReported(leading, ...rose, 'endpoint web-1: unhealthy healthy');
});

test('the start and end of an override are each reported once, even if no node leads then', async () => {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  const why = { pool: 'web', owner: 'ann', reason: 'disk' };
  const timed = { ...why, endpoint: 'web-2', action: 'out', start: at(1_000), end: at(2_500) };
  await writeOwn(leading, 'POST', '/overrides', timed);
  const transitions = ['override web-2: pending active', 'override web-2: active ended'];
  await untilReported(other, ...transitions);
  const { id } = await writeOwn(other, 'POST', '/overrides', { ...why, action: 'maintenance' });
  transitions.push('override : pending active', 'pool : healthy maintenance');
  await untilReported(other, ...transitions);
  await leading.end('SIGKILL');
  await writeOwn(other, 'DELETE', `/overrides/${id}`);
  await untilReported(other, ...transitions, LOST, 'override : active deleted', 'pool : maintenance healthy');
  const { events } = await readOwn(other, '/events?kind=override');
  expect(events).toMatchObject([
    { override: id, owner: 'ann', now: 'deleted', reason: 'it was deleted' },
    { override: id, now: 'active', reason: 'disk' },
    { endpoint: 'web-2', now: 'ended', reason: 'its end time has passed' },
    { endpoint: 'web-2', now: 'active', reason: 'disk' },
  ]);
});

test('an emptied store has an alarm until it is configured again, and transitions are still reported', async () => {
  const reported = async () => (await allReported(other)).filter((line) => !/^(worker|region)/.test(line));
  const untilSince = (...transitions: string[]) =>
    vi.waitFor(async () => expect(await reported()).toEqual(transitions), SOON);
  const document = await readOwn(other, '/export');
  await redis.send('FLUSHALL');
  const raised = 'alarm store_emptied: quiet raised';
  await untilSince(raised);
  await expectAddresses(leading.dns, ALL);
  const { events } = await readOwn(other, '/events?kind=alarm');
  expect(events).toMatchObject([
    { pools: ['web'], reason: expect.stringMatching(/^The store is empty but was not/) },
  ]);
  await webs[1]!.stop();
  const fell = 'endpoint web-2: healthy unhealthy';
  await untilSince(raised, fell);
  await expectAddresses(leading.dns, [ALL[0]!]);

  await writeOwn(other, 'POST', '/apply', document);
  const first = [
    'endpoint web-1: unknown healthy',
    'endpoint web-2: unhealthy deleted',
    'endpoint web-2: unknown unhealthy',
    'pool : unknown healthy',
  ];
  // It is another pool now, of the same name.
  const over = 'alarm store_emptied: raised quiet';
  await vi.waitFor(async () => {
    const all = await reported();
    expect(all.slice(0, 2)).toEqual([raised, fell]);
    expect(all.slice(2).sort()).toEqual([over, ...first]);
  }, SOON);
  await expectAddresses(leading.dns, [ALL[0]!]);
  expect((await call(leading, 'GET', '/pools')).result).toMatchObject([{ name: 'web' }]);
});
