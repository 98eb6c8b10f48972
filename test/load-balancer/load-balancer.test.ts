import { describe, expect, test } from 'vitest';
import {
  effectivePolicy,
  type LoadBalancer,
  STEERING_POLICIES,
  type Steering,
} from '../../src/load-balancer/load-balancer.ts';
import { LOAD_BALANCER_SHAPE } from '../../src/load-balancer/load-balancer-shape.ts';
import { namesOnly, poolIdsNamed, poolsNamed } from '../../src/load-balancer/pools-named.ts';
import { withoutPools } from '../../src/load-balancer/without-pools.ts';
import { loadBalancer } from '../store/contract/samples.ts';

/** A load balancer that names a pool in every place where one can be named. */
const EVERYWHERE = loadBalancer('l', {
  steeringPolicy: 'off',
  defaultPools: ['a', 'b'],
  fallbackPool: 'c',
  regionPools: { WEU: ['d'], ENAM: [] },
  countryPools: { DE: ['e', 'a'] },
  popPools: { FRA: ['f'] },
  randomSteering: { poolWeights: { weighed: 0.5 } },
  rules: [
    { name: 'none' },
    {
      disabled: true,
      overrides: {
        defaultPools: ['g'],
        pools: ['h'],
        fallbackPool: 'i',
        regionPools: { WEU: ['j'] },
        countryPools: null,
        popPools: { FRA: ['k'] },
        randomSteering: { poolWeights: { weighed: 1 } },
      },
    },
    { overrides: { fallbackPool: '' } },
  ],
  poolSets: [{ overrides: { pools: ['l'], fallbackPool: 'm' } }, { fixedResponse: {} }],
});

describe('the pools that a load balancer names', () => {
  test('are those of every list and map, whether the policy uses it or not, and not those that only weights name', () => {
    expect(poolIdsNamed(EVERYWHERE).sort()).toEqual([...'abcdefghijklm']);
  });

  test('have the place of each mention', () => {
    const at = (pool: string) =>
      poolsNamed(EVERYWHERE).flatMap((each) => (each.pool === pool ? [each.path.join('/')] : []));
    expect(at('a')).toEqual(['defaultPools/0', 'countryPools/DE/1']);
    expect(at('k')).toEqual(['rules/1/overrides/popPools/FRA/0']);
    expect(at('m')).toEqual(['poolSets/0/overrides/fallbackPool']);
  });

  test('may be asked for alone: each that is not among those given decides', () => {
    const all = new Set(poolIdsNamed(EVERYWHERE));
    expect(namesOnly(EVERYWHERE, all)).toBe(true);
    for (const pool of all) {
      const others = new Set(all);
      others.delete(pool);
      expect(namesOnly(EVERYWHERE, others)).toBe(false);
    }
  });

  test('a count for a quota walked all pools of all load balancers: it ends at the first that is not among them', () => {
    const countryPools = new Proxy({ DE: ['b'] }, { ownKeys: () => expect.fail('read on') });
    expect(namesOnly(loadBalancer('l', { defaultPools: ['a', 'x'], countryPools }), new Set(['a']))).toBe(
      false,
    );
  });

  test('may be gone, each alone, and nothing names it then', () => {
    for (const pool of poolIdsNamed(EVERYWHERE)) {
      const left = withoutPools(EVERYWHERE, (each) => each === pool)!;
      expect(poolIdsNamed(left)).not.toContain(pool);
      expect(LOAD_BALANCER_SHAPE(left)).toBeUndefined();
    }
    expect(withoutPools(EVERYWHERE, () => false)).toBe(EVERYWHERE);
  });
});

test.each<[string, Partial<LoadBalancer>, readonly string[], Partial<LoadBalancer> | undefined]>([
  [
    'the fallback pool becomes the last default pool',
    { defaultPools: ['a', 'b'] },
    ['p'],
    { fallbackPool: 'b' },
  ],
  ['without a default pool nothing is left', { defaultPools: ['p'] }, ['p'], undefined],
  [
    'a pool set without pools goes, and one that never had any stays',
    { poolSets: [{ overrides: { pools: ['a'] } }, { fixedResponse: {} }] },
    ['a'],
    { poolSets: [{ fixedResponse: {} }] },
  ],
  [
    'a rule loses its fallback pool and keeps an empty list',
    { rules: [{ overrides: { fallbackPool: 'a', defaultPools: ['a'] } }] },
    ['a'],
    { rules: [{ overrides: { defaultPools: [] } }] },
  ],
  [
    'a map keeps its codes',
    { regionPools: { WEU: ['a', 'p'], EEU: ['a'] } },
    ['a'],
    { regionPools: { WEU: ['p'], EEU: [] } },
  ],
])('where pools are gone, %s', (_, over, gone, left) => {
  const whole = loadBalancer('l', over);
  const found = withoutPools(whole, (pool) => gone.includes(pool));
  if (left === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject(left);
  if (left?.rules) expect(found?.rules?.[0]?.overrides).not.toHaveProperty('fallbackPool');
});

test.each<[Steering, string]>([
  [{ steeringPolicy: '' }, 'off'],
  [{}, 'off'],
  [{ steeringPolicy: null, regionPools: {} }, 'off'],
  [{ steeringPolicy: '', countryPools: { DE: [] } }, 'off'],
  [{ steeringPolicy: '', countryPools: { DE: ['p'] } }, 'geo'],
  [{ steeringPolicy: '', popPools: { FRA: ['p'] } }, 'geo'],
  [{ steeringPolicy: 'off', regionPools: { WEU: ['p'] } }, 'off'],
  [{ steeringPolicy: 'random' }, 'random'],
])('%j steers as %s', (steering, policy) => expect(effectivePolicy(steering)).toBe(policy));

describe('the shape of a stored load balancer', () => {
  test.each(STEERING_POLICIES)('policy "%s" is one', (steeringPolicy) => {
    expect(LOAD_BALANCER_SHAPE(loadBalancer('l', { steeringPolicy }))).toBeUndefined();
  });

  test('lets null, zero, empty and unknown fields through', () => {
    const odd = {
      ...EVERYWHERE,
      ttl: 0,
      rules: [],
      poolSets: null,
      regionPools: null,
      randomSteering: {},
      sessionAffinity: '',
      networks: [],
      ofALaterVersion: { a: 1 },
    };
    expect(LOAD_BALANCER_SHAPE(odd)).toBeUndefined();
  });

  test.each<[object, string]>([
    [{ defaultPools: 'p' }, 'defaultPools'],
    [{ fallbackPool: null }, 'fallbackPool'],
    [{ steeringPolicy: 'best' }, 'steeringPolicy'],
    // Such names froze the configuration of every node.
    [{ name: 'a..b.a.test' }, 'name'],
    [{ zoneName: '' }, 'zoneName'],
    [{ regionPools: { WEU: [7] } }, 'regionPools.WEU[0]'],
    [{ randomSteering: { poolWeights: { p: 2 } } }, 'randomSteering.poolWeights.p'],
    [{ locationStrategy: { mode: 'moon' } }, 'locationStrategy.mode'],
    [{ rules: [{ overrides: { ttl: -1 } }] }, 'rules[0].overrides.ttl'],
    [{ poolSets: [{ match: { topology: { regions: [1] } } }] }, 'poolSets[0].match.topology.regions[0]'],
  ])('finds %j', (over, field) => {
    expect(LOAD_BALANCER_SHAPE({ ...loadBalancer('l'), ...over })).toMatchObject({ field });
  });
});
