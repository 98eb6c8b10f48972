/**
 * Failover between sites by real processes: pools on real nginx, workers of two regions, one of them in a site with a network of its
 * own that is cut. Takes root and `ip`; nothing leaves this test's network.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { enterOwnNetwork } from '../../probe/icmp/own-network.ts';
import { create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { type Nginx, startNginx } from '../../support/server/nginx.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { OUT_WITHIN_MS } from '../health/scenario.ts';
import { HUB, ip, ipOf, plugIn, SPOKE } from '../health/spoke.ts';

const NAME = 'shop.example.com';
const PORT = 8080;
/** The site that is cut has the first pool; the others are on this side. */
const SITES = { eu: SPOKE, us: '198.51.100.2', ap: '198.51.100.3' } as const;
type Site = keyof typeof SITES;
/** Other checks fail at the same time here on purpose. */
const CONFIG = `
zones: [{ name: example.com, ns: [{ name: ns.example.com, addresses: [127.0.0.1] }] }]
health: { mass_failure: { enabled: false } }
`;

const isAlone = enterOwnNetwork();

describe.runIf(isAlone)('three sites', () => {
  let directory: string;
  let redis: RedisServer;
  let serve: LifeguardProcess;
  let away: LifeguardProcess;
  const running = new Map<Site, Nginx>();

  async function start(site: Site): Promise<void> {
    const address = SITES[site];
    const prefix = site === 'eu' ? ['nsenter', '--net', '--target', String(away.process.pid)] : [];
    const block = `server { listen ${address}:${PORT}; location / { return 200 "${site}"; } }`;
    running.set(site, await startNginx([block], {}, { prefix, asked: { address, port: PORT } }));
  }

  /** Has all that the far site sends vanish (add), or not any more (del). An interface that is down would be this side's own fault. */
  function cut(how: 'add' | 'del'): void {
    ipOf(away.process.pid!, 'route', how, 'blackhole', `${HUB}/32`);
  }

  async function stop(site: Site): Promise<void> {
    await running.get(site)?.stop();
    running.delete(site);
  }

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-regions-'));
    const config = join(directory, 'lifeguard.yaml');
    writeFileSync(config, CONFIG);
    for (const address of [SITES.us, SITES.ap]) ip('address', 'replace', `${address}/32`, 'dev', 'lo');
    redis = await startRedis({ args: ['--bind', '0.0.0.0', '--protected-mode', 'no'] });
    const monitor = (host: string, region: string) => ({
      LIFEGUARD_REDIS_URL: `redis://${host}:${redis.port}`,
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_REGION: region,
    });
    [serve, away] = await Promise.all([
      startLifeguard('serve', {
        LIFEGUARD_CONFIG: config,
        LIFEGUARD_REDIS_URL: redis.url,
        LIFEGUARD_DATA_DIR: join(directory, 'serve'),
      }),
      startLifeguard('monitor', monitor(HUB, 'WEU'), ['unshare', '--net']),
      startLifeguard('monitor', monitor('127.0.0.1', 'ENAM')),
    ]);
    plugIn(away.process.pid!);
    for (const site of ['eu', 'us', 'ap'] as const) await start(site);
  });
  afterEach(async () => {
    await endAll();
    for (const site of [...running.keys()]) await stop(site);
    await redis.stop();
    rmSync(directory, { recursive: true });
  });

  /** Waits until a site answers. Meanwhile each answer is of one of the sites before, or of this one. */
  async function expectSite(site: Site, before: readonly Site[]): Promise<void> {
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        const { rdata } = await dig(serve.dns, NAME);
        seen.add(rdata.join(' '));
        expect(rdata).toEqual([SITES[site]]);
      },
      // Where a region is cut off, its vote counts until its lease ends.
      { timeout: OUT_WITHIN_MS + LEASE_MS, interval: 200 },
    );
    expect([site, ...before].map((each) => SITES[each])).toEqual(expect.arrayContaining([...seen]));
    expect((await dig(serve.dns, NAME, '+tcp')).rdata).toEqual([SITES[site]]);
  }

  test('the first site with a pool that is well answers, whatever fails: its server, its whole network, or all of them', async () => {
    const monitor = await create(serve, '/monitors', {
      type: 'http',
      port: PORT,
      expected_codes: '200',
      interval: 1,
      timeout: 1,
      retries: 0,
      consecutive_down: 2,
    });
    const pools: string[] = [];
    for (const [site, address] of Object.entries(SITES)) {
      const origins = [{ name: 'web', address }];
      pools.push((await create(serve, '/pools', { name: site, monitor: monitor.id, origins })).id);
    }
    await create(serve, '', { name: NAME, default_pools: pools, fallback_pool: pools[2], ttl: 5 });
    // Before the first results the fallback pool answers, then what is known first.
    await expectSite('eu', ['us', 'ap']);
    await stop('us');
    await stop('eu');
    await expectSite('ap', ['eu', 'us']);
    await start('us');
    await expectSite('us', ['ap']);
    await start('eu');
    await expectSite('eu', ['us']);
    // The whole site is gone, its worker too: the other region's vote decides alone.
    cut('add');
    await expectSite('us', ['eu']);
    // Everything is down: the fallback pool answers, whatever its health.
    await stop('ap');
    await stop('us');
    await expectSite('ap', ['us']);
    cut('del');
    await expectSite('eu', ['ap']);
    await start('us');
    await start('ap');
    await expectSite('eu', []);
  });
});
