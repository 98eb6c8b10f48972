import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type SteeringShown, steeringText } from '../../src/cli/health/steering.ts';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { runHere } from '../support/in-process.ts';

const CONFIG = `
location: { country: DE, pop: FRA }
geo:
  networks:
    192.0.2.0/24: { country: US, subdivision: CA }
    198.51.100.0/25: { country: FR }
    203.0.113.0/24: { region: OC }
zones:
  - name: example.com
    soa: { mname: ns1.example.com, rname: hostmaster.example.com }
    ns: [{ name: ns1.example.com }]
    pools: pools
    records:
      - { name: ns1, type: A, value: 192.0.2.53 }
      - { name: alias, type: CNAME, value: www.example.com }
      - { name: off, type: A, value: 192.0.2.80 }
`;
const SOON = { timeout: 8_000, interval: 50 };
let directory: string;
let node: Running;
let list: string;
/** Identifiers of pools, by name. */
const ids: Record<string, string> = {};

async function call(method: string, path: string, body?: object) {
  const response = await fetch(node.api + path, {
    method,
    headers: { authorization: `Bearer ${node.token}` },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into results of every shape.
  const answer = (await response.json()) as any;
  if (!answer.success) throw new Error(JSON.stringify(answer.errors));
  return answer.result;
}

const explain = (query: string) => call('GET', `/lifeguard/v1/explain?${query}`);

/** Makes a load balancer at a name and waits until it answers there. */
async function balance(label: string, body: object): Promise<void> {
  const { default_pools: pools = ['one', 'two'], ...rest } = body as { default_pools?: string[] };
  await call('POST', list, {
    name: `${label}.example.com`,
    default_pools: pools.map((name) => ids[name]),
    fallback_pool: ids.last,
    ...rest,
  });
  await vi.waitFor(async () => {
    const { load_balancer: found } = await explain(`name=${label.replace('*', 'x')}.example.com`);
    expect(found).not.toBeNull();
  }, SOON);
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-explain-lb-'));
  const path = join(directory, 'lifeguard.yaml');
  writeFileSync(path, CONFIG);
  const env = {
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
    LIFEGUARD_DATA_DIR: join(directory, 'data'),
    LIFEGUARD_REGION: 'eu',
  };
  const loaded = loadConfig({ env, path });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: true });
  const zones = (await call('GET', '/client/v4/zones')) as { id: string; name: string }[];
  list = `/client/v4/zones/${zones.find(({ name }) => name === 'example.com')!.id}/load_balancers`;
  const pools = '/client/v4/user/load_balancers/pools';
  // Nothing listens at port 1, so that a pool with the monitor is unhealthy.
  const monitor = await call('POST', '/client/v4/user/load_balancers/monitors', {
    ...{ type: 'tcp', port: 1, interval: 1, timeout: 1, retries: 0 },
  });
  const made = async (name: string, last: number, more: object = {}) => {
    const origins = [{ name: `${name}-1`, address: `192.0.2.${last}` }];
    ids[name] = (await call('POST', pools, { name, origins, ...more })).id;
  };
  await made('one', 1, { latitude: 50, longitude: 8 });
  await made('two', 2, { latitude: 37, longitude: -122 });
  await made('six', 6, { origins: [{ name: 'six-1', address: '2001:db8::6' }] });
  await made('off', 3, { enabled: false });
  await made('down', 4, { monitor: monitor.id, origins: [{ name: 'down-1', address: '127.0.0.9' }] });
  await made('last', 5);
  const two = [8, 9].map((last) => ({ name: `hashed-${last}`, address: `192.0.2.${last}` }));
  await made('hashed', 0, { origins: two, origin_steering: { policy: 'hash' } });
  const three = [21, 22, 23].map((last) => ({ name: `three-${last}`, address: `192.0.2.${last}` }));
  await made('three', 0, { origins: three, answer_addresses_max: 2 });
  await made('half', 7, { load_shedding: { default_percent: 50, default_policy: 'random' } });
  await vi.waitFor(async () => {
    const { pools: found } = await explain('name=down.pools.example.com');
    expect(found).toMatchObject([{ healthy: false }]);
  }, SOON);
}, 60_000);
afterAll(async () => {
  await node.stop();
  rmSync(directory, { recursive: true });
});

/** The pools of an explanation as `name why share`. */
const poolsOf = (result: { load_balancer: { pools: Record<string, unknown>[] } }) =>
  result.load_balancer.pools.map(({ pool_name: name, why, share }) => `${name} ${why} ${share}`);

/** The same load balancer in words, where its first pool is measured from the region of the client. */
function likeWeu(found: SteeringShown): string {
  const [first, ...others] = found.pools;
  return steeringText({ ...found, pools: [{ ...first!, rtt_ms: 12.3 }, ...others] }, null);
}

describe('explain of a load balancer', () => {
  test('shows its pools in order, why each may answer or not, and the endpoints of all', async () => {
    await balance('www', { default_pools: ['off', 'down', 'six', 'one', 'two'] });
    const result = await explain('name=WWW.example.com');
    expect(result).toMatchObject({ rcode: 'NOERROR', answer: ['192.0.2.1'], hint: null, scope: null });
    expect(result.load_balancer).toMatchObject({
      ...{ name: 'www.example.com', zone: 'example.com', policy: 'off', ttl: 30, fallback: false },
      ...{ pool_set: null, rules: [], list: 'default', list_code: null },
      client: { located_by: 'node', country: 'DE', region: 'WEU' },
    });
    expect(poolsOf(result)).toEqual([
      'off disabled 0',
      'down unhealthy 0',
      'six no_address 0',
      'one unmonitored 1',
      'two unmonitored 0',
      'last unmonitored 0',
    ]);
    expect(result.load_balancer.pools[1]).toMatchObject({ answered_endpoints: 0, minimum_origins: 1 });
    expect(result.load_balancer.pools[3].addresses).toEqual([{ address: '192.0.2.1', weight: 1 }]);
    expect(result.load_balancer.pools[5]).toMatchObject({ in_list: false, is_fallback: true });
    expect(result.pools.map((pool: { pool_name: string }) => pool.pool_name)).toEqual([
      'one',
      ...['off', 'down', 'six', 'two', 'last'],
    ]);
    const six = await explain('name=www.example.com&type=AAAA');
    expect([six.answer, poolsOf(six)[2]]).toEqual([['2001:db8::6'], 'six unmonitored 1']);
  });

  test('is followed to through an alias, and takes results that are supposed', async () => {
    const result = await explain('name=alias.example.com&what_if=down-1:healthy');
    expect(result.answer).toEqual(['www.example.com', '127.0.0.9']);
    expect(poolsOf(result)[1]).toBe('down healthy 1');
  });

  test.each([
    ['client=192.0.2.7', 'country', 'US', 'two', { located_by: 'peer', country: 'US', region: 'WNAM' }],
    ['client=203.0.113.9', 'region', 'OC', 'two', { located_by: 'peer', country: null, region: 'OC' }],
    ['client=10.0.0.1', 'default', null, 'one', { located_by: 'peer', country: null, region: null }],
  ])('by place, of %s: the list of %s %s', async (query, source, code, pool, client) => {
    if (source === 'country')
      await balance('geo', {
        steering_policy: 'geo',
        location_strategy: { mode: 'resolver_ip' },
        country_pools: { US: [ids.two] },
        region_pools: { OC: [ids.two] },
      });
    const result = await explain(`name=geo.example.com&${query}`);
    expect(result.load_balancer).toMatchObject({ policy: 'geo', list: source, list_code: code, client });
    expect(poolsOf(result)).toContain(`${pool} unmonitored 1`);
    expect(result.answer).toEqual([pool === 'two' ? '192.0.2.2' : '192.0.2.1']);
  });

  test('by the client subnet, with the scope that the answer has', async () => {
    await balance('near', { steering_policy: 'proximity' });
    const { answer, scope, load_balancer: found } = await explain('name=near.example.com&ecs=192.0.2.9/32');
    expect([answer, scope]).toEqual([['192.0.2.2'], 24]);
    expect(found.client).toMatchObject({ located_by: 'client_subnet', country: 'US' });
    const pools = found.pools as { pool_name: string; distance_km: number | null }[];
    expect(pools.map(({ pool_name: name }) => name)).toEqual(['two', 'one', 'last']);
    expect(pools[0]!.distance_km).toBeGreaterThan(1_000);
    expect(pools[1]!.distance_km).toBeGreaterThan(pools[0]!.distance_km!);
    expect(pools[2]!.distance_km).toBeNull();
  });

  test('shows rules and pool sets that match, by name', async () => {
    await balance('ruled', {
      rules: [
        { name: 'never', condition: 'ip.src in {10.0.0.0/8}', overrides: { default_pools: [ids.six] } },
        { name: 'always', condition: '', overrides: { default_pools: [ids.two], ttl: 5 } },
      ],
    });
    const { load_balancer: ruled } = await explain('name=ruled.example.com');
    expect(ruled).toMatchObject({ rules: [{ index: 1, name: 'always' }], ttl: 5 });
    await balance('set', {
      pool_sets: [
        { name: 'Germany', match: { topology: { countries: ['DE'] } }, overrides: { pools: [ids.two] } },
      ],
    });
    const set = await explain('name=set.example.com');
    expect(set.load_balancer).toMatchObject({ pool_set: { index: 0, name: 'Germany' } });
    expect(set.answer).toEqual(['192.0.2.2']);
  });

  test('shows weights, and what load shedding moves', async () => {
    await balance('drawn', {
      ...{ default_pools: ['half', 'two', 'one'], steering_policy: 'random' },
      random_steering: { default_weight: 0, pool_weights: { [ids.half!]: 0.5, [ids.two!]: 0.5 } },
    });
    const result = await explain('name=drawn.example.com');
    expect(poolsOf(result)).toEqual([
      'half unmonitored 0.25',
      'two unmonitored 0.75',
      'one weight_zero 0',
      'last unmonitored 0',
    ]);
    expect(result.load_balancer.pools[0]).toMatchObject({
      ...{ weight: 0.5, shed_percent: 50, shed_by: 'draw', sheds: 0.5 },
    });
  });

  test('says that a pool answers one of its members where the address of the client decides', async () => {
    await balance('hashed', { default_pools: ['hashed'] });
    const [pool] = (await explain('name=hashed.example.com')).load_balancer.pools;
    expect(pool).toMatchObject({ answer_is: 'one_of', addresses: [{ weight: 1 }, { weight: 1 }] });
    const { pools } = await explain('name=hashed.pools.example.com');
    expect(pools).toMatchObject([{ answer_is: 'one_of' }]);
  });

  test('says when the fallback pool answers', async () => {
    await balance('lost', { default_pools: ['down'], fallback_pool: ids.down });
    const result = await explain('name=lost.example.com');
    expect(result.load_balancer).toMatchObject({ fallback: true });
    expect(poolsOf(result)).toEqual(['down unhealthy 1']);
    expect(result.answer).toEqual(['127.0.0.9']);
    expect(result.load_balancer.pools[0].addresses).toEqual([{ address: '127.0.0.9', weight: 1 }]);
  });

  test('says what the fallback pool answers without a healthy endpoint', async () => {
    await balance('none', { default_pools: ['down'], fallback_pool: ids.down, all_down: 'nodata' });
    const none = await explain('name=none.example.com');
    expect([none.answer, none.load_balancer.all_down]).toEqual([[], 'nodata']);
    expect(none.pools).toMatchObject([{ all_down: null, endpoints: [{ in: false, why: 'unhealthy' }] }]);
    await balance('last', { default_pools: ['down'], fallback_pool: ids.down, all_down: 'last_healthy' });
    // It was never healthy, so that all of its endpoints are answered.
    const last = await explain('name=last.example.com');
    expect([last.answer, last.load_balancer.all_down]).toEqual([['127.0.0.9'], 'all']);
    expect(last.pools).toMatchObject([{ all_down: 'all', endpoints: [{ in: true, why: 'all_down' }] }]);
    const healthy = await explain('name=last.example.com&what_if=down-1:healthy');
    expect(healthy.load_balancer.all_down).toBeNull();
  });

  test('says of how many addresses an answer has some, as the load balancer says', async () => {
    await balance('one-of', { default_pools: ['three'], answer_addresses_max: 1 });
    const one = await explain('name=one-of.example.com');
    expect([one.answer.length, one.window]).toEqual([1, { records: 1, of: 3 }]);
    await balance('all-of', { default_pools: ['three'], answer_addresses_max: 3 });
    const all = await explain('name=all-of.example.com');
    expect([all.answer.length, all.window]).toEqual([3, null]);
  });

  test('supposes what pools, endpoints and the place of the client are', async () => {
    await balance('what-if', {
      ...{ default_pools: ['one', 'down'], fallback_pool: ids.three, steering_policy: 'geo' },
      region_pools: { WNAM: [ids.two] },
      country_pools: { JP: [ids.hashed] },
    });
    const supposed = async (query: string) => {
      const { answer, load_balancer: found, ...rest } = await explain(`name=what-if.example.com&${query}`);
      return { answer, list: found.list, by: found.client.located_by, rest };
    };
    expect(await supposed('')).toMatchObject({ answer: ['192.0.2.1'], list: 'default', by: 'node' });
    const up = await supposed('what_if_pool=down:healthy&what_if_pool=ONE:unhealthy');
    // Also of a pool without a monitor.
    expect(up).toMatchObject({
      answer: ['127.0.0.9'],
      rest: { what_if_pools: { down: 'healthy', one: 'unhealthy' } },
    });
    expect(up.rest.pools.slice(0, 2)).toMatchObject([
      { pool_name: 'down', healthy: true, endpoints: [{ in: true, why: 'healthy' }] },
      { pool_name: 'one', healthy: false, endpoints: [{ in: false, why: 'unhealthy' }] },
    ]);
    expect(up.rest).toMatchObject({ what_if: {}, what_if_place: null, scope: null });
    const [, down] = (await explain('name=what-if.example.com&what_if_pool=down:healthy')).load_balancer
      .pools;
    expect(down).toMatchObject({ pool_name: 'down', usable: true, why: 'healthy' });
    expect(await supposed('place=us-ca')).toMatchObject({
      ...{ answer: ['192.0.2.2'], list: 'region', by: 'supposition' },
      rest: { what_if_place: 'US-CA (WNAM)', scope: null },
    });
    expect(await supposed('place=WNAM&ecs=192.0.2.0/24')).toMatchObject({ answer: ['192.0.2.2'] });
    expect(await supposed('place=JP')).toMatchObject({ list: 'country', by: 'supposition' });
    expect(await supposed('place=DE')).toMatchObject({ list: 'default', answer: ['192.0.2.1'] });
    const refused = explain(
      'name=what-if.example.com&what_if_pool=nosuch:healthy&what_if_pool=one&place=Europe&what_if=down/down-2:healthy',
    );
    await expect(refused).rejects.toThrow(
      /No pool at this name is called \\"nosuch\\"\. The pools: .*what_if_pool must be a pool, a colon, and healthy or unhealthy.*place must be the code of a region/s,
    );
  });

  test('of endpoints of one name in several pools, those of one pool can be supposed', async () => {
    const monitor = (await call('GET', '/client/v4/user/load_balancers/monitors'))[0].id;
    for (const name of ['left', 'right']) {
      const origins = [{ name: 'web', address: `127.0.0.${name === 'left' ? 11 : 12}` }];
      ids[name] = (await call('POST', '/client/v4/user/load_balancers/pools', { name, monitor, origins })).id;
    }
    await balance('twins', {
      default_pools: ['left', 'right'],
      all_down: 'nodata',
      fallback_pool: ids.right,
    });
    const answer = async (query: string) => (await explain(`name=twins.example.com&what_if=${query}`)).answer;
    expect(await answer('web:healthy')).toEqual(['127.0.0.11']);
    expect(await answer('right/web:healthy')).toEqual(['127.0.0.12']);
    expect(await answer('web:unhealthy')).toEqual([]);
  });

  test('shows what latency is measured from the region of the client', async () => {
    await balance('quick', { steering_policy: 'dynamic_latency' });
    const { load_balancer: found } = await explain('name=quick.example.com');
    expect(found.policy).toBe('dynamic_latency');
    // Nothing is measured of pools without a monitor.
    expect(found.pools).toMatchObject([{ rtt_ms: null }, { rtt_ms: null }, { rtt_ms: null }]);
    const measured = likeWeu(found);
    expect(measured).toContain('12.3 ms');
  });

  test('names a disabled load balancer, at whose name records answer', async () => {
    await call('POST', list, {
      ...{ name: 'off.example.com', enabled: false, default_pools: [ids.one], fallback_pool: ids.one },
    });
    await vi.waitFor(async () => {
      const result = await explain('name=off.example.com');
      expect(result).toMatchObject({
        ...{ answer: ['192.0.2.80'], load_balancer: null, disabled_load_balancer: 'off.example.com' },
      });
    }, SOON);
  });

  test('in plain words', async () => {
    const { code, stdout, stderr } = await runHere([
      ...['explain', 'www.example.com', '--ecs', '192.0.2.0/24'],
      ...['--api', node.api, '--token', node.token],
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.split('\n').slice(0, 14)).toEqual([
      'www.example.com. A: NOERROR 192.0.2.1',
      'Load balancer "www.example.com" chooses the pool that answers.',
      '',
      'Load balancer "www.example.com" in zone "example.com": policy off, TTL 30 s.',
      expect.stringMatching(
        /^The client is located as this node is, because nothing else locates it: country DE, region WEU, near [\d.]+, [\d.]+\.$/,
      ),
      'The answer is the same for all clients (scope 0).',
      'The pools are those of the default list.',
      'ORDER     POOL  USABLE  WHY                                   ANSWERS',
      '1         off   no      disabled                              0 %',
      '2         down  no      unhealthy: 0 of at least 1 endpoints  0 %',
      '3         six   no      no address                            0 %',
      '4         one   yes     unmonitored                           100 %',
      '5         two   yes     unmonitored                           0 %',
      'fallback  last  yes     unmonitored                           0 %',
    ]);
    expect(stdout).toContain('\nPool "one" in zone "example.com": health unknown. It answers 192.0.2.1.\n');
  });
});
