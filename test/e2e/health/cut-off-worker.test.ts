/** A worker in a network of its own that is cut, in part or whole. Takes root and `ip`; nothing of it leaves this test's network. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { enterOwnNetwork } from '../../probe/icmp/own-network.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses } from './scenario.ts';
import { HUB, ip, ipOf, plugIn } from './spoke.ts';
import { expectReports, makeSharpPool, transitions, watchAnswers, workersOf } from './watched.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const SOON_MS = 40_000;
/** Where endpoints and what the worker must reach are (TEST-NET-2, RFC 5737). */
const FAR = '198.51.100.0/24';
const ENDPOINTS = ['198.51.100.1', '198.51.100.2', '198.51.100.3'];
const REFERENCE = '198.51.100.9';

const isAlone = enterOwnNetwork();

describe.runIf(isAlone)('a worker that is cut off', () => {
  let directory: string;
  let redis: RedisServer;
  let serve: LifeguardProcess;
  let worker: LifeguardProcess;
  let other: LifeguardProcess;
  let webs: WebServer[];
  let reference: WebServer;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-cut-off-'));
    for (const address of [...ENDPOINTS, REFERENCE]) ip('address', 'replace', `${address}/32`, 'dev', 'lo');
    const first = await startWeb(ENDPOINTS[0]!);
    webs = [first, await startWeb(ENDPOINTS[1]!), await startWeb(ENDPOINTS[2]!)];
    reference = await startWeb(REFERENCE);
    redis = await startRedis({ args: ['--bind', '0.0.0.0', '--protected-mode', 'no'] });
    const config = join(directory, 'monitor.yaml');
    writeFileSync(config, `monitor: { references: ["tcp://${REFERENCE}:${reference.port}"] }\nzones: []\n`);
    const monitor = (host: string) => ({
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_REDIS_URL: `redis://${host}:${redis.port}`,
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_REGION: 'eu',
    });
    [serve, worker, other] = await Promise.all([
      startLifeguard('serve', {
        LIFEGUARD_REDIS_URL: redis.url,
        LIFEGUARD_DATA_DIR: join(directory, 'serve'),
      }),
      startLifeguard('monitor', monitor(HUB), ['unshare', '--net']),
      startLifeguard('monitor', monitor('127.0.0.1')),
    ]);
    plugIn(worker.process.pid!);
    await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(2), {
      timeout: SOON_MS,
      interval: 200,
    });
    await makeSharpPool(serve, webs);
    await expectAddresses(serve.dns, ENDPOINTS, SOON_MS);
    await expectReports(serve, ['eu'], SOON_MS);
  });
  afterEach(async () => {
    await endAll();
    for (const web of [...webs, reference]) await web.stop();
    await redis.stop();
    rmSync(directory, { recursive: true });
  });

  test('from its endpoints abstains, and votes again when it reaches them', async () => {
    await other.end();
    await expectReports(serve, ['eu'], SOON_MS);
    const answers = watchAnswers(serve);
    ipOf(worker.process.pid!, 'route', 'add', 'unreachable', FAR);
    await vi.waitFor(
      async () =>
        expect(await transitions(serve, 'worker')).toContainEqual(expect.stringMatching(/ abstaining$/)),
      {
        timeout: SOON_MS,
        interval: 100,
      },
    );
    ipOf(worker.process.pid!, 'route', 'del', 'unreachable', FAR);
    await expectReports(serve, ['eu'], SOON_MS);
    expect(await answers.stop()).toEqual(new Set([ENDPOINTS.join(' ')]));
    await webs[1]!.stop();
    await expectAddresses(serve.dns, [ENDPOINTS[0]!, ENDPOINTS[2]!], SOON_MS);
  });

  test('from everything loses its checks to the other worker, and gets them back later', async () => {
    const answers = watchAnswers(serve);
    ip('link', 'set', 'hub', 'down');
    await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(1), {
      timeout: SOON_MS,
      interval: 200,
    });
    await expectReports(serve, ['eu'], SOON_MS);
    expect(await answers.stop()).toEqual(new Set([ENDPOINTS.join(' ')]));
    await webs[1]!.stop();
    await expectAddresses(serve.dns, [ENDPOINTS[0]!, ENDPOINTS[2]!], SOON_MS);
    const after = watchAnswers(serve);
    ip('link', 'set', 'hub', 'up');
    await vi.waitFor(async () => expect(await workersOf(serve)).toHaveLength(2), {
      timeout: SOON_MS,
      interval: 200,
    });
    await expectReports(serve, ['eu'], SOON_MS);
    expect(await after.stop()).toEqual(new Set([`${ENDPOINTS[0]} ${ENDPOINTS[2]}`]));
  });
});
