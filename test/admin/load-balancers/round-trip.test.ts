import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  ECS_PREFERENCES,
  LOCATION_MODES,
  STEERING_POLICIES,
} from '../../../src/load-balancer/load-balancer.ts';
import { REGION_CODES } from '../../../src/place/regions.ts';
import fc, { draws } from '../../support/property.ts';
import { seed } from '../../support/seed.ts';
import { ACCOUNT_LIST, type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

const RUNS = 15;

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

/** Pools are drawn by their place in the list of those that there are, and get their identifiers later. */
const POOLS = ['POOL-0', 'POOL-1', 'POOL-2'];
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const orNull = <T>(values: fc.Arbitrary<T>) => maybe(fc.option(values, { nil: null }));
const some = <T>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(fields, { requiredKeys: [] });
const flag = orNull(fc.boolean());
const pools = fc.uniqueArray(fc.constantFrom(...POOLS));
const pool = fc.constantFrom(...POOLS);
const map = (...codes: readonly string[]) =>
  orNull(fc.dictionary(fc.constantFrom(...codes), pools, { maxKeys: 3 }));
const hundredth = fc.integer({ min: 0, max: 100 }).map((n) => n / 100);
const weights = orNull(fc.dictionary(pool, hundredth));
// Not proximity: one of the pools has no coordinates.
const policy = fc.constantFrom(...STEERING_POLICIES.filter((each) => each !== 'proximity'));
const ttl = orNull(fc.integer({ min: 0, max: 86_400 }));
const response = some({
  message_body: orNull(fc.constantFrom('', 'down')),
  status_code: orNull(fc.constantFrom(0, 503)),
  content_type: orNull(fc.constant('text/plain')),
  location: orNull(fc.constant('')),
});

const extensions = {
  answer_addresses_max: orNull(fc.constantFrom(0, 1, 1_000)),
  all_down: orNull(fc.constantFrom('nodata', 'all', 'last_healthy')),
};
const steering = {
  region_pools: map(...REGION_CODES),
  country_pools: map('DE', 'US', 'XK'),
  pop_pools: map('FRA', 'my-own'.toUpperCase()),
  location_strategy: orNull(
    some({
      mode: orNull(fc.constantFrom(...LOCATION_MODES)),
      prefer_ecs: orNull(fc.constantFrom(...ECS_PREFERENCES)),
    }),
  ),
  random_steering: orNull(some({ default_weight: orNull(hundredth), pool_weights: weights })),
  ttl,
  adaptive_routing: orNull(some({ failover_across_pools: flag })),
  session_affinity: orNull(fc.constantFrom('', 'none', 'cookie', 'ip_cookie', 'header')),
  session_affinity_ttl: orNull(fc.constantFrom(0, 1_800, 3_600)),
  session_affinity_attributes: orNull(
    some({
      samesite: orNull(fc.constantFrom('Auto', 'Lax')),
      drain_duration: orNull(fc.constantFrom(0, 60)),
      zero_downtime_failover: orNull(fc.constant('none')),
      headers: orNull(fc.constantFrom([], ['cookie:a,b'])),
      require_all_headers: flag,
    }),
  ),
};
const condition = fc.constantFrom('', 'dns.qry.type == 28', ' ip.src in {192.0.2.0/24} ', 'dns.qry.qu');
const rule = some({
  name: orNull(fc.constantFrom('', 'a rule')),
  condition: orNull(condition),
  priority: orNull(fc.integer({ min: -5, max: 5 })),
  disabled: flag,
  terminates: flag,
  fixed_response: orNull(response),
  overrides: orNull(
    some({
      ...steering,
      default_pools: orNull(pools),
      fallback_pool: orNull(fc.constantFrom('', ...POOLS)),
      steering_policy: orNull(policy),
    }),
  ),
});
const match = orNull(
  fc.oneof(
    fc.constant({ default: true, topology: null }),
    fc.constantFrom({ topology: { regions: ['WEU'], countries: [], pops: null } }, { default: true }),
  ),
);
const setOverrides = fc.record(
  {
    pools: fc.uniqueArray(pool, { minLength: 1 }),
    pool_weights: weights,
    pool_default_weight: orNull(hundredth),
    fallback_pool: orNull(pool),
    steering_policy: orNull(fc.constantFrom('', 'off', 'random')),
  },
  { requiredKeys: ['pools'] },
);
const setFields = {
  name: orNull(fc.constant('set')),
  description: orNull(fc.constant('')),
  disabled: flag,
  match,
};
const poolSet = fc.oneof(
  fc.record({ ...setFields, overrides: setOverrides }, { requiredKeys: ['overrides'] }),
  fc.record({ ...setFields, fixed_response: response }, { requiredKeys: ['fixed_response'] }),
);

const loadBalancer = fc.record(
  {
    default_pools: pools,
    fallback_pool: pool,
    description: fc.constantFrom('', 'Website'),
    enabled: fc.boolean(),
    proxied: fc.boolean(),
    steering_policy: policy,
    ...steering,
    rules: orNull(fc.array(rule, { maxLength: 3 })),
    pool_sets: orNull(fc.array(poolSet, { maxLength: 3 })),
    networks: orNull(fc.constantFrom([], ['cloudflare'])),
    ...extensions,
    tunnel_id: orNull(fc.constantFrom('', 'x')),
  },
  {
    requiredKeys: ['default_pools', 'fallback_pool', 'description', 'enabled', 'proxied', 'steering_policy'],
  },
);

/** As JSON, which knows no undefined, with the identifiers of the pools. */
function written(body: object): Record<string, unknown> {
  const ids = [api.near, api.far, api.nowhere];
  return JSON.parse(JSON.stringify(body).replaceAll(/POOL-(\d)/g, (_, at) => ids[Number(at)]!));
}

let made = 0;
test(
  `every answer returns a load balancer as it was written, and writing it again changes nothing (seed ${seed})`,
  () =>
    fc.assert(
      fc.asyncProperty(loadBalancer, fc.boolean(), async (drawn, isOfZone) => {
        const list = isOfZone ? api.ofApi : ACCOUNT_LIST;
        const body: Record<string, unknown> = { name: `drawn-${(made += 1)}.example.org`, ...written(drawn) };
        const created = await api.call('POST', list, body);
        expect(created.body.errors).toEqual([]);
        const shown = created.body.result;
        const { id, created_on, modified_on, zone_name, ...rest } = shown;
        expect(rest).toEqual(body);
        const one = `${list}/${id}`;
        expect((await api.call('GET', one)).body.result).toEqual(shown);

        const { revision } = await api.store.read();
        for (const method of ['PUT', 'PATCH'])
          expect((await api.call(method, one, shown)).body.result).toEqual(shown);
        expect((await api.store.read()).revision).toBe(revision);

        const other = (await api.call('PATCH', one, { description: 'another' })).body.result;
        expect(other).toEqual({ ...shown, description: 'another', modified_on: other.modified_on });
        const { name, default_pools, fallback_pool } = body;
        const bare = (await api.call('PUT', one, { name, default_pools, fallback_pool })).body.result;
        expect(Object.keys(bare).sort()).toEqual([
          'created_on',
          'default_pools',
          'description',
          'enabled',
          'fallback_pool',
          'id',
          'modified_on',
          'name',
          'proxied',
          'steering_policy',
          'zone_name',
        ]);
        expect((await api.call('DELETE', one)).status).toBe(200);
      }),
      { numRuns: draws(RUNS) },
    ),
  60_000,
);

/** What Terraform meets in the reference (§7.2): what it sent must come back, and stay. */
test.each<[string, object, object]>([
  ['empty maps', { region_pools: {}, country_pools: {}, pop_pools: {} }, {}],
  ['empty lists', { rules: [], pool_sets: [] }, {}],
  ['nulls', { rules: null, region_pools: null, random_steering: null, ttl: null, networks: null }, {}],
  ['nulls of extensions', { answer_addresses_max: null, all_down: null }, {}],
  ['the policy that means another', { steering_policy: '', region_pools: { WEU: [] } }, {}],
  ['zeros of a proxied name', { proxied: true, ttl: 0, session_affinity_ttl: 0 }, {}],
  [
    'the defaults that version 5 sends by itself',
    { enabled: true, proxied: false, session_affinity: 'none', steering_policy: '' },
    {},
  ],
  [
    'nulls of properties with a default, which mean the default',
    { enabled: null, proxied: null, description: null, steering_policy: null },
    { enabled: true, proxied: false, description: '', steering_policy: '' },
  ],
  [
    'an identifier and times, which are ignored',
    { id: 'x', created_on: 'y', modified_on: null, zone_name: 7 },
    {},
  ],
])('a client that writes %s reads them again after POST, PUT and GET', async (_, over, read) => {
  const body = api.body(over);
  const made = (await api.call('POST', api.ofApi, body)).body.result;
  const { id, created_on, modified_on, zone_name, ...expected } = { ...body, ...read } as Record<
    string,
    unknown
  >;
  expect(made).toMatchObject(expected);
  const put = (await api.call('PUT', `${api.ofApi}/${made.id}`, body)).body.result;
  expect(put).toEqual(made);
  expect((await api.call('GET', `${api.ofApi}/${made.id}`)).body.result).toEqual(made);
});
