import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { type RedisServer, startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { watchMethods } from './sdk-methods.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PREFIX = '/client/v4';
/** Pools made to be listed page by page. */
const MANY = 7;

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-sdk-'));
let web: WebServer;
let redis: RedisServer;
beforeAll(async () => {
  web = await startWeb('127.0.0.1');
  redis = await startRedis();
});
afterAll(async () => {
  await endAll();
  await redis.stop();
  await web.stop();
  rmSync(directory, { recursive: true });
});

const PROCESSES: Readonly<Record<string, () => Promise<LifeguardProcess>>> = {
  all: () => startLifeguard('all', { LIFEGUARD_DATA_DIR: join(directory, 'all') }),
  'serve and monitor over Redis': async () => {
    const env = { LIFEGUARD_REDIS_URL: redis.url };
    await startLifeguard('monitor', { ...env, LIFEGUARD_DATA_DIR: join(directory, 'monitor') });
    return startLifeguard('serve', { ...env, LIFEGUARD_DATA_DIR: join(directory, 'serve') });
  },
};

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

describe.each(Object.entries(PROCESSES))('%s', (_, start) => {
  let base: string;
  let client: Cloudflare;
  let methods: ReturnType<typeof watchMethods>;
  let account_id: string;
  beforeAll(async () => {
    const { api } = await start();
    base = api.slice(0, api.indexOf(PREFIX) + PREFIX.length);
    client = new Cloudflare({ apiToken: TOKEN, baseURL: base, maxRetries: 0 });
    methods = watchMethods(client);
    const [account] = await all(client.accounts.list());
    account_id = account!.id;
  });

  test('account and tokens', async () => {
    expect(await client.accounts.get({ account_id })).toMatchObject({ id: account_id });
    expect(await client.user.tokens.verify()).toMatchObject({ status: 'active' });
    expect(await client.accounts.tokens.verify({ account_id })).toMatchObject({ status: 'active' });
  });

  test('monitors, pools and groups are created, read, changed, listed, previewed, checked and deleted', async () => {
    const { monitors, pools, monitorGroups, previews, searches } = client.loadBalancers;
    const monitor = await monitors.create({
      account_id,
      type: 'http',
      description: 'web',
      expected_codes: '2xx',
      port: web.port,
      interval: 1,
      timeout: 1,
      retries: 0,
    });
    const id = monitor.id!;
    expect(await monitors.get(id, { account_id })).toEqual(monitor);
    expect(await all(monitors.list({ account_id }))).toEqual([monitor]);
    expect(await monitors.edit(id, { account_id, expected_body: '' })).toEqual(monitor);
    const replaced = await monitors.update(id, {
      account_id,
      type: 'http',
      description: 'web pages',
      expected_codes: '2xx',
      port: web.port,
      interval: 1,
      timeout: 1,
      retries: 0,
    });
    expect(replaced).toEqual({ ...monitor, description: 'web pages', modified_on: replaced.modified_on });

    const origins = [
      { name: 'up', address: '127.0.0.1', header: { Host: ['a.example.org'] } },
      { name: 'down', address: '127.0.0.9' },
    ];
    const pool = await pools.create({
      account_id,
      name: 'web',
      monitor: id,
      origins,
      latitude: 0,
      longitude: 0,
    });
    const poolId = pool.id!;
    expect(pool).toMatchObject({ name: 'web', latitude: 0, longitude: 0, monitor: id });
    const written = { account_id, name: 'web', monitor: id, origins };
    expect(await pools.update(poolId, written)).not.toHaveProperty('latitude');
    expect(await pools.edit(poolId, { account_id, notification_email: 'a@example.org' })).toMatchObject({
      notification_email: 'a@example.org',
    });
    expect(await all(pools.bulkEdit({ account_id, notification_email: '' }))).toMatchObject([
      { id: poolId, notification_email: '' },
    ]);
    expect(await all(pools.references.get(poolId, { account_id }))).toMatchObject([
      { reference_type: 'referral', resource_type: 'monitor', resource_id: id },
    ]);
    expect(await all(monitors.references.get(id, { account_id }))).toMatchObject([
      { reference_type: 'referrer', resource_type: 'pool', resource_id: poolId },
    ]);

    await expect
      .poll(() => pools.health.get(poolId, { account_id }).catch(() => undefined), { timeout: 40_000 })
      .toMatchObject({
        pool_id: poolId,
        pop_health: {
          local: {
            healthy: true,
            origins: [{ '127.0.0.1': { healthy: true } }, { '127.0.0.9': { healthy: false } }],
          },
        },
      });
    for (const begun of [
      await pools.health.create(poolId, { account_id, type: 'tcp', port: web.port }),
      await monitors.previews.create(id, { account_id, description: 'tried' }),
    ]) {
      expect(begun.pools).toEqual({ [poolId]: 'web' });
      await expect
        .poll(() => previews.get(begun.preview_id!, { account_id }), { timeout: 40_000 })
        .toMatchObject({ [poolId]: { healthy: true } });
    }

    const member = { monitor_id: id, enabled: true, monitoring_only: false, must_be_healthy: true };
    const group = await monitorGroups.create({ account_id, description: 'both', members: [member] });
    expect(await monitorGroups.get(group.id, { account_id })).toEqual(group);
    expect(await all(monitorGroups.list({ account_id }))).toEqual([group]);
    const same = { account_id, description: 'one', members: group.members };
    expect(await monitorGroups.edit(group.id, same)).toMatchObject({ description: 'one' });
    expect(await monitorGroups.update(group.id, { ...same, description: 'both' })).toMatchObject({
      members: group.members,
    });
    expect(await all(monitorGroups.references.get(group.id, { account_id }))).toMatchObject([
      { reference_type: 'referral', resource_id: id },
    ]);
    expect(await all(searches.list({ account_id, query: 'we', references: '*' }))).toMatchObject([
      { resource_id: poolId, references: [{ resource_id: id }] },
      { resource_id: id },
    ]);
    await expect(monitors.delete(id, { account_id })).rejects.toMatchObject({
      status: 412,
      errors: [{ code: 1005 }],
    });
    expect(await monitorGroups.delete(group.id, { account_id })).toMatchObject({ id: group.id });
    expect(await pools.delete(poolId, { account_id })).toEqual({ id: poolId });
    expect(await monitors.delete(id, { account_id })).toEqual({ id });
  });

  test('lists are read to their ends', async () => {
    const { pools, searches } = client.loadBalancers;
    const origins = [{ name: 'a', address: '192.0.2.1' }];
    const names = Array.from({ length: MANY }, (_, i) => `page-${i}`);
    for (const name of names) await pools.create({ account_id, name, origins });
    expect((await all(pools.list({ account_id }))).map(({ name }) => name)).toEqual(names);
    const found = await all(searches.list({ account_id, query: 'page-', per_page: 3 }));
    expect(found).toHaveLength(MANY);
    for (const { id } of await all(pools.list({ account_id }))) await pools.delete(id!, { account_id });
  });

  test('regions', async () => {
    const { regions } = client.loadBalancers;
    expect(await regions.list({ account_id })).toMatchObject({ regions: expect.any(Array) });
    expect(await regions.get('WEU', { account_id })).toMatchObject({ regions: [{ region_code: 'WEU' }] });
  });

  test('zones', async () => {
    const { zones } = client;
    const zone = await zones.create({ account: { id: account_id }, name: 'made.example.net', type: 'full' });
    expect(await zones.get({ zone_id: zone.id })).toEqual(zone);
    expect(await zones.edit({ zone_id: zone.id, paused: true })).toMatchObject({ paused: true });
    expect((await all(zones.list({ per_page: 1 }))).map(({ name }) => name)).toEqual([
      'example.com',
      'made.example.net',
    ]);
    expect(await zones.delete({ zone_id: zone.id })).toEqual({ id: zone.id });
  });

  test('errors have the classes of the client', async () => {
    const { pools } = client.loadBalancers;
    const origins = [{ name: 'a', address: '192.0.2.1' }];
    const none = 'f'.repeat(32);
    await expect(pools.get(none, { account_id })).rejects.toBeInstanceOf(Cloudflare.NotFoundError);
    await expect(pools.create({ account_id, name: 'a b', origins })).rejects.toBeInstanceOf(
      Cloudflare.BadRequestError,
    );
    const stranger = new Cloudflare({ apiToken: 'wrong', baseURL: base, maxRetries: 0 });
    await expect(stranger.user.tokens.verify()).rejects.toBeInstanceOf(Cloudflare.AuthenticationError);
    await expect(stranger.loadBalancers.pools.get(none, { account_id })).rejects.toBeInstanceOf(
      Cloudflare.PermissionDeniedError,
    );
  });

  test('every method of the client was called', () => {
    expect(methods.all.length).toBeGreaterThan(35);
    expect(methods.all.filter((method) => !methods.called.has(method))).toEqual([]);
  });

  test('curl uses the paths below the user, which the client does not know', async () => {
    const curl = async (...words: string[]) => {
      const { stdout } = await runProgram('curl', ['-s', '-H', `Authorization: Bearer ${TOKEN}`, ...words]);
      return JSON.parse(stdout) as { success: boolean; result: { id: string }; result_info?: object };
    };
    const pools = `${base}/user/load_balancers/pools`;
    const { result } = await curl(
      pools,
      '-d',
      '{"name":"curled","origins":[{"name":"a","address":"192.0.2.1"}]}',
    );
    expect(await curl(`${pools}?page=2&per_page=1`)).toMatchObject({
      result: [],
      result_info: { total_count: 1 },
    });
    const one = `${pools}/${result.id}`;
    expect(await curl('-X', 'PATCH', one, '-d', '{"enabled":false}')).toMatchObject({
      result: { enabled: false },
    });
    expect(await client.loadBalancers.pools.get(result.id, { account_id })).toMatchObject({ enabled: false });
    expect(await curl('-X', 'DELETE', one)).toMatchObject({ success: true, result: { id: result.id } });
  });
});
