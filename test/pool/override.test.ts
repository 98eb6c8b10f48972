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

describe('when an override holds', () => {
  test.each([
    { start: undefined, end: undefined, phase: 'active', rule: 'without times, until it is deleted' },
    { start: '2026-06-01T12:00:00.001000Z', end: undefined, phase: 'pending', rule: 'not before its start' },
    { start: '2026-06-01T12:00:00.000000Z', end: undefined, phase: 'active', rule: 'from its start on' },
    { start: undefined, end: '2026-06-01T12:00:00.001000Z', phase: 'active', rule: 'until its end' },
    { start: undefined, end: '2026-06-01T12:00:00.000000Z', phase: 'ended', rule: 'not at its end' },
    { start: '2026-06-01T13:00:00+02:00', end: undefined, phase: 'active', rule: 'in any time zone' },
  ])('$rule: $phase', ({ start, end, phase }) => {
    const times = { ...(start ? { start } : {}), ...(end ? { end } : {}) };
    expect(phaseOf(times, NOON_MS)).toBe(phase);
    expect(overrideOf([override(times)], web, a, NOON_MS) !== undefined).toBe(phase === 'active');
    expect(changeTimesOf(times)).toEqual([start, end].filter(Boolean).map((time) => Date.parse(time!)));
  });
});

describe('which override holds', () => {
  const ofPool = override({ action: 'maintenance' });
  const ofA = override({ endpoint: 'A', action: 'in' });
  const over = override({ endpoint: 'a', action: 'out', end: '2026-06-01T11:00:00Z' });
  test.each([
    { all: [], at: a, action: undefined, rule: 'none' },
    { all: [ofPool], at: a, action: 'maintenance', rule: "the pool's" },
    { all: [ofPool, ofA], at: a, action: 'in', rule: "the endpoint's before the pool's, whatever its case" },
    { all: [ofA, ofPool], at: a, action: 'in', rule: 'in any order' },
    { all: [ofA], at: b, action: undefined, rule: "not another endpoint's" },
    { all: [ofPool, over], at: a, action: 'maintenance', rule: "the pool's where the endpoint's has ended" },
    { all: [override({ pool: '9'.repeat(32) })], at: a, action: undefined, rule: "not another pool's" },
  ])('$rule', ({ all, at, action }) => {
    expect(overrideOf(all, web, at, NOON_MS)?.action).toBe(action);
  });

  test('a target is a pool, or an endpoint of it', () => {
    expect(targetKey(ofA)).toBe(targetKey(over));
    expect(targetKey(ofA)).not.toBe(targetKey(ofPool));
    expect(targetKey(ofPool)).not.toBe(targetKey({ pool: '9'.repeat(32) }));
  });
});

describe('what an override does', () => {
  const off = endpoint('off', '192.0.2.9', { enabled: false });
  const idle = endpoint('idle', '192.0.2.8', { weight: 0 });
  test.each([
    { healthy: false, override: 'in', of: a, answered: true, rule: 'in whatever the checks say' },
    { healthy: undefined, override: 'in', of: a, answered: true, rule: 'in before any check' },
    { healthy: true, override: 'out', of: a, answered: false, rule: 'out though it is well' },
    { healthy: true, override: 'maintenance', of: a, answered: false, rule: 'out for maintenance' },
    { healthy: true, override: undefined, of: a, answered: true, rule: 'without one, what the checks say' },
    { healthy: true, override: 'in', of: off, answered: false, rule: 'never a disabled endpoint' },
  ] as const)('$rule', ({ healthy, override, of, answered }) => {
    const health: EndpointHealth = { healthy, ...(override ? { override } : {}) };
    expect(isAnswered(pool([of]), of, health)).toBe(answered);
    expect(membersOf(pool([of]), () => health).length).toBe(answered ? 1 : 0);
  });

  test('in does not give weight to an endpoint that has none, nor enable a pool', () => {
    const health: EndpointHealth = { healthy: true, override: 'in' };
    expect(membersOf(pool([idle]), () => health)).toEqual([]);
    expect(membersOf(pool([a], { enabled: false }), () => health)).toEqual([]);
  });
});

describe('whether a pool is healthy', () => {
  type Row = readonly [EndpointHealth, EndpointHealth, EndpointHealth];
  const up: EndpointHealth = { healthy: true };
  const down: EndpointHealth = { healthy: false };
  const as = (health: EndpointHealth, action: 'in' | 'out' | 'maintenance') => ({
    ...health,
    override: action,
  });
  test.each<{ health: Row; needs: number; healthy: boolean | undefined; rule: string }>([
    { health: [up, up, as(up, 'out')], needs: 3, healthy: false, rule: 'what is forced out is not healthy' },
    { health: [up, up, as(down, 'in')], needs: 3, healthy: true, rule: 'what is forced in is' },
    {
      health: [up, up, as(up, 'maintenance')],
      needs: 3,
      healthy: true,
      rule: 'maintenance is not a failure',
    },
    { health: [up, down, as(up, 'maintenance')], needs: 3, healthy: false, rule: 'a failure beside it is' },
    {
      health: [up, down, as(up, 'maintenance')],
      needs: 1,
      healthy: true,
      rule: 'the minimum is what it was',
    },
    {
      health: [as(up, 'maintenance'), as(down, 'maintenance'), as(up, 'maintenance')],
      needs: 1,
      healthy: undefined,
      rule: 'nothing is said of a pool that is under maintenance as a whole',
    },
  ])('$rule', ({ health, needs, healthy }) => {
    const of = pool([a, b, c], { minimumOrigins: needs });
    expect(isPoolHealthy(of, (each) => health[of.endpoints.indexOf(each)]!)).toBe(healthy);
  });
});
