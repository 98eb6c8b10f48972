import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ACCOUNT_LIST, type LoadBalancerApi, openLoadBalancerApi } from './harness.ts';

let api: LoadBalancerApi;
beforeAll(async () => {
  api = await openLoadBalancerApi();
});
afterAll(() => api.stop());

const ofPools = (zone: string) =>
  `the pools of zone ${zone} have their names below it, and nothing answers at it`;
const CUT = 'it is at or below sub.example.com, which is delegated to other name servers (RFC 1034 §4.3.2)';
const DNAME =
  'it is below moved.example.com, which has a DNAME, so that its names are others (RFC 6672 §2.4)';

describe('a load balancer was made at a name at which it never answers', () => {
  test.each([
    { name: 'pools.example.com', why: ofPools('example.com') },
    { name: 'Pools.Example.ORG.', why: ofPools('example.org') },
    { name: 'sub.example.com', why: CUT },
    { name: 'a.b.sub.example.com', why: CUT },
    { name: '*.sub.example.com', why: CUT },
    { name: 'a.moved.example.com', why: DNAME },
  ])('$name', async ({ name, why }) => {
    const body = api.body({ name });
    const sentence = `invalid hostname: ${name} (${why})`;
    const ofZone = name.endsWith('.com') ? api.ofFile : api.ofApi;
    for (const path of [ACCOUNT_LIST, ofZone]) {
      const { status, body: answer } = await api.call('POST', path, body);
      expect([status, answer.errors.length, answer.errors[0].source.pointer]).toEqual([400, 1, '/name']);
      expect(answer.errors[0].message).toContain(sentence);
    }
    const one = api.body();
    const { id } = (await api.call('POST', api.ofApi, one)).body.result;
    expect((await api.call('PATCH', `${ACCOUNT_LIST}/${id}`, { name })).status).toBe(400);
    const pools = { default_pools: ['near'], fallback_pool: 'near' };
    const applied = await api.call('POST', '/lifeguard/v1/apply', { load_balancers: [{ name, ...pools }] });
    expect(applied.body.errors[0]).toMatchObject({ source: { pointer: '/load_balancers/0/name' } });
  });
});

test.each([
  'near.pools.example.com',
  '*.pools.example.com',
  'notsub.example.com',
  'moved.example.com',
  'pools.pools.example.org',
  '*.example.com',
])('a load balancer may be at %s', async (name) => {
  const { status, body } = await api.call('POST', ACCOUNT_LIST, api.body({ name }));
  expect([status, body.errors]).toEqual([200, []]);
});

test('where the pools of a zone have their names elsewhere, or none, the name is free', async () => {
  const settings = `/lifeguard/v1/zones/${api.zoneId}/settings`;
  const name = 'pools.example.org';
  await api.call('PATCH', settings, { pools: 'EU.Pools.example.org.' });
  expect((await api.call('POST', api.ofApi, api.body({ name }))).status).toBe(200);
  const elsewhere = api.body({ name: 'eu.pools.example.org' });
  expect((await api.call('POST', api.ofApi, elsewhere)).body.errors[0].message).toContain(
    ofPools('example.org'),
  );
  await api.call('PATCH', settings, { pools: null });
  expect((await api.call('POST', api.ofApi, elsewhere)).status).toBe(200);
});
