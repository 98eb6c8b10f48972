import Cloudflare from 'cloudflare';
import { expect, test } from 'vitest';
import { ZONES_PER_PAGE } from '../../../src/admin/zones/routes.ts';
import { LIMITS_DEFAULT } from '../../../src/pool/limits.ts';
import { zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { ACCOUNT, startTestAdmin, type TestAdmin, TOKEN } from '../server.ts';

const ZONES = '/client/v4/zones';
const SETTINGS = '/lifeguard/v1/zones';
const CONFIGURED = [
  zoneFile(
    'example.com',
    '@ 300 NS ns1.example.com.\n@ 300 NS ns2.example.net.\nns1 300 A 192.0.2.53\nns1 300 AAAA 2001:db8::53\nwww 60 A 192.0.2.1',
    { pools: 'pools' },
  ),
  zoneFile('example.org', '@ 60 NS ns1.example.net.'),
];

const start = (accountId?: string) =>
  startTestAdmin({ zones: CONFIGURED, ...(accountId === undefined ? {} : { accountId }) });

function clientOf(api: TestAdmin): Cloudflare {
  return new Cloudflare({ apiToken: TOKEN, baseURL: `${api.url}/client/v4`, maxRetries: 0 });
}

async function all<T>(pages: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of pages) items.push(item);
  return items;
}

/** The names that a query of the list finds. */
async function found(api: TestAdmin, query: string): Promise<string[]> {
  const answer = await api.call('GET', `${ZONES}?${query}`);
  expect(answer.status).toBe(200);
  return answer.body.result.map(({ name }: { name: string }) => name);
}

test('the official client lists, gets, creates, changes and deletes zones, and reads the account', async () => {
  const api = await start();
  const { zones, accounts, memberships } = clientOf(api);
  const [account] = await all(accounts.list());
  expect(await all(memberships.list())).toMatchObject([{ status: 'accepted', account }]);
  expect(account).toMatchObject({ name: 'Lifeguard', type: 'standard' });
  expect(await accounts.get({ account_id: account!.id })).toEqual(account);
  expect((await all(zones.list({ per_page: 1 }))).map(({ name }) => name)).toEqual([
    'example.com',
    'example.org',
  ]);

  const made = await zones.create({ account: { id: account!.id }, name: 'Made.Example.NET.', type: 'full' });
  expect(made).toMatchObject({
    name: 'made.example.net',
    status: 'active',
    paused: false,
    name_servers: ['ns1.example.com', 'ns2.example.net'],
    account: { id: account!.id, name: 'Lifeguard' },
  });
  expect(await zones.get({ zone_id: made.id })).toEqual(made);
  expect(await all(zones.list({ name: 'made.example.net', account: { id: account!.id } }))).toEqual([made]);
  const paused = await zones.edit({ zone_id: made.id, paused: true });
  expect(paused).toEqual({ ...made, paused: true, modified_on: paused.modified_on });
  const vanity = ['ns1.made.example.net'];
  expect(await zones.edit({ zone_id: made.id, vanity_name_servers: vanity })).toMatchObject({
    paused: true,
    vanity_name_servers: vanity,
  });
  expect(await zones.delete({ zone_id: made.id })).toEqual({ id: made.id });
  await expect(zones.get({ zone_id: made.id })).rejects.toThrow(Cloudflare.NotFoundError);
  await expect(zones.delete({ zone_id: made.id })).rejects.toThrow(Cloudflare.NotFoundError);
  expect(await all(zones.list())).toHaveLength(2);
});

test('a zone has every field that clients read without a check', async () => {
  const api = await start();
  const answer = await api.call('GET', `${ZONES}?name=example.com`);
  const [shown] = answer.body.result;
  expect(shown).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'example.com',
    status: 'active',
    paused: false,
    type: 'full',
    development_mode: 0,
    name_servers: ['ns1.example.com', 'ns2.example.net'],
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    created_on: '1970-01-01T00:00:00.000000Z',
    modified_on: '1970-01-01T00:00:00.000000Z',
    activated_on: '1970-01-01T00:00:00.000000Z',
    owner: { id: shown.account.id, type: 'user', email: '' },
    account: { id: expect.stringMatching(/^[0-9a-f]{32}$/), name: 'Lifeguard' },
    tenant: { id: null, name: null },
    tenant_unit: { id: null },
    permissions: expect.arrayContaining(['#zone:read']),
    plan: expect.objectContaining({ price: 0, is_subscribed: true, legacy_id: 'enterprise' }),
    meta: {
      step: 2,
      custom_certificate_quota: 0,
      page_rule_quota: 0,
      phishing_detected: false,
      source: 'configuration',
    },
  });
  const other = await start();
  const [same] = (await other.call('GET', `${ZONES}?name=example.com`)).body.result;
  expect(same).toEqual(shown);
});

test.each([
  ['name=example.com', ['example.com']],
  ['name=EXAMPLE.com.', ['example.com']],
  ['name=www.example.com&per_page=1', []],
  ['name=com', []],
  ['name.exact=example.org', ['example.org']],
  ['name=starts_with:example.c', ['example.com']],
  ['name=ends_with:ORG', ['example.org']],
  ['name=contains_case_sensitive:ORG', []],
  ['name=not_equal:example.com', ['example.org']],
  ['name=odd:example.com', []],
  ['name.contains=xample', ['example.com', 'example.org']],
  ['name.endswith=.com&name.startswith=exa', ['example.com']],
  [`account.id=${ACCOUNT}`, ['example.com', 'example.org']],
  ['account.name=Lifeguard', ['example.com', 'example.org']],
  ['account.name=contains:nobody', []],
  ['status=active', ['example.com', 'example.org']],
  ['status=pending', []],
  ['type=full', ['example.com', 'example.org']],
  ['type=partial&type=secondary', []],
  ['match=any&name=example.com&status=pending', ['example.com']],
  ['match=all&name=example.com&status=pending', []],
  ['match=any', ['example.com', 'example.org']],
  ['order=name&direction=desc', ['example.org', 'example.com']],
  ['order=status&direction=asc', ['example.com', 'example.org']],
  ['page=2&per_page=1', ['example.org']],
  ['page=3&per_page=1', []],
  ['limit=1&offset=1', ['example.org']],
  ['something=else', ['example.com', 'example.org']],
])('a list of zones with %s finds %j', async (query, names) => {
  expect(await found(await start(), query)).toEqual(names);
});

test('a new zone may say that it is not paused, as Terraform writes it', async () => {
  const { status, body } = await (await start()).call('POST', ZONES, {
    ...{ name: 'a.example.net', account: { id: ACCOUNT }, type: 'full', paused: false },
  });
  expect([status, body.result?.paused]).toEqual([200, false]);
});

test('a path may end with a slash, as that of ddclient does', async () => {
  const { status, body } = await (await start()).call('GET', `${ZONES}/?name=example.com`);
  expect([status, body.result.map(({ name }: { name: string }) => name)]).toEqual([200, ['example.com']]);
});

test('the list has pages, even without a page in the query', async () => {
  const api = await start();
  for (let i = 0; i < ZONES_PER_PAGE; i += 1)
    await api.call('POST', ZONES, { name: `z${i}.example.net`, jump_start: false });
  const { body } = await api.call('GET', ZONES);
  const info = { page: 1, per_page: ZONES_PER_PAGE, count: ZONES_PER_PAGE, total_count: 22, total_pages: 2 };
  expect(body.result_info).toEqual(info);
  expect(await found(api, 'page=2')).toHaveLength(2);
  expect(await found(api, 'page=3')).toEqual([]);
  expect(await all(clientOf(api).zones.list())).toHaveLength(22);
});

test('a zone of the configuration file is read-only', async () => {
  const api = await start();
  const { id } = (await api.call('GET', `${ZONES}?name=example.com`)).body.result[0];
  const { revision } = await api.store.read();
  for (const [method, path, body] of [
    ['DELETE', `${ZONES}/${id}`, undefined],
    ['PATCH', `${ZONES}/${id}`, { paused: true }],
    ['PATCH', `${SETTINGS}/${id}/settings`, { ttl: 5 }],
    ['POST', ZONES, { name: 'example.com' }],
  ] as const) {
    const answer = await api.call(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors[0].code).toBe(method === 'POST' ? 1061 : 1002);
    expect(answer.body.errors[0].message).toMatch(/configuration file/);
  }
  expect((await api.store.read()).revision).toBe(revision);
  expect((await api.call('GET', `${SETTINGS}/${id}/settings`)).body.result).toEqual({
    ttl: 300,
    soa: {
      mname: 'ns.example.com',
      rname: 'host.example.com',
      ttl: 3_600,
      refresh: 3_600,
      retry: 600,
      expire: 86_400,
      minimum: 10,
    },
    ns: [{ name: 'ns1.example.com', addresses: ['192.0.2.53', '2001:db8::53'] }, { name: 'ns2.example.net' }],
    pools: 'pools',
    pool_ttl: 30,
  });
});

test('settings of SOA, NS and pools are changed by the rules of the file', async () => {
  const api = await start();
  const { id } = (await api.call('POST', ZONES, { name: 'made.example.net' })).body.result;
  const path = `${SETTINGS}/${id}/settings`;
  const ns = [{ name: 'ns1.example.com' }, { name: 'ns2.example.net' }];
  expect((await api.call('GET', path)).body.result).toEqual({ ns, pools: 'pools' });
  const settings = {
    ttl: 120,
    soa: { rname: 'ops@example.com', minimum: 20 },
    ns: [{ name: 'ns.made.example.net', addresses: ['192.0.2.7'] }],
    pools: null,
    pool_ttl: 5,
  };
  const changed = await api.call('PATCH', path, settings);
  const { pools: _, ...kept } = settings;
  expect(changed.body.result).toEqual(kept);
  expect(Number(changed.headers.get('x-lifeguard-revision'))).toBe(2);
  expect((await api.call('PATCH', path, { ttl: null, soa: { mname: null } })).body.result).toEqual({
    soa: {},
    ns: settings.ns,
    pool_ttl: 5,
  });
  const refused = await api.call('PATCH', path, {
    soa: { refresh: 0, mname: 'bad..name' },
    ns: [{ name: 'ns1.example.com', addresses: ['192.0.2.1'] }],
    pools: '@',
  });
  expect(refused.status).toBe(400);
  expect(
    refused.body.errors.map((error: { source: { pointer: string } }) => error.source.pointer).sort(),
  ).toEqual(['/ns/0/addresses', '/pools', '/soa/mname', '/soa/refresh']);
  expect((await api.call('GET', `${ZONES}/${id}`)).body.result.name_servers).toEqual(['ns.made.example.net']);
  expect((await api.call('GET', `${SETTINGS}/${'f'.repeat(32)}/settings`)).body.errors[0].code).toBe(1001);
});

test.each([
  [{}, 1002, '/name'],
  [{ name: 'bad..name' }, 1002, '/name'],
  [{ name: '192.0.2.1' }, 1002, '/name'],
  [{ name: '.' }, 1002, '/name'],
  [{ name: 'a.example.net', type: 'odd' }, 1002, '/type'],
  [{ name: 'a.example.net', odd: 1 }, 1002, '/odd'],
  [{ name: 'twin.example.net' }, 1061, '/name'],
  [{ name: 'www.example.com' }, 1002, '/name'],
  [{ name: 'x.pools.example.com' }, 1002, '/name'],
])('a new zone of %j is refused: %i at %s', async (body, code, pointer) => {
  const api = await start();
  expect((await api.call('POST', ZONES, { name: 'TWIN.example.net' })).status).toBe(200);
  const before = await api.store.read();
  const answer = await api.call('POST', ZONES, body);
  expect(answer.status).toBe(400);
  expect(answer.body.errors[0]).toMatchObject({ code, source: { pointer } });
  expect(await api.store.read()).toEqual(before);
});

test('all errors of a zone or of its settings are listed together', async () => {
  const api = await start();
  const pointers = (answer: { body: { errors: { source: { pointer: string } }[] } }) =>
    answer.body.errors.map(({ source }) => source.pointer).sort();
  const before = await api.store.read();
  const zone = await api.call('POST', ZONES, { name: 'www.example.com', type: 'odd', odd: 1 });
  expect([zone.status, pointers(zone)]).toEqual([400, ['/name', '/odd', '/type']]);
  expect(await api.store.read()).toEqual(before);

  const { id } = (await api.call('POST', ZONES, { name: 'made.example.net' })).body.result;
  const settings = await api.call('PATCH', `${SETTINGS}/${id}/settings`, {
    ...{ ttl: 'x', odd: 1, soa: { refresh: 0, odd: 1 }, pools: '@', ns: [{ name: 7 }] },
  });
  expect([settings.status, pointers(settings)]).toEqual([
    400,
    ['/ns/0/name', '/odd', '/pools', '/soa/odd', '/soa/refresh', '/ttl'],
  ]);
});

test('a zone above another cannot have its pools in that zone', async () => {
  const api = await start();
  const { id } = (await api.call('POST', ZONES, { name: 'org' })).body.result;
  const answer = await api.call('PATCH', `${SETTINGS}/${id}/settings`, { pools: 'example' });
  expect(answer.body.errors).toMatchObject([{ code: 1002, source: { pointer: '/pools' } }]);
});

test('the account, the number of zones and the name servers have limits', async () => {
  const api = await start(ACCOUNT);
  const stranger = { id: 'f'.repeat(32) };
  expect((await api.call('POST', ZONES, { name: 'a.example.net', account: stranger })).status).toBe(403);
  expect(await found(api, `account.id=${stranger.id}`)).toEqual([]);
  expect((await api.call('GET', `/client/v4/accounts/${stranger.id}`)).status).toBe(403);
  expect((await api.call('GET', '/client/v4/accounts')).body.result[0].id).toBe(ACCOUNT);
  expect((await api.call('GET', '/client/v4/accounts?name=nobody')).body.result).toEqual([]);

  const ids = Array.from({ length: LIMITS_DEFAULT.zones - 1 }, (_, i) => `z${i}`);
  await api.store.commit(
    ids.map((id) => ({ op: 'put', kind: 'zone', id, value: zone(id), unique: [], references: [] })),
  );
  expect((await api.call('POST', ZONES, { name: 'last.example.net' })).status).toBe(200);
  const full = await api.call('POST', ZONES, { name: 'more.example.net' });
  expect(full.body.errors).toMatchObject([
    {
      code: 1404,
      message: 'This would make 1001 zones, but limits.zones_max allows 1000. Nothing was written.',
    },
  ]);

  const bare = await startTestAdmin();
  expect((await bare.call('GET', ZONES)).body).toMatchObject({ success: true, result: [] });
  const none = await bare.call('POST', ZONES, { name: 'a.example.net' });
  expect(none.body.errors[0].message).toMatch(/the file has no zone/);
});

test('a zone is created even if the first zone of the file has a name server of one label', async () => {
  const first = zoneFile('example.com', '@ 300 NS dns.\n@ 300 NS NS2.Example.net.', { pools: 'pools' });
  const api = await startTestAdmin({ zones: [first] });
  const { status, body } = await api.call('POST', ZONES, { name: 'made.example.org' });
  expect({ status, errors: body.errors }).toEqual({ status: 200, errors: [] });
  expect(body.result.name_servers).toEqual(['dns.', 'NS2.Example.net']);

  // What is shown of any zone may be written to any other.
  const [configured] = (await api.call('GET', `${ZONES}?name=example.com`)).body.result;
  const shown = (await api.call('GET', `${SETTINGS}/${configured.id}/settings`)).body.result;
  const copied = await api.call('PATCH', `${SETTINGS}/${body.result.id}/settings`, shown);
  expect(copied.body.result).toEqual(shown);
});

test('settings that would hide records are refused, and name these', async () => {
  const api = await start();
  const { id } = (await api.call('POST', ZONES, { name: 'hidden.example' })).body.result;
  const path = `${SETTINGS}/${id}/settings`;
  for (const body of [
    { type: 'A', name: 'ns', content: '192.0.2.1' },
    { type: 'TXT', name: 'p', content: 'x' },
    { type: 'CNAME', name: 'web.p', content: 'example.net' },
    { type: 'TXT', name: 'mail.p', content: 'x' },
  ])
    expect((await api.call('POST', `${ZONES}/${id}/dns_records`, body)).status).toBe(200);
  const refusals = async (body: object) =>
    (await api.call('PATCH', path, body)).body.errors.map(
      ({ message, source }: { message: string; source: object }) => [source, message],
    );
  expect(await refusals({ ns: [{ name: 'ns.hidden.example', addresses: ['192.0.2.2'] }] })).toEqual([
    [
      { pointer: '/ns' },
      expect.stringMatching(
        /^Record "ns\.hidden\.example" A would not be answered any more: .* Delete it first/,
      ),
    ],
  ]);
  expect(await refusals({ pools: 'p' })).toEqual([
    [
      { pointer: '/pools' },
      expect.stringMatching(/^Record "p\.hidden\.example" TXT .*the name below which pools/),
    ],
    [
      { pointer: '/pools' },
      expect.stringMatching(/^Record "web\.p\.hidden\.example" CNAME .*pools answer for the addresses of/),
    ],
  ]);
  expect((await api.call('PATCH', path, { pools: 'other' })).status).toBe(200);
});
