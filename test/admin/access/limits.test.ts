import { expect, test } from 'vitest';
import { LIMITS_DEFAULT, type Limits } from '../../../src/pool/limits.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import {
  ACCOUNT,
  MONITOR_GROUPS,
  MONITORS,
  openTestAdmin,
  POOLS,
  startTestAdmin,
  type TestAdmin,
  TOKENS,
} from '../server.ts';

const LOAD_BALANCERS = `/client/v4/accounts/${ACCOUNT}/load_balancers`;
const steered = (i: number, pool: string) => ({
  name: `shop-${i}.example.com`,
  default_pools: [pool],
  fallback_pool: pool,
});
const APPLY = '/lifeguard/v1/apply';
const origins = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ name: `e${i}`, address: `192.0.2.${i + 1}` }));
const pool = (name: string, endpoints = 1) => ({ name, origins: origins(endpoints) });
const start = (limits: Partial<Limits>) =>
  startTestAdmin({
    limits: { ...LIMITS_DEFAULT, ...limits },
    zones: [zoneFile('example.com', '@ 60 NS ns1.example.net.')],
  });
const outcome = async (asked: ReturnType<TestAdmin['call']>) => {
  const { status, body } = await asked;
  return status === 200 ? 200 : [status, body.errors[0].code, body.errors[0].message];
};
const refusal = (count: number, what: string, max: number, bound: string) => [
  403,
  1404,
  `This would make ${count} ${what}, but ${bound} allows ${max}. Nothing was written.`,
];

test('the limit of each kind can be reached, and one more is refused', async () => {
  const api = await start({
    pools: 3,
    monitors: 2,
    monitor_groups: 1,
    overrides: 1,
    load_balancers: 2,
    tokens: 1,
  });
  const make = (path: string, body: object) => outcome(api.call('POST', path, body));
  const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
  const member = { monitor_id: monitor, enabled: true, monitoring_only: false, must_be_healthy: false };
  const group = { description: 'g', members: [member] };
  const id = (await api.call('POST', POOLS, pool('p0'))).body.result.id;
  const override = (endpoint?: string) => ({ pool: id, endpoint, action: 'out', owner: 'o', reason: 'r' });
  for (const [path, body, what, max] of [
    [POOLS, (i: number) => pool(`p${i}`), 'pools', 3],
    [MONITORS, (i: number) => ({ type: 'icmp_ping', description: `${i}` }), 'monitors', 2],
    [MONITOR_GROUPS, () => group, 'monitor groups', 1],
    ['/lifeguard/v1/overrides', (i: number) => override(i === 0 ? undefined : 'e0'), 'overrides', 1],
    [LOAD_BALANCERS, (i: number) => steered(i, id), 'load balancers', 2],
    [TOKENS, (i: number) => ({ name: `t${i}`, scope: 'read' }), 'tokens', 1],
  ] as const) {
    const { documents } = await api.store.read();
    const kind = what.replace(' ', '_').slice(0, -1);
    for (let i = documents.filter((each) => each.kind === kind).length; i < max; i += 1)
      expect(await make(path, body(i))).toBe(200);
    const before = await api.store.read();
    const bound = `limits.${what.replace(' ', '_')}_max`;
    expect(await make(path, body(max))).toEqual(refusal(max + 1, what, max, bound));
    expect(await api.store.read()).toEqual(before);
  }
});

test('the endpoints of all pools are limited in every kind of request, and fewer are always accepted', async () => {
  const api = await start({ endpoints: 10 });
  const { id } = (await api.call('POST', POOLS, pool('a', 6))).body.result;
  const over = refusal(11, 'endpoints of all pools', 10, 'limits.endpoints_max');
  expect(await outcome(api.call('POST', POOLS, pool('b', 5)))).toEqual(over);
  expect(await outcome(api.call('POST', POOLS, pool('b', 4)))).toBe(200);
  expect(await outcome(api.call('PUT', `${POOLS}/${id}`, pool('a', 7)))).toEqual(over);
  expect(await outcome(api.call('PATCH', `${POOLS}/${id}`, { origins: origins(7) }))).toEqual(over);
  expect(await outcome(api.call('POST', APPLY, { pools: [pool('c')] }))).toEqual(over);
  expect(await outcome(api.call('POST', `${APPLY}?dry_run=true`, { pools: [pool('c')] }))).toEqual(over);
  expect(await outcome(api.call('PATCH', `${POOLS}/${id}`, { description: 'x' }))).toBe(200);
  expect(await outcome(api.call('PATCH', `${POOLS}/${id}`, { origins: origins(5) }))).toBe(200);
  expect(await outcome(api.call('POST', POOLS, pool('c', 1)))).toBe(200);
  // A bound that was lowered below what is there takes nothing away.
  const lower = await start({ endpoints: 0 });
  expect(await outcome(lower.call('POST', POOLS, pool('a')))).toEqual(
    refusal(1, 'endpoints of all pools', 0, 'limits.endpoints_max'),
  );
});

test('the octets of records are limited, of one zone and of all, in every kind of request', async () => {
  const api = await start({ record_octets: 200, zone_record_octets: 100 });
  const lists = await Promise.all(
    ['a.example.org', 'b.example.org', 'c.example.org'].map(async (name) => {
      const { body } = await api.call('POST', '/client/v4/zones', { name });
      return `/client/v4/zones/${body.result.id}/dns_records`;
    }),
  );
  /** A record with so many octets, of which the name has 15: `t.x.example.org`. */
  const text = (octets: number) => ({ type: 'TXT', name: 't', content: `"${'x'.repeat(octets - 17)}"` });
  const ofZone = (count: number) =>
    refusal(count, 'octets of records of the zone a.example.org', 100, 'limits.zone_record_octets_max');
  const [a, , c] = lists as [string, string, string];
  const { id } = (await api.call('POST', a, text(60))).body.result;
  expect(await outcome(api.call('POST', a, text(41)))).toEqual(ofZone(101));
  expect(await outcome(api.call('POST', a, text(40)))).toBe(200);
  // What was written since the last count did not count for a small write.
  expect(await outcome(api.call('PATCH', `${a}/${id}`, { comment: 'é' }))).toEqual(ofZone(102));
  expect(await outcome(api.call('PATCH', `${a}/${id}`, { tags: ['k:v'] }))).toEqual(ofZone(103));
  expect(await outcome(api.call('POST', `${a}/batch`, { posts: [text(30)] }))).toEqual(ofZone(130));
  const batch = { deletes: [{ id }], posts: [text(60)] };
  expect(await outcome(api.call('POST', `${a}/batch`, batch))).toBe(200);
  const file = `t.a.example.org. 300 IN TXT "${'y'.repeat(10)}"\n`;
  expect(await outcome(api.call('POST', `${a}/import`, file, { 'content-type': 'text/plain' }))).toEqual(
    ofZone(127),
  );
  const document = (name: string, octets: number) => ({ zones: [{ name, records: [text(octets)] }] });
  const applied = (name: string, octets: number) => outcome(api.call('POST', APPLY, document(name, octets)));
  const ofAll = (count: number) => refusal(count, 'octets of all records', 200, 'limits.record_octets_max');
  expect(await applied('b.example.org', 101)).toEqual(ofAll(201));
  expect(await applied('b.example.org', 90)).toBe(200);
  expect(await outcome(api.call('POST', c, text(19)))).toEqual(ofAll(209));
  // Fewer are always accepted.
  expect(await outcome(api.call('DELETE', `${a}/${(await api.call('GET', a)).body.result[0].id}`))).toBe(200);
});

test('of many simultaneous requests at two nodes, exactly the limit succeeds', async () => {
  const limits = { ...LIMITS_DEFAULT, pools: 10 };
  const one = await startTestAdmin({ limits });
  // The store is closed once.
  const shared = Object.assign(Object.create(one.store) as typeof one.store, { close: async () => {} });
  const other = await openTestAdmin({ limits, store: shared });
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      outcome((i % 2 === 0 ? one : other).call('POST', POOLS, pool(`p${i}`))),
    ),
  );
  await other.stop();
  expect(made.filter((each) => each === 200)).toHaveLength(10);
  const { documents } = await one.store.read();
  expect(documents.filter(({ kind }) => kind === 'pool')).toHaveLength(10);
});

test('a write far below all limits was refused as contended while others wrote', async () => {
  const one = await startTestAdmin();
  let others = 0;
  // Before each commit somebody else's is made, as in a storm of writes.
  const contended = Object.assign(Object.create(one.store) as typeof one.store, {
    commit: async (...args: Parameters<typeof one.store.commit>) => {
      others += 1;
      expect(await outcome(one.call('POST', POOLS, pool(`other-${others}`)))).toBe(200);
      return one.store.commit(...args);
    },
    close: async () => {},
  });
  const other = await openTestAdmin({ store: contended });
  expect(await outcome(other.call('POST', POOLS, pool('a')))).toBe(200);
  await other.stop();
});

test('a document that would exceed a limit in one of its parts changes nothing', async () => {
  const api = await start({ pools: 1_500 });
  const pools = Array.from({ length: 1_501 }, (_, i) => pool(`p${i}`));
  expect(await outcome(api.call('POST', APPLY, { pools }))).toEqual(
    refusal(1_501, 'pools', 1_500, 'limits.pools_max'),
  );
  expect((await api.store.read()).documents).toEqual([]);
});

test('the quota of a token counts all objects in its prefix, also those that other tokens created', async () => {
  const api = await startTestAdmin();
  const made = await api.call('POST', TOKENS, {
    name: 'shop',
    scope: 'edit',
    pool_prefix: 'shop-',
    documents_max: 3,
    endpoints_max: 5,
  });
  expect(made.body.result).toMatchObject({ documents_max: 3, endpoints_max: 5 });
  const bearer = { authorization: `Bearer ${made.body.result.token}` };
  const write = (body: object) => outcome(api.call('POST', POOLS, body, bearer));
  await api.call('POST', POOLS, pool('other', 50));
  await api.call('POST', POOLS, pool('shop-1', 2));
  const quota = 'the quota of this token';
  expect(await write(pool('shop-2', 4))).toEqual(refusal(6, 'endpoints of its pools', 5, quota));
  expect(await write(pool('shop-2', 2))).toBe(200);
  expect(await write(pool('shop-3', 1))).toBe(200);
  expect(await write(pool('shop-4', 1))).toEqual(refusal(4, 'objects that it may write', 3, quota));
  expect(await outcome(api.call('POST', POOLS, pool('shop-4')))).toBe(200);
  const refused = await api.call('POST', TOKENS, { name: 'r', scope: 'read', documents_max: 3 });
  expect(refused.body.errors[0].message).toContain('documents_max is allowed only with scope edit');
});

test('the quota of a token counts the load balancers of its pools', async () => {
  const api = await start({});
  const made = await api.call('POST', TOKENS, {
    name: 'shop',
    scope: 'edit',
    pool_prefix: 'shop-',
    documents_max: 2,
  });
  const bearer = { authorization: `Bearer ${made.body.result.token}` };
  const [own, other] = await Promise.all(
    ['shop-1', 'other'].map(async (name) => (await api.call('POST', POOLS, pool(name))).body.result.id),
  );
  await api.call('POST', LOAD_BALANCERS, { ...steered(9, own), default_pools: [other] });
  const write = (i: number) => outcome(api.call('POST', LOAD_BALANCERS, steered(i, own), bearer));
  expect(await write(1)).toBe(200);
  expect(await write(2)).toEqual(refusal(3, 'objects that it may write', 2, 'the quota of this token'));
});

test('another account id in the path does not evade the limits', async () => {
  const api = await start({ pools: 0 });
  const other = POOLS.replace(ACCOUNT, 'f'.repeat(32));
  expect((await api.call('POST', other, pool('a'))).status).toBe(403);
});
