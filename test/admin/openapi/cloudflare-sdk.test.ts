import Cloudflare from 'cloudflare';
import { expect, test } from 'vitest';
import { checksOf } from '../../../src/check/check.ts';
import type { Observation } from '../../../src/health/observation.ts';
import { createFollowed } from '../../../src/store/followed.ts';
import type { Store } from '../../../src/store/store.ts';
import { ACCOUNT, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const account_id = ACCOUNT;

function clientOf(api: TestAdmin): Cloudflare {
  return new Cloudflare({ apiToken: TOKEN, baseURL: `${api.url}/client/v4`, maxRetries: 0 });
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

/** Publishes, as a worker would, that every check there is passed or failed. */
async function observe(store: Store, ok: (address: string) => boolean): Promise<void> {
  const { documents } = await store.read();
  const followed = createFollowed();
  followed.load(documents);
  const lease = await store.join({ id: 'worker-1', region: 'WEU', startedAtMs: 0 });
  const put = [...checksOf(followed.pools.values(), followed.poolMonitorsOf).values()].map(
    ({ key, address }) => {
      const well = ok(address);
      const observation: Observation = {
        check: key,
        region: 'WEU',
        worker: 'worker-1',
        healthy: well,
        lastOk: well,
        streak: 1,
        sinceMs: 0,
        reason: well ? 'No failures' : 'Response code mismatch error',
        responseCode: well ? 200 : 500,
        rttMs: 12.1,
        atMs: 0,
      };
      return { observation, changed: true };
    },
  );
  expect(await store.publish(lease, { put, drop: [], events: [] })).toBe('published');
}

test('the official client creates, reads, changes, lists and deletes pools and monitors', async () => {
  const api = await startTestAdmin();
  const { loadBalancers, user } = clientOf(api);
  expect(await user.tokens.verify()).toMatchObject({ status: 'active' });

  const monitor = await loadBalancers.monitors.create({
    account_id,
    type: 'https',
    expected_codes: '2xx',
    header: { Host: ['www.example.org'] },
    port: null,
  });
  const monitorId = monitor.id!;
  expect(await loadBalancers.monitors.get(monitorId, { account_id })).toEqual(monitor);
  expect(await all(loadBalancers.monitors.list({ account_id }))).toEqual([monitor]);
  const edited = await loadBalancers.monitors.edit(monitorId, { account_id, interval: 30 });
  expect(edited).toEqual({ ...monitor, interval: 30, modified_on: edited.modified_on });
  const updated = await loadBalancers.monitors.update(monitorId, { account_id, type: 'tcp', port: 443 });
  expect(updated).toMatchObject({ type: 'tcp', port: 443, interval: 60 });

  const pool = await loadBalancers.pools.create({
    account_id,
    name: 'primary-dc-1',
    monitor: monitorId,
    origins: [
      { name: 'z', address: '192.0.2.2', weight: 0.3 },
      { name: 'a', address: '2001:db8::1', header: { Host: ['www.example.org'] } },
    ],
  });
  const poolId = pool.id!;
  expect(pool.origins!.map(({ name }) => name)).toEqual(['z', 'a']);
  expect(await loadBalancers.pools.get(poolId, { account_id })).toEqual(pool);
  expect(await all(loadBalancers.pools.list({ account_id, monitor: monitorId }))).toEqual([pool]);
  expect(await all(loadBalancers.pools.references.get(poolId, { account_id }))).toMatchObject([
    { reference_type: 'referral', resource_id: monitorId },
  ]);
  expect(await all(loadBalancers.monitors.references.get(monitorId, { account_id }))).toMatchObject([
    { reference_type: 'referrer', resource_id: poolId, resource_name: 'primary-dc-1' },
  ]);
  expect(await loadBalancers.pools.edit(poolId, { account_id, enabled: false })).toMatchObject({
    enabled: false,
    disabled_at: expect.any(String),
    origins: pool.origins,
  });
  const replaced = await loadBalancers.pools.update(poolId, {
    account_id,
    name: 'primary',
    origins: [{ name: 'a', address: '192.0.2.9' }],
  });
  expect(replaced).toMatchObject({ id: poolId, name: 'primary', enabled: true });
  expect(replaced).not.toHaveProperty('monitor');

  expect(await loadBalancers.pools.delete(poolId, { account_id })).toEqual({ id: poolId });
  expect(await loadBalancers.monitors.delete(monitorId, { account_id })).toEqual({ id: monitorId });
  expect(await all(loadBalancers.pools.list({ account_id }))).toEqual([]);
});

test('the official client creates, reads, changes, lists and deletes monitor groups', async () => {
  const api = await startTestAdmin();
  const { monitorGroups, monitors, pools } = clientOf(api).loadBalancers;
  const web = (await monitors.create({ account_id, expected_codes: '200' })).id!;
  const port = (await monitors.create({ account_id, type: 'tcp', port: 443 })).id!;
  const member = { enabled: true, monitoring_only: false, must_be_healthy: false };
  const group = await monitorGroups.create({
    account_id,
    description: 'web and port',
    members: [
      { ...member, monitor_id: web, must_be_healthy: true },
      { ...member, monitor_id: port },
    ],
  });
  expect(group.members.map(({ monitor_id }) => monitor_id)).toEqual([web, port]);
  expect(await monitorGroups.get(group.id, { account_id })).toEqual(group);
  expect(await all(monitorGroups.list({ account_id }))).toEqual([group]);

  const edited = await monitorGroups.edit(group.id, {
    account_id,
    description: 'port, and web for watching',
    members: [
      { ...member, monitor_id: port },
      { ...member, monitor_id: web, monitoring_only: true },
    ],
  });
  expect(edited).toMatchObject({ id: group.id, created_on: group.created_on });
  expect(edited.members[0]).toEqual(group.members[1]);
  const updated = await monitorGroups.update(group.id, {
    account_id,
    description: 'port',
    members: [{ ...member, monitor_id: port }],
  });
  expect(updated.members).toEqual([group.members[1]]);

  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const pool = await pools.create({ account_id, name: 'web', monitor_group: group.id, origins });
  expect(pool.monitor_group).toBe(group.id);
  expect(await all(monitorGroups.references.get(group.id, { account_id }))).toMatchObject([
    { reference_type: 'referrer', resource_type: 'pool', resource_id: pool.id },
    { reference_type: 'referral', resource_type: 'monitor', resource_id: port },
  ]);
  await expect(monitorGroups.delete(group.id, { account_id })).rejects.toMatchObject({
    status: 412,
    errors: [{ code: 1005 }],
  });
  await expect(monitors.delete(port, { account_id })).rejects.toMatchObject({ status: 412 });
  await pools.delete(pool.id!, { account_id });
  expect(await monitorGroups.delete(group.id, { account_id })).toEqual(updated);
  await expect(monitorGroups.get(group.id, { account_id })).rejects.toThrow(Cloudflare.NotFoundError);
  expect(await all(monitorGroups.list({ account_id }))).toEqual([]);
});

test('the official client maps each error to its class', async () => {
  const api = await startTestAdmin();
  const { pools, monitors } = clientOf(api).loadBalancers;
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  await expect(pools.get('f'.repeat(32), { account_id })).rejects.toThrow(Cloudflare.NotFoundError);
  const bad = pools.create({
    account_id,
    name: 'a b',
    origins: [{ name: 'a', address: '0.0.0.0', weight: 2 }],
  });
  await expect(bad).rejects.toBeInstanceOf(Cloudflare.BadRequestError);
  await expect(bad).rejects.toMatchObject({
    errors: [
      { code: 1002, message: expect.stringMatching(/^name .*: validation failed$/) },
      { code: 1002, message: expect.stringMatching(/^origins\[0\]\.address .*: validation failed$/) },
      { code: 1002, message: 'origins[0].weight is not in the range [0, 1]: validation failed' },
    ],
  });
  const monitor = (await monitors.create({ account_id, type: 'icmp_ping' })).id!;
  await pools.create({ account_id, name: 'web', monitor, origins });
  await expect(monitors.delete(monitor, { account_id })).rejects.toMatchObject({
    status: 412,
    errors: [{ code: 1005, message: expect.stringContaining('referenced by other objects') }],
  });
  const stranger = new Cloudflare({ apiToken: 'wrong', baseURL: `${api.url}/client/v4`, maxRetries: 0 });
  await expect(all(stranger.loadBalancers.pools.list({ account_id }))).rejects.toThrow(
    Cloudflare.PermissionDeniedError,
  );
  await expect(stranger.user.tokens.verify()).rejects.toThrow(Cloudflare.AuthenticationError);
});

test('the official client reads the health of a pool by region', async () => {
  const api = await startTestAdmin();
  const { pools, monitors } = clientOf(api).loadBalancers;
  const monitor = (await monitors.create({ account_id, expected_codes: '200' })).id!;
  const pool = await pools.create({
    account_id,
    name: 'web',
    monitor,
    minimum_origins: 2,
    origins: [
      { name: 'a', address: '192.0.2.1' },
      { name: 'b', address: '2001:db8::5' },
      { name: 'off', address: '192.0.2.9', enabled: false },
    ],
  });
  await api.health.refresh();
  await expect(pools.health.get(pool.id!, { account_id })).rejects.toMatchObject({
    status: 400,
    errors: [{ message: 'Health info unavailable: no worker has checked the pool yet' }],
  });
  expect(await pools.get(pool.id!, { account_id })).not.toHaveProperty('healthy');

  await observe(api.store, (address) => address === '192.0.2.1');
  await api.health.refresh();
  expect(await pools.health.get(pool.id!, { account_id })).toEqual({
    pool_id: pool.id,
    pop_health: {
      WEU: {
        healthy: false,
        origins: [
          {
            '192.0.2.1': { healthy: true, rtt: '12.1ms', failure_reason: 'No failures', response_code: 200 },
          },
          {
            '2001:db8::5': {
              healthy: false,
              rtt: '12.1ms',
              failure_reason: 'Response code mismatch error',
              response_code: 500,
            },
          },
        ],
      },
    },
  });
  const shown = (await pools.get(pool.id!, { account_id })) as unknown as Record<string, unknown>;
  expect(shown.healthy).toBe(false);
  expect(shown.origins).toMatchObject([
    { healthy: true, failure_reason: 'No failures' },
    { healthy: false, failure_reason: 'Response code mismatch error' },
    { name: 'off' },
  ]);
  expect((shown.origins as object[])[2]).not.toHaveProperty('healthy');

  await observe(api.store, () => true);
  await api.health.refresh();
  expect(await pools.get(pool.id!, { account_id })).toMatchObject({ healthy: true });
});
