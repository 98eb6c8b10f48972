import { createServer } from 'node:http';
import Cloudflare from 'cloudflare';
import { expect, onTestFinished, test, vi } from 'vitest';
import { PREVIEW_ENDPOINTS_MAX } from '../../src/admin/previews/routes.ts';
import { startMonitor } from '../../src/monitor/monitor.ts';
import type { Store } from '../../src/store/store.ts';
import { listen } from '../probe/listen.ts';
import { ACCOUNT, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN } from './server.ts';

const account_id = ACCOUNT;
const PREVIEW = `/client/v4/accounts/${ACCOUNT}/load_balancers/preview`;
vi.setConfig({ testTimeout: 120_000 });

/** A worker over the store of the API, which probes for real. */
async function startWorker(store: Store) {
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const worker = await startMonitor({
    store,
    region: 'eu',
    log,
    probersPerRegion: 1,
    probesInFlightMax: 10,
    certificateWarningDays: 0,
  });
  onTestFinished(() => worker.stop());
}

function clientOf(api: TestAdmin): Cloudflare['loadBalancers'] {
  return new Cloudflare({ apiToken: TOKEN, baseURL: `${api.url}/client/v4`, maxRetries: 0 }).loadBalancers;
}

/** Waits until a preview tells of so many pools. */
async function done(client: Cloudflare['loadBalancers'], id: string, pools: number) {
  const get = () => client.previews.get(id, { account_id });
  await expect.poll(async () => Object.keys(await get()).length, { timeout: 40_000 }).toBe(pools);
  return get();
}

test('the official client previews a monitor on a pool and on all its pools, and nothing is changed', async () => {
  const asked: string[] = [];
  const web = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(request.url === '/well' ? 204 : 500).end();
  });
  const { port } = await listen(web);
  const api = await startTestAdmin();
  const client = clientOf(api);
  const monitor = (await client.monitors.create({ account_id, type: 'http', expected_codes: '204', port }))
    .id!;
  const origins = [{ name: 'a', address: '127.0.0.1' }];
  const names = ['web-1', 'web-2', 'other'];
  const pools = [];
  for (const name of names)
    pools.push((await client.pools.create({ account_id, name, origins, enabled: false })).id!);
  for (const pool of pools.slice(0, 2)) await client.pools.edit(pool, { account_id, monitor });
  const before = await api.store.read();

  const first = await client.monitors.previews.create(monitor, {
    account_id,
    path: '/well',
  } as unknown as Parameters<typeof client.monitors.previews.create>[1]);
  expect(first.pools).toEqual({ [pools[0]!]: 'web-1', [pools[1]!]: 'web-2' });
  expect(await client.previews.get(first.preview_id!, { account_id })).toEqual({});
  await startWorker(api.store);
  const found = await done(client, first.preview_id!, 2);
  const well = { healthy: true, rtt: expect.stringMatching(/^[\d.]+ms$/), failure_reason: 'No failures' };
  const good = { healthy: true, origins: [{ '127.0.0.1': { ...well, response_code: 204 } }] };
  expect(found).toEqual({ [pools[0]!]: good, [pools[1]!]: good });

  const answer = await api.call('POST', `${POOLS}/${pools[2]}/preview`, {
    type: 'http',
    port,
    path: '/ill',
    expected_codes: '2xx',
  });
  expect(answer.body).toMatchObject({ success: true, result: { pools: { [pools[2]!]: 'other' } } });
  expect(await done(client, answer.body.result.preview_id, 1)).toMatchObject({
    [pools[2]!]: {
      healthy: false,
      origins: [{ '127.0.0.1': { failure_reason: 'Response code mismatch error', response_code: 500 } }],
    },
  });
  expect(asked).toEqual(['/well', '/well', '/ill']);
  expect(await api.store.read()).toEqual(before);
  expect((await api.store.observations()).observations).toEqual([]);
});

test('a preview shows a host name with its final dot', async () => {
  const api = await startTestAdmin();
  const origins = [{ name: 'a', address: 'localhost' }];
  const { id } = (await api.call('POST', POOLS, { name: 'web', origins })).body.result;
  const body = { type: 'tcp', port: 1, retries: 0 };
  const { preview_id } = (await api.call('POST', `${POOLS}/${id}/preview`, body)).body.result;
  await startWorker(api.store);
  expect(await done(clientOf(api), preview_id, 1)).toMatchObject({
    [id]: { healthy: false, origins: [{ 'localhost.': { healthy: false, response_code: 0 } }] },
  });
});

test('a preview needs a valid monitor and at most the maximum of endpoints', async () => {
  const api = await startTestAdmin();
  const origin = (i: number) => ({ name: `e${i}`, address: `10.0.${i >> 8}.${i & 255}` });
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const { id } = (await api.call('POST', POOLS, { name: 'web', monitor, origins: [origin(1)] })).body.result;
  const refused = await api.call('POST', `${POOLS}/${id}/preview`, { type: 'http', interval: 0 });
  expect(refused.status).toBe(400);
  expect(refused.body.errors.map((error: { source: object }) => error.source)).toEqual([
    { pointer: '/interval' },
    { pointer: '/expected_codes' },
  ]);
  expect((await api.call('POST', `${MONITORS}/${monitor}/preview`, { type: 'tcp' })).status).toBe(400);
  const none = 'f'.repeat(32);
  for (const path of [`${POOLS}/${none}/preview`, `${MONITORS}/${none}/preview`])
    expect((await api.call('POST', path, {})).body.errors[0].code).toBe(1001);
  expect((await api.call('GET', `${PREVIEW}/${none}`)).status).toBe(404);
  expect((await api.call('GET', `${PREVIEW}/x`)).body.errors[0].code).toBe(7003);

  const many = Array.from({ length: PREVIEW_ENDPOINTS_MAX - 1 }, (_, i) => origin(i));
  await api.call('POST', POOLS, { name: 'big', monitor, origins: many });
  expect((await api.call('POST', `${MONITORS}/${monitor}/preview`, {})).status).toBe(200);
  await api.call('POST', POOLS, { name: 'one', monitor, origins: [origin(1)] });
  const wide = await api.call('POST', `${MONITORS}/${monitor}/preview`, {});
  expect(wide.status).toBe(400);
  expect(wide.body.errors[0].message).toMatch(/have 1001 endpoints, but a preview probes 1000 at most/);
});
