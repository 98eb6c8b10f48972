import { describe, expect, test } from 'vitest';
import { type EndpointHealth, isAnswered, isPoolHealthy, membersOf } from '../../src/pool/members.ts';
import { changeTimesOf, type Override, overrideOf, phaseOf, targetKey } from '../../src/pool/override.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';

const endpoint = (name: string, address: string, more: Partial<Endpoint> = {}): Endpoint => ({
  name,
  address,
  enabled: true,
  weight: 1,
  flattenCname: true,
  ...more,
});
const a = endpoint('a', '192.0.2.1');
const b = endpoint('b', '192.0.2.2');
const c = endpoint('c', '192.0.2.3');
const pool = (endpoints: readonly Endpoint[], more: Partial<Pool> = {}): Pool => ({
  id: '0'.repeat(32),
  name: 'web',
  description: '',
  enabled: true,
  minimumOrigins: 1,
  monitor: '1'.repeat(32),
  notificationEmail: '',
  endpoints,
  createdOn: '2026-01-01T00:00:00.000000Z',
  modifiedOn: '2026-01-01T00:00:00.000000Z',
  ...more,
});
const web = pool([a, b]);
const override = (more: Partial<Override>): Override => ({
  id: '2'.repeat(32),
  pool: web.id,
  action: 'out',
  owner: 'ann',
  reason: 'disk',
  createdOn: '2026-01-01T00:00:00.000000Z',
  ...more,
});
const NOON_MS = Date.parse('2026-06-01T12:00:00Z');

describe('phase of an override', () => {
  test.each([
    { start: undefined, end: undefined, phase: 'active', rule: 'an override without times is active' },
    { start: '2026-06-01T12:00:00.001000Z', end: undefined, phase: 'pending', rule: 'before its start' },
    { start: '2026-06-01T12:00:00.000000Z', end: undefined, phase: 'active', rule: 'from its start on' },
    { start: undefined, end: '2026-06-01T12:00:00.001000Z', phase: 'active', rule: 'before its end' },
    { start: undefined, end: '2026-06-01T12:00:00.000000Z', phase: 'ended', rule: 'at its end' },
    { start: '2026-06-01T13:00:00+02:00', end: undefined, phase: 'active', rule: 'in another time zone' },
  ])('$rule: $phase', ({ start, end, phase }) => {
    const times = { ...(start ? { start } : {}), ...(end ? { end } : {}) };
    expect(phaseOf(times, NOON_MS)).toBe(phase);
    expect(overrideOf([override(times)], web, a, NOON_MS) !== undefined).toBe(phase === 'active');
    expect(changeTimesOf(times)).toEqual([start, end].filter(Boolean).map((time) => Date.parse(time!)));
  });
});

describe('which override applies', () => {
  const ofPool = override({ action: 'maintenance' });
  const ofA = override({ endpoint: 'A', action: 'in' });
  const over = override({ endpoint: 'a', action: 'out', end: '2026-06-01T11:00:00Z' });
  test.each([
    { all: [], at: a, action: undefined, rule: 'none applies' },
    { all: [ofPool], at: a, action: 'maintenance', rule: 'of the pool' },
    { all: [ofPool, ofA], at: a, action: 'in', rule: 'that of the endpoint wins, in any case of its name' },
    { all: [ofA, ofPool], at: a, action: 'in', rule: 'in any order' },
    { all: [ofA], at: b, action: undefined, rule: 'not of another endpoint' },
    { all: [ofPool, over], at: a, action: 'maintenance', rule: 'of the pool, if that of the endpoint ended' },
    { all: [override({ pool: '9'.repeat(32) })], at: a, action: undefined, rule: 'not of another pool' },
  ])('$rule', ({ all, at, action }) => {
    expect(overrideOf(all, web, at, NOON_MS)?.action).toBe(action);
  });

  test('overrides have the same target when pool and endpoint are the same', () => {
    expect(targetKey(ofA)).toBe(targetKey(over));
    expect(targetKey(ofA)).not.toBe(targetKey(ofPool));
    expect(targetKey(ofPool)).not.toBe(targetKey({ pool: '9'.repeat(32) }));
  });
});

describe('effect of an override', () => {
  const off = endpoint('off', '192.0.2.9', { enabled: false });
  const idle = endpoint('idle', '192.0.2.8', { weight: 0 });
  test.each([
    { healthy: false, override: 'in', of: a, answered: true, rule: '"in" of an unhealthy endpoint' },
    { healthy: undefined, override: 'in', of: a, answered: true, rule: '"in" before the first result' },
    { healthy: true, override: 'out', of: a, answered: false, rule: '"out" of a healthy endpoint' },
    { healthy: true, override: 'maintenance', of: a, answered: false, rule: '"maintenance" removes it' },
    { healthy: true, override: undefined, of: a, answered: true, rule: 'without one the checks decide' },
    { healthy: true, override: 'in', of: off, answered: false, rule: '"in" of a disabled endpoint' },
  ] as const)('$rule', ({ healthy, override, of, answered }) => {
    const health: EndpointHealth = { healthy, ...(override ? { override } : {}) };
    expect(isAnswered(pool([of]), of, health)).toBe(answered);
    expect(membersOf(pool([of]), () => health).length).toBe(answered ? 1 : 0);
  });

  test('"in" answers neither an endpoint of weight 0 nor one of a disabled pool', () => {
    const health: EndpointHealth = { healthy: true, override: 'in' };
    expect(membersOf(pool([idle]), () => health)).toEqual([]);
    expect(membersOf(pool([a], { enabled: false }), () => health)).toEqual([]);
  });
});

describe('health of a pool with overrides', () => {
  type Row = readonly [EndpointHealth, EndpointHealth, EndpointHealth];
  const up: EndpointHealth = { healthy: true };
  const down: EndpointHealth = { healthy: false };
  const as = (health: EndpointHealth, action: 'in' | 'out' | 'maintenance') => ({
    ...health,
    override: action,
  });
  test.each<{ health: Row; needs: number; healthy: boolean | undefined; rule: string }>([
    { health: [up, up, as(up, 'out')], needs: 3, healthy: false, rule: 'a forced-out endpoint is not' },
    { health: [up, up, as(down, 'in')], needs: 3, healthy: true, rule: 'a forced-in endpoint is' },
    {
      health: [up, up, as(up, 'maintenance')],
      needs: 3,
      healthy: true,
      rule: 'an endpoint in maintenance is not a failure',
    },
    { health: [up, down, as(up, 'maintenance')], needs: 3, healthy: false, rule: 'another failure counts' },
    {
      health: [up, down, as(up, 'maintenance')],
      needs: 1,
      healthy: true,
      rule: 'an endpoint in maintenance does not change a minimum of 1',
    },
    {
      health: [as(up, 'maintenance'), as(down, 'maintenance'), as(up, 'maintenance')],
      needs: 1,
      healthy: undefined,
      rule: 'a pool with all endpoints in maintenance has no health',
    },
  ])('$rule', ({ health, needs, healthy }) => {
    const of = pool([a, b, c], { minimumOrigins: needs });
    expect(isPoolHealthy(of, (each) => health[of.endpoints.indexOf(each)]!)).toBe(healthy);
  });
});
