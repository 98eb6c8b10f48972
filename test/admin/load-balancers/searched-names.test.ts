import { afterAll, beforeAll, expect, test } from 'vitest';
import { SEARCHED_OCTETS_MAX } from '../../../src/load-balancer/limits.ts';
import { expectRefused } from '../refusal.ts';
import { type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

test('texts that a query searches in its name are bounded altogether, since one took 40 ms', async () => {
  const rules = (octets: number) =>
    Array.from({ length: 2 }, () => ({
      condition: `dns.qry.qu or not dns.qry.name contains "${'a'.repeat(octets / 2)}"`,
      overrides: { ttl: 60 },
    }));
  await expectRefused(api, 'POST', api.ofApi, [
    api.body({ rules: rules(SEARCHED_OCTETS_MAX + 2) }),
    [['/rules', 'the rules search for 4002 octets ("contains") altogether, and 4000 are allowed']],
  ]);
  const { body } = await api.call('POST', api.ofApi, api.body({ rules: rules(SEARCHED_OCTETS_MAX) }));
  expect(body.errors).toEqual([]);
});
