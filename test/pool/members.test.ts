import { describe, expect, test } from 'vitest';
import {
  type EndpointHealth,
  isIn,
  isMonitored,
  isPoolHealthy,
  membersOf,
  standingOf,
} from '../../src/pool/members.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';

const endpoint = (address: string, more: Partial<Endpoint> = {}): Endpoint => ({
  name: address,
  address,
  enabled: true,
  weight: 1,
  flattenCname: true,
  ...more,
});
const pool = (endpoints: readonly Endpoint[], more: Partial<Pool> = {}): Pool => ({
  id: '0'.repeat(32),
  name: 'web',
  description: '',
  enabled: true,
  minimumOrigins: 1,
  monitor: '1'.repeat(32),
  notificationEmail: '',
  endpoints,
  createdOn: '2025-01-01T00:00:00.000000Z',
  modifiedOn: '2025-01-01T00:00:00.000000Z',
  ...more,
});
const healthy: EndpointHealth = { healthy: true };
const unhealthy: EndpointHealth = { healthy: false };
const unknown: EndpointHealth = { healthy: undefined };
const noJudge: EndpointHealth = { healthy: undefined, hasNoJudge: true };
const grouped = (endpoints: readonly Endpoint[]) =>
  pool(endpoints, { monitor: null, monitorGroup: '2'.repeat(32) });
const one = endpoint('192.0.2.1');
const off = endpoint('192.0.2.1', { enabled: false });

describe('status of an endpoint (design §6)', () => {
  test.each([
    { of: pool([one]), at: one, health: healthy, standing: 'healthy', in: true },
    { of: pool([one]), at: one, health: unhealthy, standing: 'unhealthy', in: false },
    { of: pool([one]), at: one, health: unknown, standing: 'unknown', in: false },
    { of: pool([one], { monitor: null }), at: one, health: unknown, standing: 'unmonitored', in: true },
    { of: pool([one], { monitor: '' }), at: one, health: unhealthy, standing: 'unmonitored', in: true },
    { of: grouped([one]), at: one, health: healthy, standing: 'healthy', in: true },
    { of: grouped([one]), at: one, health: unhealthy, standing: 'unhealthy', in: false },
    { of: grouped([one]), at: one, health: unknown, standing: 'unknown', in: false },
    { of: grouped([one]), at: one, health: noJudge, standing: 'unmonitored', in: true },
    { of: grouped([off]), at: off, health: noJudge, standing: 'disabled', in: false },
    { of: pool([off]), at: off, health: healthy, standing: 'disabled', in: false },
    { of: pool([off], { monitor: null }), at: off, health: unknown, standing: 'disabled', in: false },
    { of: pool([one], { enabled: false }), at: one, health: healthy, standing: 'disabled', in: false },
  ])('$standing', (row) => {
    expect(standingOf(row.of, row.at, row.health)).toBe(row.standing);
    expect(isIn(standingOf(row.of, row.at, row.health))).toBe(row.in);
  });

  test.each([
    { monitor: 'f'.repeat(32), monitored: true },
    { monitor: '', monitored: false },
    { monitor: null, monitored: false },
  ])('a pool with monitor "$monitor" is monitored: $monitored', ({ monitor, monitored }) => {
    expect(isMonitored(pool([], { monitor }))).toBe(monitored);
  });
  test('a pool with a monitor group is monitored, and a pool with an empty one is not', () => {
    expect(isMonitored(grouped([]))).toBe(true);
    expect(isMonitored(pool([], { monitor: null, monitorGroup: '' }))).toBe(false);
  });
  test('a pool without the property monitor is not monitored', () => {
    const { monitor: _, ...without } = pool([]);
    expect(isMonitored(without)).toBe(false);
  });
});

describe('membersOf', () => {
  const addresses = (of: Pool, healthOf: (endpoint: Endpoint) => EndpointHealth) =>
    membersOf(of, healthOf).map(({ address, weight }) => `${address}*${weight}`);
  const two = endpoint('192.0.2.2');
  const three = endpoint('2001:db8::3');

  test('members are the healthy endpoints, in the order of the pool', () => {
    const of = pool([three, one, two]);
    expect(addresses(of, (each) => (each === one ? unhealthy : healthy))).toEqual([
      '2001:db8::3*100',
      '192.0.2.2*100',
    ]);
    expect(addresses(of, () => unknown)).toEqual([]);
  });

  test('all enabled endpoints of an unmonitored pool are members, and none of a disabled pool', () => {
    const of = pool([one, two, endpoint('192.0.2.9', { enabled: false })], { monitor: null });
    expect(addresses(of, () => unknown)).toEqual(['192.0.2.1*100', '192.0.2.2*100']);
    expect(addresses({ ...of, enabled: false }, () => healthy)).toEqual([]);
  });

  test('minimum_origins changes the health of the pool, not its members', () => {
    expect(
      addresses(pool([one, two], { minimumOrigins: 2 }), (each) => (each === one ? healthy : unhealthy)),
    ).toEqual(['192.0.2.1*100']);
  });

  test.each([
    { weight: 1, members: ['192.0.2.1*100'] },
    { weight: 0.5, members: ['192.0.2.1*50'] },
    { weight: 0.29, members: ['192.0.2.1*29'] },
    { weight: 0.01, members: ['192.0.2.1*1'] },
    { weight: 0.001, members: ['192.0.2.1*1'] },
    { weight: 0, members: [] },
  ])('an endpoint of weight $weight gives the members $members', ({ weight, members }) => {
    expect(addresses(pool([endpoint('192.0.2.1', { weight })]), () => healthy)).toEqual(members);
  });

  test('members from a host name have the TTL of its addresses', () => {
    const named = endpoint('host.example.org');
    const resolved: EndpointHealth = { healthy: true, addresses: ['192.0.2.7'], addressTtlSeconds: 8 };
    expect(membersOf(pool([one, named]), (each) => (each === named ? resolved : healthy))).toEqual([
      { address: '192.0.2.1', weight: 100 },
      { address: '192.0.2.7', weight: 100, ttlSeconds: 8 },
    ]);
  });

  test('a host name gives its resolved addresses as members, each address once in the pool', () => {
    const named = endpoint('host.example.com', { weight: 0.5 });
    const resolved: EndpointHealth = { healthy: true, addresses: ['192.0.2.1', '192.0.2.7', '2001:db8::7'] };
    const of = pool([one, named]);
    expect(addresses(of, (each) => (each === named ? resolved : healthy))).toEqual([
      '192.0.2.1*100',
      '192.0.2.7*50',
      '2001:db8::7*50',
    ]);
    expect(addresses(of, (each) => (each === named ? { ...resolved, healthy: false } : healthy))).toEqual([
      '192.0.2.1*100',
    ]);
  });

  test('a resolved address counts once in any spelling, and not at all if it is not usable', () => {
    const named = endpoint('host.example.com');
    const of = pool([endpoint('2001:DB8::1'), named]);
    const found = ['2001:db8:0::1', '::ffff:192.0.2.1', '::', '0.0.0.0', '224.0.0.1', '192.0.2.9'];
    const health = (each: Endpoint) => (each === named ? { healthy: true, addresses: found } : healthy);
    expect(addresses(of, health)).toEqual(['2001:DB8::1*100', '192.0.2.9*100']);
  });
});

describe('isPoolHealthy', () => {
  const ends = [endpoint('192.0.2.1'), endpoint('192.0.2.2'), endpoint('192.0.2.3', { weight: 0 })];
  const healthyCount = (count: number) => (each: Endpoint) =>
    ends.indexOf(each) >= ends.length - count ? healthy : unhealthy;
  test.each([
    { minimumOrigins: 1, good: 0, is: false, why: 'no endpoint is healthy' },
    { minimumOrigins: 1, good: 1, is: true, why: 'an endpoint of weight 0 counts as healthy' },
    { minimumOrigins: 2, good: 1, is: false, why: 'one fewer than the minimum is healthy' },
    { minimumOrigins: 2, good: 2, is: true, why: 'exactly the minimum is healthy' },
    { minimumOrigins: 0, good: 0, is: true, why: 'a minimum of 0 is valid' },
    { minimumOrigins: 4, good: 3, is: false, why: 'the minimum is more than all endpoints' },
  ])('$good of 3 with minimum $minimumOrigins: $is, $why', ({ minimumOrigins, good, is }) => {
    expect(isPoolHealthy(pool(ends, { minimumOrigins }), healthyCount(good))).toBe(is);
  });
  test('the health of an unmonitored pool is unknown, and a disabled pool is not healthy', () => {
    expect(isPoolHealthy(pool(ends, { monitor: null }), () => healthy)).toBeUndefined();
    expect(isPoolHealthy(pool(ends, { enabled: false }), () => healthy)).toBe(false);
    expect(isPoolHealthy(pool(ends, { enabled: false, monitor: null }), () => healthy)).toBe(false);
  });
  test('a disabled or unknown endpoint does not count as healthy', () => {
    expect(isPoolHealthy(pool([off]), () => healthy)).toBe(false);
    expect(isPoolHealthy(pool([one]), () => unknown)).toBe(false);
  });
});

describe('while the verdict on an endpoint may change, and after it changed to healthy', () => {
  const other = endpoint('192.0.2.2');
  const turning: EndpointHealth = { healthy: true, turningTtlSeconds: 5 };
  const ttlsOf = (of: Pool, health: EndpointHealth, ofOther: EndpointHealth = healthy) =>
    membersOf(of, (each) => (each === of.endpoints[0] ? health : ofOther)).map(
      ({ ttlSeconds }) => ttlSeconds,
    );

  test.each([
    { rule: 'for all members, which share one answer', health: turning, ttls: [5, 5] },
    {
      rule: 'also by an unhealthy endpoint that is about to become healthy',
      health: { healthy: false, turningTtlSeconds: 5 },
      ttls: [5],
    },
    {
      rule: 'but not longer than the TTL of its host name',
      health: { ...turning, addressTtlSeconds: 2 },
      ttls: [2, 5],
    },
    {
      rule: 'but not by an endpoint with an override',
      health: { ...turning, override: 'in' as const },
      ttls: [undefined, undefined],
    },
  ])('members have the short TTL: $rule', ({ health, ttls }) =>
    expect(ttlsOf(pool([one, other]), health)).toEqual(ttls),
  );

  test.each([
    { rule: 'weight 0', of: endpoint('192.0.2.1', { weight: 0 }) },
    { rule: 'disabled', of: off },
  ])('an endpoint that is never answered shortens no TTL: $rule', ({ of }) =>
    expect(ttlsOf(pool([of, other]), turning)).toEqual([undefined]),
  );

  test('a recovering endpoint has part of its weight, and at least weight 1', () => {
    const light = endpoint('192.0.2.1', { weight: 0.02 });
    const recovering: EndpointHealth = { healthy: true, recovered: 0.1 };
    const weights = (of: Pool) =>
      membersOf(of, (each) => (each === other ? healthy : recovering)).map(({ weight }) => weight);
    expect(weights(pool([one, other]))).toEqual([10, 100]);
    expect(weights(pool([light]))).toEqual([1]);
  });
});

test.each<{ rule: string; of: Partial<Pool>; health: Partial<EndpointHealth>; addresses: string[] }>([
  { rule: 'its healthy addresses only', of: {}, health: {}, addresses: ['192.0.2.7'] },
  {
    rule: 'all its addresses when it is forced in',
    of: {},
    health: { override: 'in' },
    addresses: ['192.0.2.7', '192.0.2.8'],
  },
  { rule: 'no address when it is forced out', of: {}, health: { override: 'out' }, addresses: [] },
  {
    rule: 'all its addresses when no monitor decides',
    of: { monitorGroup: 'a' },
    health: { hasNoJudge: true },
    addresses: ['192.0.2.7', '192.0.2.8'],
  },
])('a host name is answered with $rule', ({ of, health, addresses }) => {
  const known = {
    healthy: true,
    addresses: ['192.0.2.7', '192.0.2.8'],
    wellAddresses: [{ address: '192.0.2.7', recovered: 1 }],
    ...health,
  };
  const endpoint = { name: 'a', address: 'www.example.org', enabled: true, weight: 1, flattenCname: true };
  const pool = { enabled: true, monitor: 'a', endpoints: [endpoint], ...of } as unknown as Pool;
  expect(membersOf(pool, () => known).map(({ address }) => address)).toEqual(addresses);
});
