import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadBalancerOf } from '../../../src/admin/load-balancers/body.ts';
import type { LoadBalancerBody } from '../../../src/admin/load-balancers/schema.ts';
import { moveProblems } from '../../../src/admin/load-balancers/zone-of.ts';
import { LEFT_ZONES_MAX } from '../../../src/load-balancer/limits.ts';
import { POOLS } from '../server.ts';
import { ACCOUNT_LIST, type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

async function make(list: string, body: object) {
  const answer = await api.call('POST', list, body);
  expect(answer.body.errors).toEqual([]);
  return answer.body.result;
}

describe.each([
  ['the form of zones', () => api.ofApi],
  ['the form of accounts', () => ACCOUNT_LIST],
])('%s', (_, listOf) => {
  test('creates, shows, lists, replaces, changes and deletes a load balancer', async () => {
    const list = listOf();
    const written = api.body({
      ttl: 60,
      steering_policy: 'random',
      random_steering: { default_weight: 0.3 },
    });
    const made = await make(list, written);
    expect(made).toEqual({
      ...written,
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      zone_name: 'example.org',
      description: '',
      enabled: true,
      proxied: false,
      created_on: made.modified_on,
      modified_on: expect.stringMatching(/Z$/),
    });
    const one = `${list}/${made.id}`;
    expect((await api.call('GET', one)).body.result).toEqual(made);
    expect((await api.call('GET', list)).body.result).toContainEqual(made);

    const changed = (await api.call('PATCH', one, { description: 'x', random_steering: null })).body.result;
    expect(changed).toMatchObject({ description: 'x', random_steering: null, ttl: 60 });
    const replaced = (await api.call('PUT', one, api.body({ name: written.name }))).body.result;
    expect(replaced).toMatchObject({ description: '', created_on: made.created_on });
    expect(replaced).not.toHaveProperty('ttl');
    expect(replaced).not.toHaveProperty('random_steering');

    expect((await api.call('DELETE', one)).body.result).toEqual({ id: made.id });
    expect((await api.call('GET', one)).status).toBe(404);
    expect((await api.call('DELETE', one)).body.errors).toMatchObject([{ code: 1001 }]);
  });
});

test('a zone shows its own load balancers, and the account those of all zones', async () => {
  const org = await make(api.ofApi, api.body());
  const com = await make(api.ofFile, api.body({ name: 'com.example.com' }));
  const idsAt = async (list: string) =>
    (await api.call('GET', list)).body.result.map(({ id }: { id: string }) => id);
  expect(await idsAt(api.ofFile)).toEqual([com.id]);
  expect(await idsAt(api.ofApi)).not.toContain(com.id);
  expect(await idsAt(ACCOUNT_LIST)).toEqual(expect.arrayContaining([org.id, com.id]));
  for (const method of ['GET', 'DELETE'])
    expect((await api.call(method, `${api.ofApi}/${com.id}`)).status).toBe(404);
  expect((await api.call('PUT', `${api.ofApi}/${com.id}`, api.body())).status).toBe(404);
  const unknown = await api.call('GET', `/client/v4/zones/${'0'.repeat(32)}/load_balancers`);
  expect([unknown.status, unknown.body.errors[0].code]).toEqual([404, 1001]);
  expect((await api.call('GET', '/client/v4/zones/x/load_balancers')).body.errors[0].code).toBe(7003);
});

test('in the form of accounts a new name decides about the zone', async () => {
  const made = await make(ACCOUNT_LIST, api.body({ name: '*.Deep.example.COM.' }));
  expect(made).toMatchObject({ name: '*.deep.example.com', zone_name: 'example.com' });
});

test('by the path of an account a load balancer moves to the zone of its new name, by that of a zone it does not', async () => {
  const made = await make(ACCOUNT_LIST, api.body({ name: 'moves.example.com' }));
  const one = `${ACCOUNT_LIST}/${made.id}`;
  const moved = await api.call('PATCH', one, { name: 'moved.example.org' });
  expect(moved.body.result).toMatchObject({
    ...{ id: made.id, name: 'moved.example.org', zone_name: 'example.org', created_on: made.created_on },
  });
  expect((await api.call('GET', `${api.ofApi}/${made.id}`)).body.result).toEqual(moved.body.result);
  const refused = await api.call('PATCH', `${api.ofApi}/${made.id}`, { name: 'moves.example.com' });
  expect([refused.status, refused.body.errors]).toMatchObject([
    400,
    [{ code: 1002, source: { pointer: '/name' } }],
  ]);
  // What it left is not shown, so that what was read can be written.
  expect(moved.body.result).not.toHaveProperty('left_zones');
  const again = await api.call('PUT', one, moved.body.result);
  expect(again.body.result).toEqual({ ...moved.body.result, modified_on: again.body.result.modified_on });
});

test('a load balancer remembers the zones that it left, and so many at the most', () => {
  const body = { name: 'www.example.org', default_pools: [], fallback_pool: '' } as LoadBalancerBody;
  const zone = (i: number) => ({ id: `z${i}`, name: `z${i}.example.org`, isConfigured: true });
  let now = loadBalancerOf(body, zone(0), { id: 'l', epochMs: 0 });
  const move = (i: number) => {
    now = loadBalancerOf(body, zone(i), { id: 'l', epochMs: 0, was: now });
    return now.leftZones;
  };
  expect(now.leftZones).toBeUndefined();
  expect(move(0)).toBeUndefined();
  expect(move(1)).toEqual(['z0.example.org']);
  expect(move(1)).toEqual(['z0.example.org']);
  expect(move(0)).toEqual(['z1.example.org']);
  for (let i = 1; i <= LEFT_ZONES_MAX; i += 1) move(i);
  expect([now.leftZones?.length, moveProblems(now)]).toEqual([LEFT_ZONES_MAX, []]);
  move(LEFT_ZONES_MAX + 1);
  expect(moveProblems(now)).toMatchObject([
    {
      pointer: '/name',
      sentence: `the load balancer left 20 zones already, and cannot move to zone z21.example.org, too; create it there and delete it here`,
    },
  ]);
});

test('an international name is stored as A-labels, an apex and a wildcard as they are', async () => {
  const names = {
    'bücher.example.org': 'xn--bcher-kva.example.org',
    'example.org': 'example.org',
    '*.example.org': '*.example.org',
  };
  for (const [written, stored] of Object.entries(names))
    expect((await make(api.ofApi, api.body({ name: written }))).name).toBe(stored);
});

test('a name is unique, also where it is written otherwise', async () => {
  await make(api.ofApi, api.body({ name: 'once.example.org' }));
  const again = await api.call('POST', ACCOUNT_LIST, api.body({ name: 'ONCE.example.org.' }));
  expect([again.status, again.body.errors]).toEqual([
    400,
    [
      {
        code: 1003,
        message: 'name is that of another load balancer: value not unique',
        source: { pointer: '/name' },
      },
    ],
  ]);
});

test('a pool in use cannot be deleted, also where no policy uses it, and can once it is not named', async () => {
  const origins = [{ name: 'a', address: '192.0.2.1' }];
  const pool = (await api.call('POST', POOLS, { name: 'used', origins })).body.result.id;
  const made = await make(api.ofApi, api.body({ steering_policy: 'off', region_pools: { WEU: [pool] } }));
  const refused = await api.call('DELETE', `${POOLS}/${pool}`);
  expect([refused.status, refused.body.errors]).toEqual([
    412,
    [{ code: 1005, message: 'This object is referenced by other objects, delete them first.' }],
  ]);
  const references = (await api.call('GET', `${POOLS}/${pool}/references`)).body.result;
  expect(references).toEqual([
    {
      reference_type: 'referrer',
      resource_id: made.id,
      resource_name: made.name,
      resource_type: 'load_balancer',
    },
  ]);
  await api.call('PATCH', `${api.ofApi}/${made.id}`, { region_pools: {} });
  expect((await api.call('DELETE', `${POOLS}/${pool}`)).status).toBe(200);
});

test('a search finds load balancers first, with the pools that they use', async () => {
  const made = await make(
    api.ofApi,
    api.body({ name: 'near.example.org', rules: [{ overrides: { pools: [api.far] } }] }),
  );
  const found = async (query: string) =>
    (await api.call('GET', `${ACCOUNT_LIST}/search?query=near&references=${query}`)).body.result.resources;
  const [first, second] = await found('referral');
  expect(first).toMatchObject({
    resource_id: made.id,
    resource_type: 'load_balancer',
    resource_name: made.name,
  });
  expect(first.references.map((each: { resource_name: string }) => each.resource_name)).toEqual([
    'near',
    'far',
    'nowhere',
  ]);
  expect(second).toMatchObject({ resource_id: api.near, resource_type: 'pool' });
  const [, used] = await found('referrer');
  expect(used.references).toContainEqual({
    reference_type: 'referrer',
    resource_id: made.id,
    resource_name: made.name,
    resource_type: 'load_balancer',
  });
});

test('a zone with load balancers cannot be deleted', async () => {
  const zone = (await api.call('POST', '/client/v4/zones', { name: 'kept.example' })).body.result.id;
  const made = await make(`/client/v4/zones/${zone}/load_balancers`, api.body({ name: 'kept.example' }));
  const refused = await api.call('DELETE', `/client/v4/zones/${zone}`);
  expect([refused.status, refused.body.errors[0].code]).toEqual([412, 1005]);
  await api.call('DELETE', `${ACCOUNT_LIST}/${made.id}`);
  expect((await api.call('DELETE', `/client/v4/zones/${zone}`)).status).toBe(200);
});

test('a pool keeps its coordinates while a load balancer chooses it by distance', async () => {
  const made = await make(api.ofApi, api.body({ steering_policy: 'proximity' }));
  const put = await api.call('PATCH', `${POOLS}/${api.near}`, { latitude: null, longitude: null });
  expect(put.status).toBe(400);
  expect(put.body.errors).toEqual([
    {
      code: 1002,
      message: `Proximity Load Balancer has pools missing Latitude/Longitude. Pool id's ${api.near}, in ${made.name}: validation failed`,
      source: { pointer: '/latitude' },
    },
  ]);
  expect((await api.call('PATCH', `${POOLS}/${api.near}`, { description: 'x' })).status).toBe(200);
  await api.call('PATCH', `${api.ofApi}/${made.id}`, { steering_policy: 'off' });
  const other = { name: 'near', origins: [{ name: 'a', address: '192.0.2.1' }] };
  expect((await api.call('PUT', `${POOLS}/${api.near}`, other)).status).toBe(200);
  await api.call('PATCH', `${POOLS}/${api.near}`, { latitude: 50, longitude: 8 });
});

test('PATCH leaves pool sets as they are with null, and clears them with []', async () => {
  const sets = [{ name: 'eu', match: { topology: { regions: ['WEU'] } }, overrides: { pools: [api.far] } }];
  const made = await make(api.ofApi, api.body({ pool_sets: sets }));
  const patch = async (pool_sets: unknown) =>
    (await api.call('PATCH', `${api.ofApi}/${made.id}`, { pool_sets })).body.result.pool_sets;
  expect(await patch(null)).toEqual(sets);
  expect(await patch([])).toEqual([]);
});

test.each<[object, string | undefined]>([
  [{}, undefined],
  [
    { proxied: false, session_affinity: 'none', adaptive_routing: { failover_across_pools: false } },
    undefined,
  ],
  [{ session_affinity: '', session_affinity_ttl: 0 }, undefined],
  [{ proxied: true }, 'proxied'],
  [
    {
      session_affinity: 'cookie',
      session_affinity_ttl: 1_800,
      session_affinity_attributes: { samesite: 'Lax' },
      adaptive_routing: { failover_across_pools: true },
      networks: ['a'],
      tunnel_id: 'b',
    },
    'adaptive_routing, session_affinity, session_affinity_ttl, session_affinity_attributes, networks, tunnel_id',
  ],
  [
    {
      rules: [{}, { fixed_response: { status_code: 200 }, overrides: { session_affinity: 'header' } }],
      pool_sets: [{ fixed_response: {} }],
    },
    'rules[1].fixed_response, rules[1].overrides.session_affinity, pool_sets[0].fixed_response',
  ],
])('after a write of %j messages name the properties without effect: %s', async (over, fields) => {
  const written = api.body(over);
  const { messages } = (await api.call('POST', api.ofApi, written)).body;
  expect(messages).toEqual(
    fields === undefined
      ? []
      : [
          {
            code: 10102,
            message: `Load balancer "${written.name}" has properties that are stored, but have no effect in DNS: ${fields}.`,
            type: null,
          },
        ],
  );
});

test('after a write of more addresses in an answer than some resolvers take, messages say which', async () => {
  const written = api.body({ answer_addresses_max: 101 });
  const { messages } = (await api.call('POST', api.ofApi, written)).body;
  expect(messages).toEqual([
    {
      code: 10100,
      message: expect.stringMatching(
        `^Load balancer "${written.name}" may have 101 addresses of a family in an answer. BIND`,
      ),
      type: null,
    },
  ]);
});

test('a write has its audit event, its revision and its entity tag', async () => {
  const answer = await api.call('POST', api.ofApi, api.body());
  const { id, name } = answer.body.result;
  expect(Number(answer.headers.get('x-lifeguard-revision'))).toBeGreaterThan(0);
  const one = `${api.ofApi}/${id}`;
  const tag = (await api.call('GET', one)).headers.get('etag')!;
  expect((await api.call('PATCH', one, { ttl: 7 }, { 'if-match': tag })).status).toBe(200);
  expect((await api.call('PATCH', one, { ttl: 8 }, { 'if-match': tag })).body.errors[0].code).toBe(1412);
  const { events } = (await api.call('GET', '/lifeguard/v1/events?kind=audit&limit=1')).body.result;
  expect(events).toMatchObject([
    { object: { kind: 'load_balancer', id, name }, before: { name }, after: { name, ttl: 7 } },
  ]);
});
