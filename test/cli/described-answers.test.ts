import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { type OpenApiDocument, operationFor, undescribed } from '../admin/openapi/described.ts';
import { startWeb } from '../support/server/web.ts';

/** What answers with something else than JSON. */
const NO_JSON = ['getBackup', 'getEventsLive', 'getMetrics', 'getZonesByZoneIdDnsRecordsExport'];

/** A whole node with its worker; `ask` expects 200 and exactly what the OpenAPI document describes. */
async function startNode() {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-described-'));
  const env = {
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_REGION: 'eu',
  };
  const loaded = loadConfig({ env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
  onTestFinished(async () => {
    await node.stop();
    rmSync(directory, { recursive: true });
  });
  const document = (await (await fetch(`${node.api}/openapi.json`)).json()) as OpenApiDocument;
  const met = new Set<string>();

  /** Asks, and returns the result, or the text of what is no JSON. A text is sent as it is. */
  async function ask(method: string, path: string, body?: object | string) {
    const response = await fetch(node.api + path, {
      method,
      headers: { authorization: `Bearer ${node.token}` },
      ...(body
        ? { body: body instanceof FormData || typeof body === 'string' ? body : JSON.stringify(body) }
        : {}),
    });
    const text = await response.text();
    expect([method, path, response.status, text]).toEqual([method, path, 200, expect.anything()]);
    const operation = operationFor(document, method, path)!;
    met.add(operation.operationId);
    if (NO_JSON.includes(operation.operationId)) return text;
    const answer = JSON.parse(text);
    expect([operation.operationId, ...undescribed(operation, 200, answer)]).toEqual([operation.operationId]);
    return answer.result;
  }
  return { node, document, met, ask };
}

test('for every operation, a running node answers as its OpenAPI document describes', async () => {
  const web = await startWeb('127.0.0.1');
  onTestFinished(() => web.stop());
  const { node, document, met, ask } = await startNode();
  const { id: account } = (await ask('GET', '/client/v4/accounts'))[0];
  await ask('GET', `/client/v4/accounts/${account}`);

  for (const [form, below] of [
    ['account', `/client/v4/accounts/${account}`],
    ['user', '/client/v4/user'],
  ] as const) {
    const [pools, monitors] = [`${below}/load_balancers/pools`, `${below}/load_balancers/monitors`];
    const monitor = await ask('POST', monitors, { type: 'tcp', port: web.port, interval: 1, timeout: 1 });
    const pool = await ask('POST', pools, {
      name: form,
      monitor: monitor.id,
      latitude: 1,
      longitude: 2,
      check_regions: null,
      origins: [
        { name: 'up', address: '127.0.0.1', weight: 0.5, header: { Host: ['a.example.org'] } },
        { name: 'down', address: '127.0.0.9' },
        { name: 'named', address: 'localhost' },
        { name: 'off', address: '192.0.2.1', enabled: false },
      ],
    });
    for (const [list, one] of [
      [pools, pool],
      [monitors, monitor],
    ]) {
      await ask('GET', list);
      await ask('GET', `${list}/${one.id}`);
      await ask('PUT', `${list}/${one.id}`, one);
      await ask('PATCH', `${list}/${one.id}`, { description: form });
      await ask('GET', `${list}/${one.id}/references`);
    }
    await ask('PATCH', pools, { notification_email: '' });
    await ask('GET', `${below}/tokens/verify`);
    const preview = await ask('POST', `${pools}/${pool.id}/preview`, monitor);
    await ask('POST', `${monitors}/${monitor.id}/preview`, {});
    await expect
      .poll(() => ask('GET', `${below}/load_balancers/preview/${preview.preview_id}`), { timeout: 40_000 })
      .toHaveProperty(pool.id);
    await expect
      .poll(
        async () =>
          (await ask('GET', `${pools}/${pool.id}`)).origins.map((one: { healthy: unknown }) => one.healthy),
        {
          timeout: 40_000,
        },
      )
      .toEqual([true, false, true, undefined]);
    await ask('GET', `${pools}/${pool.id}/health`);

    const override = await ask('POST', '/lifeguard/v1/overrides', {
      ...{ pool: form, endpoint: 'down', action: 'in', owner: 'ann', reason: 'test' },
    });
    await ask('GET', '/lifeguard/v1/overrides');
    await ask('GET', `/lifeguard/v1/overrides/${override.id}`);
    const explained = await ask(
      'GET',
      `/lifeguard/v1/explain?name=${form}.pools.example.com&what_if=up:unhealthy`,
    );
    expect(explained.pools[0].endpoints.map((one: { why: string }) => one.why)).toContain('override');
    await ask('DELETE', `/lifeguard/v1/overrides/${override.id}`);
  }

  const load = `/client/v4/accounts/${account}/load_balancers`;
  const groups = `${load}/monitor_groups`;
  const [monitor] = await ask('GET', `${load}/monitors`);
  const [pool] = await ask('GET', `${load}/pools`);
  const members = [{ monitor_id: monitor.id, enabled: true, monitoring_only: false, must_be_healthy: true }];
  const group = await ask('POST', groups, { description: 'two', members });
  await ask('PUT', `${load}/pools/${pool.id}`, { ...pool, monitor: '', monitor_group: group.id });
  await ask('GET', groups);
  await ask('GET', `${groups}/${group.id}`);
  await ask('PUT', `${groups}/${group.id}`, group);
  await ask('PATCH', `${groups}/${group.id}`, { description: 'three' });
  expect(await ask('GET', `${groups}/${group.id}/references`)).toHaveLength(2);
  for (const references of ['', '*', 'referral', 'referrer'])
    await ask('GET', `${load}/search?references=${references}`);
  await ask('GET', `${load}/regions`);
  await ask('GET', `${load}/regions/WEU`);

  const zone = await ask('POST', '/client/v4/zones', { name: 'made.example.net' });
  await ask('GET', '/client/v4/zones');
  await ask('GET', `/client/v4/zones/${zone.id}`);
  await ask('PATCH', `/client/v4/zones/${zone.id}`, { vanity_name_servers: ['ns1.example.net'] });
  const settings = `/lifeguard/v1/zones/${zone.id}/settings`;
  await ask('PATCH', settings, { ttl: 60, soa: { minimum: 5 }, pool_ttl: 10 });
  await ask('GET', settings);
  await ask('PATCH', `/client/v4/zones/${zone.id}/dns_settings`, { ns_ttl: 60 });
  await ask('GET', `/client/v4/zones/${zone.id}/dns_settings`);
  await ask('GET', `/client/v4/zones/${zone.id}/pagerules`);
  await ask('GET', '/client/v4/memberships');
  const records = `/client/v4/zones/${zone.id}/dns_records`;
  const record = await ask('POST', records, {
    type: 'SRV',
    name: '_s._tcp',
    content: '1 2 3 a.example.net.',
  });
  await ask('GET', records);
  await ask('GET', `${records}/${record.id}`);
  await ask('PUT', `${records}/${record.id}`, record);
  await ask('PATCH', `${records}/${record.id}`, { comment: 'test', tags: ['a:b'] });
  await ask('POST', `${records}/batch`, { posts: [{ type: 'A', name: 'www', content: '192.0.2.1' }] });
  const file = new FormData();
  file.append('file', 'ftp 60 IN A 192.0.2.2\n');
  await ask('POST', `${records}/import`, file);
  await ask('GET', `${records}/export`);
  await ask('GET', `${records}/usage`);
  await ask('GET', `/client/v4/accounts/${account}/dns_records/usage`);
  await ask('DELETE', `${records}/${record.id}`);
  await ask('DELETE', `/client/v4/zones/${zone.id}`);

  for (const list of [
    load,
    `/client/v4/zones/${(await ask('GET', '/client/v4/zones'))[0].id}/load_balancers`,
  ]) {
    const pools = [pool.id];
    const steered = await ask('POST', list, {
      name: '*.steered.example.com',
      default_pools: pools,
      fallback_pool: pool.id,
      steering_policy: 'proximity',
      region_pools: { WEU: pools },
      random_steering: { default_weight: 0.5, pool_weights: { [pool.id]: 1 } },
      location_strategy: { mode: 'pop' },
      rules: [{ name: 'v6', condition: 'dns.qry.type == 28', overrides: { pools, session_affinity: null } }],
      pool_sets: [{ match: { default: true }, overrides: { pools } }],
      session_affinity_attributes: { headers: ['cookie:a'] },
    });
    await ask('GET', list);
    await ask('GET', `${list}/${steered.id}`);
    await ask('GET', `${list}/${steered.id}/health`);
    await ask('PUT', `${list}/${steered.id}`, steered);
    await ask('PATCH', `${list}/${steered.id}`, { ttl: 60 });
    await ask('GET', `${load}/pools/${pool.id}/references`);
    await ask('GET', '/lifeguard/v1/load_balancers/health?per_page=5');
    const explained = await ask('GET', '/lifeguard/v1/explain?name=a.steered.example.com&ecs=192.0.2.0/24');
    expect(explained.load_balancer).toMatchObject({ name: '*.steered.example.com' });
    await ask('GET', '/lifeguard/v1/explain/countries?name=a.steered.example.com');
    await ask('DELETE', `${list}/${steered.id}`);
  }
  await ask('GET', '/client/v4/user/load_balancing_analytics/events');

  const whole = await ask('GET', '/lifeguard/v1/export');
  await ask('POST', '/lifeguard/v1/apply?dry_run=true', whole);
  await ask('POST', '/lifeguard/v1/apply', {
    monitors: [{ type: 'icmp_ping', description: 'applied' }],
    pools: [{ name: 'user', monitor: 'applied', origins: [{ name: 'a', address: '127.0.0.1' }] }],
  });

  const backup = await ask('GET', '/lifeguard/v1/backup');
  await ask('POST', '/lifeguard/v1/restore?replace=true&dry_run=true', backup);

  const token = await ask('POST', '/lifeguard/v1/tokens', {
    ...{ name: 'ci', scope: 'edit', pool_prefix: 'web-', expires_on: '2099-01-01T00:00:00Z' },
  });
  await ask('GET', '/lifeguard/v1/tokens');
  await ask('GET', `/lifeguard/v1/tokens/${token.id}`);
  await ask('DELETE', `/lifeguard/v1/tokens/${token.id}`);

  // No pool of its own can answer, which is an event.
  const critical = await ask('POST', load, {
    ...{ name: 'critical.example.com', default_pools: [], fallback_pool: pool.id },
  });
  const events = await vi.waitFor(async () => {
    const { events: found } = await ask('GET', '/lifeguard/v1/events?limit=1000');
    const kinds = found.map(({ kind }: { kind: string }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['audit', 'health', 'endpoint', 'pool', 'load_balancer']));
    return found;
  }, 10_000);
  expect(await ask('GET', '/lifeguard/v1/nodes')).toHaveLength(1);
  expect(await ask('POST', '/lifeguard/v1/notifications/test')).toEqual([]);
  expect(await ask('POST', '/lifeguard/v1/reload')).toEqual({ changed: [], waiting: [] });
  expect(await ask('GET', '/lifeguard/v1/workers')).toHaveLength(1);
  expect(await ask('GET', '/lifeguard/v1/regions')).toHaveLength(1);
  const revision = events.find(({ kind }: { kind: string }) => kind === 'audit').revision;
  expect((await ask('GET', `/lifeguard/v1/revisions/${revision}?wait=10s`)).served).toBe(true);
  expect(await ask('GET', `/lifeguard/v1/revisions/${revision + 1}`)).toMatchObject({ behind: [{}] });
  for (const path of ['/livez', '/readyz', '/metrics']) await ask('GET', path);
  for (const path of [
    'whoami',
    'summary',
    'pools/states',
    `pools/${pool.id}/state`,
    `pools/${pool.id}/history`,
    `pools/${pool.id}/response_times`,
  ])
    await ask('GET', `/lifeguard/v1/${path}`);

  await ask('DELETE', `${load}/${critical.id}`);
  await ask('PUT', `${load}/pools/${pool.id}`, { ...pool, monitor: '' });
  await ask('DELETE', `${groups}/${group.id}`);
  for (const below of [load, '/client/v4/user/load_balancers']) {
    await ask('DELETE', `${below}/pools/${(await ask('GET', `${below}/pools`))[0].id}`);
    const unused = await ask('POST', `${below}/monitors`, { type: 'icmp_ping' });
    await ask('DELETE', `${below}/monitors/${unused.id}`);
  }

  const stop = new AbortController();
  const headers = { authorization: `Bearer ${node.token}` };
  const live = await fetch(`${node.api}/lifeguard/v1/events/live`, { headers, signal: stop.signal });
  expect(live.headers.get('content-type')).toBe('text/event-stream');
  stop.abort();
  met.add('getEventsLive');
  const all = Object.values(document.paths).flatMap((item) => Object.values(item));
  expect(all.map(({ operationId }) => operationId).filter((id) => !met.has(id))).toEqual([]);
});
