import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

test('three thousand six hundred tests in a row, about the most that rules may have, are laid out without a stack as deep', async () => {
  const tests = (i: number) => Array.from({ length: 36 }, (_, k) => `dns.qry.name.len eq ${36 * i + k}`);
  const rules = Array.from({ length: 100 }, (_, i) => ({
    condition: tests(i).join(' or '),
    overrides: { ttl: 60 },
    terminates: true,
  }));
  const { body } = await api.call('POST', api.ofApi, api.body({ name: '*.long.example.org', rules }));
  expect(body.errors).toEqual([]);
});
