import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ACCOUNT, TOKEN } from '../server.ts';
import { type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

test.each([
  ['zones', () => ({ zone_id: api.zoneId })],
  ['accounts', () => ({ account_id: ACCOUNT })],
])('the official client drives load balancers in the form of %s', async (form, placeOf) => {
  const { loadBalancers } = new Cloudflare({
    apiToken: TOKEN,
    baseURL: `${api.url}/client/v4`,
    maxRetries: 0,
  });
  const place = placeOf();
  const { near, far, nowhere } = api;
  const made = await loadBalancers.create({
    ...place,
    name: `${form}.example.org`,
    default_pools: [near, far],
    fallback_pool: nowhere,
    steering_policy: 'geo',
    region_pools: { WEU: [near], ENAM: [far] },
    location_strategy: { mode: 'resolver_ip', prefer_ecs: 'always' },
    rules: [{ name: 'v6', condition: 'dns.qry.type == 28', overrides: { default_pools: [far] } }],
    ttl: 60,
  });
  const id = made.id!;
  expect(made).toMatchObject({
    zone_name: 'example.org',
    region_pools: { WEU: [near], ENAM: [far] },
    ttl: 60,
  });
  expect(await loadBalancers.get(id, place)).toEqual(made);

  const edited = await loadBalancers.edit(id, { ...place, proxied: true, session_affinity: 'cookie' });
  expect(edited).toEqual({
    ...made,
    proxied: true,
    session_affinity: 'cookie',
    modified_on: edited.modified_on,
  });
  const updated = await loadBalancers.update(id, {
    ...place,
    name: `${form}.example.org`,
    default_pools: [far],
    fallback_pool: far,
  });
  expect(updated).toMatchObject({ default_pools: [far], steering_policy: '', proxied: false });
  expect(updated).not.toHaveProperty('rules');

  const other = await loadBalancers.create({
    ...place,
    name: `*.${form}.example.org`,
    default_pools: [],
    fallback_pool: far,
  });
  const listed: unknown[] = [];
  for await (const each of loadBalancers.list(place)) listed.push(each);
  expect(listed).toEqual([updated, other]);

  await expect(
    loadBalancers.create({ ...place, name: `${form}.example.org`, default_pools: [], fallback_pool: far }),
  ).rejects.toMatchObject({ status: 400, errors: [{ code: 1003 }] });
  await expect(loadBalancers.pools.delete(far, { account_id: ACCOUNT })).rejects.toMatchObject({
    status: 412,
    errors: [{ code: 1005 }],
  });
  const references: unknown[] = [];
  for await (const each of loadBalancers.pools.references.get(far, { account_id: ACCOUNT }))
    references.push(each);
  expect(references).toHaveLength(2);
  for (const each of [id, other.id!]) {
    expect(await loadBalancers.delete(each, place)).toEqual({ id: each });
    await expect(loadBalancers.get(each, place)).rejects.toMatchObject({
      status: 404,
      errors: [{ code: 1001 }],
    });
  }
});
