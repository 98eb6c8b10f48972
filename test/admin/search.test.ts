import Cloudflare from 'cloudflare';
import { expect, test } from 'vitest';
import { SEARCH_MAX } from '../../src/admin/search/routes.ts';
import type { MonitorGroup } from '../../src/check/monitor-group.ts';
import { zoneFile } from '../zone/zone-file.ts';
import { ACCOUNT, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN } from './server.ts';

const SEARCH = `/client/v4/accounts/${ACCOUNT}/load_balancers/search`;
const origins = [{ name: 'a', address: '192.0.2.1' }];

async function fill(api: TestAdmin) {
  const make = async (path: string, body: object): Promise<string> =>
    (await api.call('POST', path, body)).body.result.id;
  const monitor = await make(MONITORS, { type: 'icmp_ping', description: 'ping the Web' });
  const idle = await make(MONITORS, { type: 'icmp_ping', description: 'nobody' });
  const web2 = await make(POOLS, { name: 'web-2', monitor, origins });
  const web1 = await make(POOLS, { name: 'WEB-1', monitor, origins });
  const mail = await make(POOLS, { name: 'mail', origins });
  return { monitor, idle, web1, web2, mail };
}

const names = (resources: { resource_name: string }[]) => resources.map(({ resource_name: name }) => name);

test('the official client reads all pages of a search', async () => {
  const api = await startTestAdmin();
  const { monitor } = await fill(api);
  const { searches } = new Cloudflare({
    apiToken: TOKEN,
    baseURL: `${api.url}/client/v4`,
    maxRetries: 0,
  }).loadBalancers;
  const found: unknown[] = [];
  for await (const item of searches.list({ account_id: ACCOUNT, per_page: 2 })) found.push(item);
  expect(names(found as { resource_name: string }[])).toEqual([
    'WEB-1',
    'mail',
    'web-2',
    'nobody',
    'ping the Web',
  ]);
  expect(found[4]).toEqual({
    resource_id: monitor,
    resource_name: 'ping the Web',
    resource_type: 'monitor',
  });
});

test.each([
  ['query=web', ['WEB-1', 'web-2', 'ping the Web']],
  ['search_params=MAIL', ['mail']],
  ['query=mail&search_params=web', ['mail']],
  ['query=nothing', []],
  ['', ['WEB-1', 'mail', 'web-2', 'nobody', 'ping the Web']],
  ['query=web&page=2&per_page=2', ['ping the Web']],
  ['page=9', []],
])('?%s finds %j', async (query, wanted) => {
  const api = await startTestAdmin();
  await fill(api);
  const { result, result_info: info } = (await api.call('GET', `${SEARCH}?${query}`)).body;
  expect(names(result.resources)).toEqual(wanted);
  expect(result.items).toEqual(result.resources);
  expect(info.count).toBe(wanted.length);
  for (const resource of result.resources) expect(resource).not.toHaveProperty('references');
});

test('a search finds an identifier, and shows references in both directions', async () => {
  const api = await startTestAdmin();
  const ids = await fill(api);
  const group: MonitorGroup = {
    id: 'c'.repeat(32),
    description: 'both',
    members: [
      {
        monitorId: ids.monitor,
        enabled: true,
        monitoringOnly: false,
        mustBeHealthy: false,
        createdAt: '2026-01-01T00:00:00.000000Z',
        updatedAt: '2026-01-01T00:00:00.000000Z',
      },
    ],
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
  };
  const references = [{ kind: 'monitor', id: ids.monitor }] as const;
  await api.store.commit([
    { op: 'put', kind: 'monitor_group', id: group.id, value: group, unique: [], references },
  ]);
  const ask = async (query: string) =>
    (await api.call('GET', `${SEARCH}?${query}`)).body.result.resources as {
      resource_id: string;
      reference_type: string;
      references: Record<string, string>[];
    }[];
  const [monitor] = await ask(`query=${ids.monitor}&references=*`);
  expect(monitor!.resource_id).toBe(ids.monitor);
  expect(monitor!.reference_type).toBe('*');
  expect(monitor!.references.map((one) => `${one.reference_type} ${one.resource_name}`).sort()).toEqual([
    'referrer WEB-1',
    'referrer both',
    'referrer web-2',
  ]);
  const [pool] = await ask(`query=web-1&references=referral`);
  expect(pool!.references).toEqual([
    {
      reference_type: 'referral',
      resource_id: ids.monitor,
      resource_name: 'ping the Web',
      resource_type: 'monitor',
    },
  ]);
  expect((await ask('query=web-1&references=referrer'))[0]!.references).toEqual([]);
  expect((await ask('query=ping&references=referral'))[0]!.references).toEqual([]);
});

test('an invalid search is refused', async () => {
  const api = await startTestAdmin();
  for (const query of ['references=all', 'per_page=1001', 'page=0', `query=${'x'.repeat(SEARCH_MAX + 1)}`])
    expect((await api.call('GET', `${SEARCH}?${query}`)).status).toBe(400);
  expect((await api.call('GET', `${SEARCH}?query=${'x'.repeat(SEARCH_MAX)}`)).status).toBe(200);
});

test('records are found by their name and content', async () => {
  const api = await startTestAdmin({ zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')] });
  const zone = (await api.call('POST', '/client/v4/zones', { name: 'example.org' })).body.result.id;
  const record = async (body: object) =>
    (await api.call('POST', `/client/v4/zones/${zone}/dns_records`, body)).body.result.id;
  const www = await record({ type: 'A', name: 'www', content: '192.0.2.80' });
  await record({ type: 'TXT', name: 'other', content: 'to the Web' });
  const find = async (query: string) =>
    (await api.call('GET', `${SEARCH}?query=${query}`)).body.result.resources;
  expect(await find('192.0.2.80')).toEqual([
    { resource_id: www, resource_name: 'www.example.org A 192.0.2.80', resource_type: 'record' },
  ]);
  expect(names(await find('THE%20web'))).toEqual(['other.example.org TXT "to the Web"']);
  expect(await find('')).toEqual([]);
});
