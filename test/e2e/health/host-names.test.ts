/** Endpoints whose address is a host name, over whole processes which ask a DNS server of this test's own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { call, create, readOwn } from '../../support/api.ts';
import { runCommand } from '../../support/command-line.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { type Reply, type ScriptedDns, startScriptedDns } from '../../support/server/scripted-dns.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { NAME } from './scenario.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const HOST = 'backend.test';
const [A, B, SIX] = ['127.0.0.1', '127.0.0.2', '::1'];
const SOON_MS = 40_000;

/** Makes a program see a resolv.conf of its own. */
const through = (file: string) => [
  'unshare',
  '-rm',
  'sh',
  '-c',
  `mount --bind ${file} /etc/resolv.conf && exec "$@"`,
  'sh',
];

function canBeTold(): boolean {
  try {
    execFileSync('unshare', ['-rm', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(canBeTold())('a host name as endpoint', () => {
  let directory: string;
  let names: ScriptedDns;
  let silent: ScriptedDns;
  let redis: RedisServer;
  let serve: LifeguardProcess;
  let monitor: LifeguardProcess;
  let web: WebServer;
  let other: WebServer;
  let six: WebServer;
  let pool: { readonly id: string };

  const say = (replies: Readonly<Record<string, Reply>>) => names.say(replies);
  const startMonitor = () =>
    startLifeguard(
      'monitor',
      {
        LIFEGUARD_REDIS_URL: redis.url,
        LIFEGUARD_REGION: 'WEU',
        LIFEGUARD_DATA_DIR: join(directory, 'monitor'),
      },
      through(join(directory, 'resolv.conf')),
    );
  const answers = async (type: 'A' | 'AAAA') =>
    (await dig(serve.dns, NAME, type, '+time=5')).rdata.toSorted();
  const expectAnswers = (a: readonly string[], aaaa: readonly string[]) =>
    vi.waitFor(async () => expect([await answers('A'), await answers('AAAA')]).toEqual([a, aaaa]), {
      timeout: SOON_MS,
      interval: 100,
    });
  const explained = async (type = 'A') => {
    const { pools } = await readOwn(serve, `/explain?name=${NAME}&type=${type}`);
    return pools[0].endpoints[0];
  };

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-names-'));
    [names, silent, redis] = await Promise.all([startScriptedDns(), startScriptedDns(), startRedis()]);
    silent.say({ A: 'silent', AAAA: 'silent' });
    web = await startWeb(A);
    [other, six] = [await startWeb(B, web.port), await startWeb(SIX, web.port)];
    // The first of two name servers never answers.
    writeFileSync(join(directory, 'resolv.conf'), `nameserver ${silent.at}\nnameserver ${names.at}\n`);
    say({ A: [A, B], AAAA: [SIX] });
    serve = await startLifeguard('serve', {
      LIFEGUARD_REDIS_URL: redis.url,
      LIFEGUARD_DATA_DIR: join(directory, 'serve'),
    });
    monitor = await startMonitor();
    const { id } = await create(serve, '/monitors', {
      type: 'http',
      expected_codes: '2xx',
      interval: 1,
      timeout: 1,
      retries: 0,
    });
    pool = await create(serve, '/pools', {
      name: 'web',
      monitor: id,
      origins: [{ name: 'backend', address: HOST, port: web.port }],
    });
  });
  afterAll(async () => {
    await endAll();
    await Promise.all([web, other, six].map((each) => each?.stop()));
    await Promise.all([names, silent].map((each) => each?.stop()));
    await redis?.stop();
    rmSync(directory, { recursive: true });
  });

  test('is answered with its healthy addresses of both families, even if the first name server is silent', async () => {
    await expectAnswers([A, B], [SIX]);
  });

  test('loses a dead address from all answers (before: 70 of 80 were empty, and 10 had the dead one)', async () => {
    await other.stop();
    await expectAnswers([A], [SIX]);
    // A resolver that rotates its answers makes no difference.
    const seen = new Set<string>();
    for (let round = 0; round < 8; round += 1) {
      say({ A: round % 2 === 0 ? [A, B] : [B, A], AAAA: [SIX] });
      for (const each of await Promise.all(Array.from({ length: 10 }, () => answers('A'))))
        seen.add(each.join(' '));
    }
    expect([...seen]).toEqual([A]);
  });

  test('has separate addresses in health, events and explain', async () => {
    const { result } = await call(serve, 'GET', `/pools/${pool.id}/health`);
    expect(result.pop_health.WEU.origins[0][HOST]).toMatchObject({
      healthy: true,
      failure_reason: 'No failures',
      addresses: [
        { address: A, healthy: true, failure_reason: 'No failures', response_code: 200 },
        { address: B, healthy: false, failure_reason: 'TCP connection failed', response_code: 0 },
        { address: SIX, healthy: true, failure_reason: 'No failures' },
      ],
    });
    const { events } = await readOwn(serve, '/events?kind=health&limit=100');
    expect(events).toContainEqual(
      expect.objectContaining({
        endpoint: 'backend',
        address: HOST,
        resolved: B,
        was: 'healthy',
        now: 'unhealthy',
      }),
    );
    expect(await explained()).toMatchObject({
      in: true,
      why: 'healthy',
      resolved_to: [A, B, SIX],
      addresses: [
        { address: A, in: true, healthy: true },
        { address: B, in: false, healthy: false },
        { address: SIX, in: true, healthy: true },
      ],
      unprobed_addresses: 0,
    });
    const told = await runCommand(serve, ['explain', NAME]);
    expect(told.stdout).toMatch(/^backend +127\.0\.0\.2 +no +- +unhealthy .*WEU no \(TCP connection failed/m);
    expect((await runCommand(serve, ['health', 'web'])).stdout).toMatch(
      /^WEU +- +127\.0\.0\.2 +no .*failed/m,
    );
    const metrics = await fetch(new URL('/metrics', serve.api), {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(await metrics.text()).toContain('lifeguard_host_name_addresses{state="unhealthy"} 1\n');
    await six.stop();
    await expectAnswers([A], []);
    expect(await explained('AAAA')).toMatchObject({ in: false, why: 'addresses_unhealthy' });
    await Promise.all([six.start(), other.start()]);
    await expectAnswers([A, B], [SIX]);
  });

  test.each<{ says: Reply }>([{ says: 'silent' }, { says: 'referral' }, { says: 'NOTAUTH' }])(
    'without an answer of DNS servers ($says), its last known addresses are probed, and explain says since when',
    async ({ says }) => {
      await expectAnswers([A, B], [SIX]);
      say({ A: says, AAAA: says });
      await vi.waitFor(
        async () => {
          const [worker] = (await explained()).monitors[0].regions[0].workers;
          expect(worker.addresses_kept).toMatchObject({ since: expect.any(String), why: expect.any(String) });
          expect(worker.fault).toBeNull();
        },
        { timeout: SOON_MS, interval: 200 },
      );
      expect([await answers('A'), await answers('AAAA')]).toEqual([[A, B], [SIX]]);
      await other.stop();
      await expectAnswers([A], [SIX]);
      await other.start();
      await expectAnswers([A, B], [SIX]);
      say({ A: [A, B], AAAA: [SIX] });
    },
  );

  test('has its addresses from the store when a worker starts without an answer of DNS servers', async () => {
    await expectAnswers([A, B], [SIX]);
    await monitor.end();
    say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    monitor = await startMonitor();
    await other.stop();
    await expectAnswers([A], [SIX]);
    await other.start();
    await expectAnswers([A, B], [SIX]);
  });

  test('loses its addresses after NXDOMAIN', async () => {
    say({ A: 'NXDOMAIN', AAAA: 'NXDOMAIN' });
    await expectAnswers([], []);
    const { why, monitors } = await explained();
    expect([why, monitors[0].regions[0].workers[0].addresses_kept]).toEqual(['unhealthy', null]);
    say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect([await answers('A'), await answers('AAAA')]).toEqual([[], []]);
    say({ A: [B] });
    await expectAnswers([B], []);
  });
});
