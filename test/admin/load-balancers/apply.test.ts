import { expect, onTestFinished, test } from 'vitest';
import { DOCUMENT_PATTERNS_MAX, PATTERNS_MAX } from '../../../src/load-balancer/limits.ts';
import { POOLS, TOKEN, TOKENS } from '../server.ts';
import { ACCOUNT_LIST, openLoadBalancerApi } from './harness.ts';

const APPLY = '/lifeguard/v1/apply';
const EXPORT = '/lifeguard/v1/export';
const origins = [{ name: 'a', address: '192.0.2.1' }];
const place = { latitude: 1, longitude: 2 };

/** Two pools and a load balancer that names them everywhere. */
const DOCUMENT = {
  monitors: [{ type: 'icmp_ping', description: 'ping' }],
  pools: [
    { name: 'eu', origins, monitor: 'ping', ...place },
    { name: 'us', origins, ...place },
  ],
  load_balancers: [
    {
      name: 'Shop.example.org',
      default_pools: ['eu', 'US'],
      fallback_pool: 'us',
      steering_policy: 'proximity',
      country_pools: { DE: ['eu'], US: [] },
      region_pools: {},
      random_steering: { default_weight: 0.5, pool_weights: { eu: 0.1 } },
      rules: [
        {
          name: 'v6',
          condition: 'dns.qry.type == 28',
          overrides: { pools: ['us'], pool_weights: { us: 1 } },
        },
      ],
      pool_sets: [
        { match: { topology: { regions: ['WEU'] } }, overrides: { pools: ['eu'], fallback_pool: 'us' } },
      ],
      ttl: 60,
    },
  ],
};

async function start() {
  const api = await openLoadBalancerApi();
  onTestFinished(() => api.stop());
  const apply = async (document: object, query = '') =>
    (await api.call('POST', `${APPLY}${query}`, document)).body;
  const changes = async (document: object, query = '') => {
    const { result, errors } = await apply(document, query);
    expect(errors).toEqual([]);
    return result.changes.map(
      ({ action, kind, name }: Record<string, string>) => `${action} ${kind} ${name}`,
    );
  };
  return { api, apply, changes };
}

test('a document makes monitors, pools and then load balancers in one revision, and has no changes the second time', async () => {
  const { api, apply, changes } = await start();
  const { revision } = await api.store.read();
  expect(await changes(DOCUMENT)).toEqual([
    'create monitor ping',
    'create pool eu',
    'create pool us',
    'create load_balancer shop.example.org',
  ]);
  expect((await api.store.read()).revision).toBe(revision + 1);
  expect((await apply(DOCUMENT)).result).toMatchObject({ changes: [], unchanged: 4 });
  const pools: { id: string; name: string }[] = (await api.call('GET', POOLS)).body.result;
  const idOf = (name: string) => pools.find((pool) => pool.name === name)!.id;
  expect((await api.call('GET', ACCOUNT_LIST)).body.result).toMatchObject([
    {
      name: 'shop.example.org',
      zone_name: 'example.org',
      default_pools: [idOf('eu'), idOf('us')],
      random_steering: { pool_weights: { [idOf('eu')]: 0.1 } },
      rules: [{ overrides: { pools: [idOf('us')], pool_weights: { [idOf('us')]: 1 } } }],
      pool_sets: [{ overrides: { pools: [idOf('eu')], fallback_pool: idOf('us') } }],
    },
  ]);
});

test('an export has load balancers with pools by name, and applied it changes nothing, here and elsewhere', async () => {
  const { api, apply, changes } = await start();
  await apply(DOCUMENT);
  await api.call(
    'POST',
    ACCOUNT_LIST,
    api.body({ random_steering: { pool_weights: { ['f'.repeat(32)]: 1 } } }),
  );
  const { result: exported } = (await api.call('GET', EXPORT)).body;
  const [first, shop] = exported.load_balancers;
  expect(first).toMatchObject({
    default_pools: ['near', 'far'],
    fallback_pool: 'nowhere',
    random_steering: { pool_weights: { ['f'.repeat(32)]: 1 } },
  });
  expect(shop).toMatchObject({
    ...DOCUMENT.load_balancers[0],
    name: 'shop.example.org',
    default_pools: ['eu', 'us'],
  });
  expect(await changes(exported)).toEqual([]);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const yaml = await (await fetch(`${api.url}${EXPORT}?format=yaml`, { headers })).text();
  const applied = await fetch(`${api.url}${APPLY}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/yaml' },
    body: yaml,
  });
  expect(((await applied.json()) as { result: object }).result).toMatchObject({ changes: [] });

  const other = await start();
  await other.apply(exported);
  expect((await other.api.call('GET', EXPORT)).body.result).toEqual(exported);
});

test('prune deletes load balancers before their pools, and only for a document that lists any', async () => {
  const { api, apply, changes } = await start();
  await apply(DOCUMENT);
  const { monitors, pools } = DOCUMENT;
  const near = ['near', 'far', 'nowhere'].map((name) => `delete pool ${name}`).sort();
  expect((await changes({ monitors, pools }, '?prune=true')).sort()).toEqual(near);
  expect(await changes({ load_balancers: [] }, '?prune=true')).toEqual([
    'delete load_balancer shop.example.org',
    'delete pool eu',
    'delete pool us',
    'delete monitor ping',
  ]);
  expect((await api.store.read()).documents.map(({ kind }) => kind)).toEqual(['zone']);
});

test('a document is refused with all problems of its load balancers, each with its place', async () => {
  const { api, apply } = await start();
  const before = await api.store.read();
  const wrong = (over: object) => ({ ...DOCUMENT.load_balancers[0], ...over });
  const first = await apply({
    ...DOCUMENT,
    load_balancers: [
      wrong({ name: 'a.example.net', region_pools: { EU: ['eu'] }, default_pools: ['eu', 7] }),
    ],
  });
  expect(first.errors.map(({ source }: { source: { pointer: string } }) => source.pointer)).toEqual([
    '/load_balancers/0/default_pools/1',
    '/load_balancers/0/name',
    '/load_balancers/0/region_pools/EU',
  ]);
  const second = await apply({
    ...DOCUMENT,
    load_balancers: [
      DOCUMENT.load_balancers[0],
      wrong({ name: 'SHOP.example.org.' }),
      wrong({
        name: 'b.example.org',
        default_pools: ['nowhere', 'gone'],
        random_steering: { pool_weights: { gone: 1 } },
      }),
    ],
  });
  expect(
    second.errors.map((each: { source: { pointer: string }; message: string }) => [
      each.source.pointer,
      each.message,
    ]),
  ).toEqual([
    [
      '/load_balancers/1/name',
      'load_balancers[1].name is that of another load balancer of the document: validation failed',
    ],
    [
      '/load_balancers/2/default_pools/1',
      'load_balancers[2].default_pools[1] is neither the name of a pool nor an identifier of one: validation failed',
    ],
    [
      '/load_balancers/2/random_steering/pool_weights/gone',
      'load_balancers[2].random_steering.pool_weights.gone is neither the name of a pool nor an identifier of one: validation failed',
    ],
    [
      '/load_balancers/2/steering_policy',
      `Proximity Load Balancer has pools missing Latitude/Longitude. Pool id's ${api.nowhere}: validation failed`,
    ],
  ]);
  expect(await api.store.read()).toEqual(before);
});

test('a document cannot take the coordinates of a pool that a load balancer needs, unless it changes that too', async () => {
  const { apply, changes } = await start();
  await apply(DOCUMENT);
  const bare = [{ name: 'eu', origins, monitor: 'ping' }];
  const refused = await apply({ pools: bare });
  expect(refused.errors).toMatchObject([{ code: 1002, source: { pointer: '/pools/0/latitude' } }]);
  expect(refused.errors[0].message).toContain('in shop.example.org');
  const load_balancers = [{ ...DOCUMENT.load_balancers[0], steering_policy: 'off' }];
  expect(await changes({ pools: bare, load_balancers })).toEqual([
    'update pool eu',
    'update load_balancer shop.example.org',
  ]);
});

test('a token with a prefix applies pools with a load balancer of their own', async () => {
  const { api } = await start();
  const made = await api.call('POST', TOKENS, { name: 'shop', scope: 'edit', pool_prefix: 'shop-' });
  const headers = { authorization: `Bearer ${made.body.result.token}` };
  const document = (name: string, pool: string) => ({
    pools: [{ name: 'shop-1', origins }],
    load_balancers: [{ name, default_pools: ['shop-1'], fallback_pool: pool }],
  });
  const statusOf = async (name: string, pool: string) =>
    (await api.call('POST', APPLY, document(name, pool), headers)).status;
  expect(await statusOf('shop-a.example.org', 'near')).toBe(403);
  expect(await statusOf('www.example.org', 'shop-1')).toBe(403);
  expect(await statusOf('shop-a.example.org', 'shop-1')).toBe(200);
});

test('messages name the properties without effect', async () => {
  const { apply } = await start();
  const load_balancers = [{ ...DOCUMENT.load_balancers[0], proxied: true }];
  const { messages } = await apply({ ...DOCUMENT, load_balancers });
  expect(messages).toMatchObject([{ code: 10102, message: expect.stringMatching(/in DNS: proxied\.$/) }]);
});

test.each([
  { list: 'default_pools', pools: ['Near', 'near'], at: 1 },
  { list: 'default_pools', pools: ['near', 'far', 'ID'], at: 2 },
  { list: 'country_pools', pools: ['ID', 'NEAR'], at: 1 },
])('$list $pools named a pool twice, and it was stored twice', async ({ list, pools, at }) => {
  const { api, apply } = await start();
  const named = pools.map((pool) => (pool === 'ID' ? api.near : pool));
  const [base] = DOCUMENT.load_balancers;
  const { errors } = await apply({
    ...DOCUMENT,
    load_balancers: [{ ...base, [list]: list === 'country_pools' ? { DE: named } : named }],
  });
  const place = list === 'country_pools' ? 'country_pools/DE' : list;
  expect(errors).toMatchObject([
    {
      code: 1002,
      source: { pointer: `/load_balancers/0/${place}/${at}` },
      message: expect.stringContaining(`is the same pool as "${named[0]}"`),
    },
  ]);
});

test('a map of weights that names a pool by its name and its identifier lost one of them', async () => {
  const { api, apply } = await start();
  const [base] = DOCUMENT.load_balancers;
  const random_steering = { pool_weights: { near: 0.1, [api.near]: 1 } };
  const { errors } = await apply({ ...DOCUMENT, load_balancers: [{ ...base, random_steering }] });
  expect(errors).toMatchObject([
    { source: { pointer: `/load_balancers/0/random_steering/pool_weights/${api.near}` } },
  ]);
});

test('a document may have 1,000 different patterns, and with one more it is refused before the rest is read', async () => {
  const { apply } = await start();
  const [pool] = DOCUMENT.pools.map(({ name }) => name);
  const steering = (count: number) =>
    Array.from({ length: Math.ceil(count / PATTERNS_MAX) }, (_, i) => ({
      name: `s${i}.example.org`,
      default_pools: [pool],
      fallback_pool: pool,
      rules: Array.from({ length: Math.min(PATTERNS_MAX, count - i * PATTERNS_MAX) }, (_, k) => ({
        condition: `dns.qry.name matches "^x${i}y${k}"`,
        overrides: { ttl: 60 },
      })),
    }));
  const document = (count: number) => ({ ...DOCUMENT, load_balancers: steering(count) });
  const message = `the load balancers have more than ${DOCUMENT_PATTERNS_MAX} different patterns ("matches") together; apply them in several documents`;
  const { errors } = await apply(document(DOCUMENT_PATTERNS_MAX + 1), '?dry_run=true');
  expect(errors).toMatchObject([{ message: expect.stringContaining(message) }]);
  expect((await apply(document(DOCUMENT_PATTERNS_MAX), '?dry_run=true')).errors).toEqual([]);
});
