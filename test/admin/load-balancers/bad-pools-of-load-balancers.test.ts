import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS_MAX } from '../../../src/admin/http/problem.ts';
import { LISTED_POOLS_MAX, NAMED_POOLS_MAX } from '../../../src/load-balancer/limits.ts';
import { expectRefused } from '../refusal.ts';
import { ids, type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

test('every pool that does not exist is named, with each of its places', async () => {
  const [gone, other] = ids(2) as [string, string];
  await expectRefused(api, 'POST', api.ofApi, [
    api.body({
      default_pools: [gone, api.near],
      fallback_pool: other,
      country_pools: { DE: [gone] },
      rules: [{ disabled: true, overrides: { fallback_pool: gone } }],
      pool_sets: [{ overrides: { pools: [other] } }],
      random_steering: { pool_weights: { [gone]: 1 } },
    }),
    [
      ['/default_pools/0', `default_pools[0] names a pool that does not exist: ${gone}`],
      ['/fallback_pool', `fallback_pool names a pool that does not exist: ${other}`],
      ['/country_pools/DE/0', `country_pools.DE[0] names a pool that does not exist: ${gone}`],
      [
        '/rules/0/overrides/fallback_pool',
        `rules[0].overrides.fallback_pool names a pool that does not exist: ${gone}`,
      ],
      [
        '/pool_sets/0/overrides/pools/0',
        `pool_sets[0].overrides.pools[0] names a pool that does not exist: ${other}`,
      ],
    ],
  ]);
});

test('a list of pools, and the pools in all lists, have a bound', async () => {
  const over = api.body({ default_pools: ids(LISTED_POOLS_MAX + 1) });
  const { errors } = (await api.call('POST', api.ofApi, over)).body;
  expect(errors.slice(0, 2)).toMatchObject([
    {
      message: `the default_pool list length must be in the range [0, ${LISTED_POOLS_MAX}]: validation failed`,
      source: { pointer: '/default_pools' },
    },
    {
      message: `the load balancer names ${NAMED_POOLS_MAX + 2} different pools, and ${NAMED_POOLS_MAX} are allowed: validation failed`,
      source: { pointer: '' },
    },
  ]);
  const edge = api.body({ default_pools: ids(NAMED_POOLS_MAX), fallback_pool: ids(1)[0] });
  const [first] = (await api.call('POST', api.ofApi, edge)).body.errors;
  expect(first.message).toMatch(/^default_pools\[0\] names a pool that does not exist/);
});

test('of very many problems the answer has the first, and the number of the others', async () => {
  const answer = await api.call('POST', api.ofApi, api.body({ default_pools: ids(NAMED_POOLS_MAX - 1) }));
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toHaveLength(PROBLEMS_MAX + 1);
  expect(answer.body.errors.at(-1).message).toBe(
    `${NAMED_POOLS_MAX - 1 - PROBLEMS_MAX} more problems: validation failed`,
  );
});

describe('proximity needs the coordinates of', () => {
  const P_NOWHERE = 'nowhere';
  const refusal = () =>
    `Proximity Load Balancer has pools missing Latitude/Longitude. Pool id's ${api.nowhere}`;
  test.each<[string, object]>([
    ['default pools', { default_pools: [P_NOWHERE], steering_policy: 'proximity' }],
    [
      'the pools of a rule',
      { steering_policy: 'proximity', rules: [{ overrides: { default_pools: [P_NOWHERE] } }] },
    ],
    [
      'default pools where a rule has the policy',
      { default_pools: [P_NOWHERE], rules: [{ overrides: { steering_policy: 'proximity' } }] },
    ],
    [
      'the pools of a pool set',
      { pool_sets: [{ overrides: { pools: [P_NOWHERE], steering_policy: 'proximity' } }] },
    ],
    [
      'the pools of a pool set that has no policy of its own',
      { steering_policy: 'proximity', pool_sets: [{ overrides: { pools: [P_NOWHERE] } }] },
    ],
  ])('%s', async (_, over) => {
    const whole = JSON.parse(JSON.stringify(api.body(over)).replaceAll(P_NOWHERE, api.nowhere));
    await expectRefused(api, 'POST', api.ofApi, [whole, [['/steering_policy', refusal()]]]);
  });

  test.each<[string, object]>([
    ['the fallback pool', { steering_policy: 'proximity' }],
    [
      'a rule that has another policy',
      {
        steering_policy: 'proximity',
        rules: [{ overrides: { default_pools: [P_NOWHERE], steering_policy: 'off' } }],
      },
    ],
    [
      'a rule that is disabled',
      { steering_policy: 'proximity', rules: [{ disabled: true, overrides: { pools: [P_NOWHERE] } }] },
    ],
    [
      'a pool set with another policy',
      {
        steering_policy: 'proximity',
        pool_sets: [{ overrides: { pools: [P_NOWHERE], steering_policy: 'random' } }],
      },
    ],
  ])('and not of %s', async (_, over) => {
    const whole = JSON.parse(JSON.stringify(api.body(over)).replaceAll(P_NOWHERE, api.nowhere));
    expect((await api.call('POST', api.ofApi, whole)).body.errors).toEqual([]);
  });
});
