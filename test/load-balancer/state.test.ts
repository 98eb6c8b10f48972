import { describe, expect, test } from 'vitest';
import type { LoadBalancer } from '../../src/load-balancer/load-balancer.ts';
import { loadBalancerStatus, type PoolInUse } from '../../src/load-balancer/state.ts';
import { loadBalancer } from '../store/contract/samples.ts';

const ids = { a: 'a'.repeat(32), b: 'b'.repeat(32), c: 'c'.repeat(32), f: 'f'.repeat(32) };
const { a, b, c, f } = ids;
const namesOf = (some: Iterable<string>) =>
  [...some].map((id) => Object.entries(ids).find(([, each]) => each === id)![0]).join(' ');

const BASE = loadBalancer('0'.repeat(32), {
  name: 'www.example.com',
  zoneName: 'example.com',
  defaultPools: [a, b],
  fallbackPool: f,
});
const UP: PoolInUse = {
  ...{ isUsable: true, shedPercent: 0, isAllDown: false, hasEnabled: true, hasLastHealthy: false },
};
const DOWN: PoolInUse = { ...UP, isUsable: false, isAllDown: true };

interface Case {
  readonly lb?: Partial<LoadBalancer>;
  readonly pools?: Readonly<Record<string, PoolInUse>>;
}
const statusOf = ({ lb, pools = {} }: Case) =>
  loadBalancerStatus({ ...BASE, ...lb }, (id) => pools[id] ?? UP);

/** The states of the reference, §4.3: all pools healthy, some not, none usable so that the fallback is in use. */
describe('a load balancer', () => {
  test.each<[string, Case, string, string]>([
    ['all pools are usable', {}, 'healthy', 'a'],
    ['the first pool is down', { pools: { [a]: DOWN } }, 'degraded', 'b'],
    ['a later pool is down', { pools: { [b]: DOWN } }, 'degraded', 'a'],
    ['no pool of its list is usable', { pools: { [a]: DOWN, [b]: DOWN } }, 'critical', 'f'],
    ['not even the fallback pool is', { pools: { [a]: DOWN, [b]: DOWN, [f]: DOWN } }, 'critical', 'f'],
    ['only the fallback pool is down', { pools: { [f]: DOWN } }, 'healthy', 'a'],
    ['it is disabled', { lb: { enabled: false }, pools: { [a]: DOWN } }, 'disabled', ''],
    ['it is random', { lb: { steeringPolicy: 'random' } }, 'healthy', 'a b'],
    [
      'it is random, and a pool is down',
      { lb: { steeringPolicy: 'random' }, pools: { [a]: DOWN } },
      'degraded',
      'b',
    ],
    [
      'a pool of weight 0 gets nothing',
      { lb: { steeringPolicy: 'random', randomSteering: { poolWeights: { [a]: 0 } } } },
      'healthy',
      'b',
    ],
    ['it steers by distance', { lb: { steeringPolicy: 'proximity' } }, 'healthy', 'a b'],
    ['a pool of a map is down', { lb: { countryPools: { DE: [c] } }, pools: { [c]: DOWN } }, 'degraded', 'a'],
    [
      'a pool of a map that its policy does not use is down',
      { lb: { steeringPolicy: 'off', countryPools: { DE: [c] } }, pools: { [c]: DOWN } },
      'healthy',
      'a',
    ],
    [
      'its default pools are down, and one of a map is not',
      { lb: { countryPools: { DE: [c] } }, pools: { [a]: DOWN, [b]: DOWN } },
      'critical',
      'f',
    ],
    [
      'it has no default pools, and those of its maps are usable',
      { lb: { defaultPools: [], regionPools: { WEU: [c] } } },
      'healthy',
      'f',
    ],
    [
      'it has pools in pool sets only, and one is down',
      { lb: { defaultPools: [], poolSets: [{ overrides: { pools: [b, c] } }] }, pools: { [c]: DOWN } },
      'degraded',
      'f',
    ],
    ['it has no pool but the fallback pool', { lb: { defaultPools: [] } }, 'critical', 'f'],
  ])('where %s', (_, of, state, answering) => {
    const status = statusOf(of);
    expect([status.state, namesOf(status.answering)]).toEqual([state, answering]);
  });

  const ALL = { [a]: DOWN, [b]: DOWN, [f]: DOWN };
  const LAST = { ...ALL, [f]: { ...DOWN, hasLastHealthy: true } };
  test.each<[string, Case, string | undefined]>([
    ['a pool is usable', { pools: { [a]: DOWN } }, undefined],
    ['the fallback pool has healthy members', { pools: { [a]: DOWN, [b]: DOWN } }, undefined],
    ['it does not say', { pools: ALL }, 'all'],
    ['it says null', { lb: { allDown: null }, pools: ALL }, 'all'],
    ['it says nodata', { lb: { allDown: 'nodata' }, pools: ALL }, 'nodata'],
    ['it says all', { lb: { allDown: 'all' }, pools: LAST }, 'all'],
    ['it says last_healthy', { lb: { allDown: 'last_healthy' }, pools: LAST }, 'last_healthy'],
    ['the last healthy are not known', { lb: { allDown: 'last_healthy' }, pools: ALL }, 'all'],
    ['no endpoint is enabled', { pools: { ...ALL, [f]: { ...DOWN, hasEnabled: false } } }, 'nodata'],
    ['it is disabled', { lb: { enabled: false }, pools: ALL }, undefined],
  ])('without a healthy member in the fallback pool, where %s: %s', (_, of, allDown) => {
    expect(statusOf(of).allDown).toBe(allDown);
  });

  test.each<[string, Case, Record<string, number> | undefined]>([
    ['the first usable pool has all', { pools: { [a]: DOWN } }, { b: 1 }],
    ['the fallback pool has all', { pools: { [a]: DOWN, [b]: DOWN } }, { f: 1 }],
    [
      'pools share by weight',
      { lb: { steeringPolicy: 'random', randomSteering: { poolWeights: { [a]: 0.6, [b]: 0.2 } } } },
      { a: 0.75, b: 0.25 },
    ],
    ['a pool moves some away', { pools: { [a]: { ...UP, shedPercent: 20 } } }, { a: 0.8, b: 0.2 }],
    [
      'all move some away, which the fallback pool gets',
      { pools: { [a]: { ...UP, shedPercent: 50 }, [b]: { ...UP, shedPercent: 50 } } },
      { a: 0.5, b: 0.25, f: 0.25 },
    ],
    ['the place of the client decides', { lb: { steeringPolicy: 'proximity' } }, undefined],
    [
      'the place of the client would decide, but one pool is left',
      { lb: { steeringPolicy: 'proximity' }, pools: { [a]: DOWN } },
      { b: 1 },
    ],
    ['a disabled one answers nothing', { lb: { enabled: false } }, {}],
  ])('shares: %s', (_, of, shares) => {
    const found = statusOf(of).shares;
    const named = found && Object.fromEntries([...found].map(([id, share]) => [namesOf([id]), share]));
    if (shares === undefined) expect(named).toBeUndefined();
    else
      expect(named).toEqual(
        Object.fromEntries(Object.entries(shares).map(([k, v]) => [k, expect.closeTo(v)])),
      );
  });
});
