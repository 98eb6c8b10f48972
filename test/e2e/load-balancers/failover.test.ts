/** Failover of a load balancer over pools of real web servers, by real processes, from the death of the first to the return of all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { OUT_WITHIN_MS } from '../health/scenario.ts';

const NAME = 'shop.example.com';
/** Pools of the load balancer, in its order, and behind them the fallback pool. */
const HOSTS = ['127.0.0.1', '127.0.0.2', '127.0.0.3', '127.0.0.4'];

/**
 * Four checks that fail within a minute are a mass failure. It would put endpoints that went out before back into answers until
 * their next check fails (docs/FAILURES.md).
 */
const CONFIG = `
zones: [{ name: example.com, ns: [{ name: ns.example.com, addresses: [127.0.0.1] }] }]
health: { mass_failure: { enabled: false } }
`;

let directory: string;
let webs: WebServer[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-failover-'));
  webs = [];
  for (const host of HOSTS) webs.push(await startWeb(host));
});
afterEach(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  rmSync(directory, { recursive: true });
});

test('the first usable pool answers; without one the fallback pool does, whatever its health; and all of it goes back', async () => {
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, CONFIG);
  const node = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  const monitor = await create(node, '/monitors', {
    type: 'http',
    expected_codes: '2xx',
    interval: 1,
    timeout: 1,
    retries: 0,
    consecutive_down: 2,
  });
  const pools: string[] = [];
  for (const [i, { address, port }] of webs.entries()) {
    const origins = [{ name: 'web', address, port }];
    pools.push((await create(node, '/pools', { name: `pool${i}`, monitor: monitor.id, origins })).id);
  }
  await create(node, '', { name: NAME, default_pools: pools.slice(0, 3), fallback_pool: pools[3], ttl: 5 });
  /** Waits until a pool answers. Meanwhile each answer has one address: of a pool before, or of this one. */
  const expectPool = async (index: number, before: readonly number[]) => {
    const seen = new Set<string>();
    await vi.waitFor(
      async () => {
        const { rdata } = await dig(node.dns, NAME);
        seen.add(rdata.join(' '));
        expect(rdata).toEqual([HOSTS[index]]);
      },
      { timeout: OUT_WITHIN_MS, interval: 200 },
    );
    expect([index, ...before].map((each) => HOSTS[each])).toEqual(expect.arrayContaining([...seen]));
    const found = await dig(node.dns, NAME, '+tcp');
    expect(found.answer).toEqual([`${NAME}. 5 IN A ${HOSTS[index]}`]);
  };
  await expectPool(0, [1, 2, 3]);
  await webs[0]!.stop();
  await expectPool(1, [0]);
  await webs[1]!.stop();
  await expectPool(2, [1]);
  // The fallback pool goes first, and nobody sees it.
  await webs[3]!.stop();
  await webs[2]!.stop();
  await expectPool(3, [2]);
  expect(await dig(node.dns, NAME, 'AAAA')).toMatchObject({ status: 'NOERROR', answer: [] });
  await webs[1]!.start();
  await expectPool(1, [3]);
  await webs[0]!.start();
  await expectPool(0, [1]);
});
