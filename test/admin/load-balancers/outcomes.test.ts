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
  const message = 'the rules and pool sets together have more than 4000 different outcomes';
  await expectRefused(api, 'POST', api.ofApi, [
    api.body({ rules }),
    [['/rules', `${message}; let fewer rules apply together, with "terminates" or more exact conditions`]],
  ]);
  const few = await api.call('POST', api.ofApi, api.body({ rules: rules.slice(0, 10) }));
  expect(few.body.errors).toEqual([]);
});

test('exclusive conditions within each other, which took twice as long for each one, are read at once', async () => {
  const nested = (depth: number): string =>
    depth === 0 ? 'dns.rr.opt.client' : `dns.rr.opt.client xor (${nested(depth - 1)})`;
  const answer = await api.call(
    'POST',
    api.ofApi,
    api.body({ name: 'xor.example.org', rules: [{ condition: nested(31), overrides: { ttl: 60 } }] }),
  );
  expect(answer.body.errors).toEqual([]);
});

test('as many rules as there may be, and rules without a condition, are one outcome or few', async () => {
  const rules = Array.from({ length: 100 }, (_, i) => ({
    condition: i % 2 === 0 ? `dns.rr.opt.client.addr in {10.${i}.0.0/16}` : '',
    overrides: i % 2 === 0 ? { ttl: 60 + i } : { fallback_pool: api.far },
  }));
  const answer = await api.call('POST', api.ofApi, api.body({ name: 'many.example.org', rules }));
  expect(answer.body.errors).toEqual([]);
});

test('ranges that need many prefixes are laid out by their ends', async () => {
  const ranges = Array.from(
    { length: 200 },
    (_, i) => `${(2 * i + 1).toString(16)}::1..${(2 * i + 2).toString(16)}::`,
  ).join(' ');
  const rules = [{ condition: `ip.src in {${ranges}}`, overrides: { ttl: 60 } }];
  const answer = await api.call('POST', api.ofApi, api.body({ name: 'ranges.example.org', rules }));
  expect(answer.body.errors).toEqual([]);
});

test('more patterns than a load balancer may have are refused before they are read', async () => {
  const condition = Array.from({ length: 4 }, (_, i) => `dns.qry.name matches "^${i}"`).join(' or ');
  await expectRefused(api, 'POST', api.ofApi, [
    api.body({ rules: Array.from({ length: 3 }, () => ({ condition, overrides: { ttl: 60 } })) }),
    [['/rules', 'the rules have more than 10 patterns ("matches")']],
  ]);
});

test('patterns of refused conditions count, too, so that a body of many takes no longer to refuse', async () => {
  const refused = (i: number) => `dns.qry.name matches "^${i}" or dns.qry.name matches r"a.{11}${i}"`;
  const rules = Array.from({ length: 100 }, (_, i) => ({ condition: refused(i), overrides: { ttl: 60 } }));
  const { status, body } = await api.call('POST', api.ofApi, api.body({ rules }));
  expect(status).toBe(400);
  const pointers = body.errors.map(({ source }: { source: { pointer: string } }) => source.pointer);
  expect(pointers).toEqual([...Array.from({ length: 6 }, (_, i) => `/rules/${i}/condition`), '/rules']);
});

test('patterns of HTTP in disabled rules are not made, and do not count', async () => {
  const rules = Array.from({ length: 20 }, (_, i) => ({
    condition: `http.request.uri.path matches "^/${i}"`,
    disabled: true,
  }));
  const { body } = await api.call('POST', api.ofApi, api.body({ rules }));
  expect(body.errors).toEqual([]);
});
