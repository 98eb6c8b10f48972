import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectRefused } from '../refusal.ts';
import { type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

test('rules that together have more outcomes than a node can lay out are refused', async () => {
  // Five rules for each of five fields, each of which may hold or not: 6⁵ outcomes.
  const rules = Array.from({ length: 25 }, (_, i) => ({
    condition: `dns.rr.opt.client.addr in {10.${i}.0.0/16}`,
    overrides: [
      { ttl: 60 + i },
      { country_pools: { DE: [api.far] } },
      { region_pools: { WEU: [api.far] } },
      { default_pools: [api.far] },
      { location_strategy: { mode: 'resolver_ip' } },
    ][i % 5],
  }));
  const message = 'the rules and pool sets together have more than 5000 different outcomes';
  await expectRefused(api, 'POST', api.ofApi, [
    api.body({ rules }),
    [['/rules', `${message}; let fewer rules apply together, with "terminates" or more exact conditions`]],
  ]);
  const few = await api.call('POST', api.ofApi, api.body({ rules: rules.slice(0, 10) }));
  expect(few.body.errors).toEqual([]);
});
