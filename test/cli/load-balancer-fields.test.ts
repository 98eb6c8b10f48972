import { InvalidArgumentError } from 'commander';
import { describe, expect, test } from 'vitest';
import { loadBalancerFields } from '../../src/cli/resource/load-balancer-fields.ts';
import { hasLists, listsTable } from '../../src/cli/resource/load-balancer-lists.ts';

/** The value of a property after its option was given with each of these texts. */
function parsed(flag: string, ...texts: string[]): unknown {
  const { option } = loadBalancerFields().find(({ option: each }) => each.long === flag)!;
  return texts.reduce<unknown>((before, text) => option.parseArg!(text, before), undefined);
}

describe('options of load balancers', () => {
  test.each<[string, string[], unknown]>([
    ['--country', ['DE=eu,us', 'FR=eu'], { DE: ['eu', 'us'], FR: ['eu'] }],
    ['--region', [''], {}],
    ['--location', ['mode=resolver_ip,ecs=always'], { mode: 'resolver_ip', prefer_ecs: 'always' }],
    ['--location', ['ecs=geo'], { prefer_ecs: 'geo' }],
    ['--location', [''], null],
    ['--rule', [''], []],
    ['--rule', ['* => pools=us'], [{ condition: '', overrides: { pools: ['us'] } }]],
    [
      '--rule',
      [
        'dns.qry.name contains "=>" => pools=eu,us fallback=us policy=random weights=eu:0.2,us:0.8 default-weight=0 ttl=5',
        'ip.src in {2001:db8::/32} => name="my own" mode=pop ecs=never priority=-3 terminates disabled',
      ],
      [
        {
          condition: 'dns.qry.name contains "=>"',
          overrides: {
            ...{ pools: ['eu', 'us'], fallback_pool: 'us', steering_policy: 'random', ttl: 5 },
            ...{ pool_weights: { eu: 0.2, us: 0.8 }, pool_default_weight: 0 },
          },
        },
        {
          ...{ condition: 'ip.src in {2001:db8::/32}', name: 'my own', priority: -3 },
          ...{ terminates: true, disabled: true },
          overrides: { location_strategy: { mode: 'pop', prefer_ecs: 'never' } },
        },
      ],
    ],
    ['--pool-set', [''], []],
    [
      '--pool-set',
      ['DE,WNAM,site:FRA => pools=eu name=near', '* => pools=us disabled=no'],
      [
        {
          name: 'near',
          match: { topology: { regions: ['WNAM'], countries: ['DE'], pops: ['FRA'] } },
          overrides: { pools: ['eu'] },
        },
        { match: { default: true }, disabled: false, overrides: { pools: ['us'] } },
      ],
    ],
  ])('%s %j', (flag, texts, value) => {
    expect(parsed(flag, ...texts)).toEqual(value);
  });

  test.each([
    ['--location', 'pop', '"pop" is not mode= or ecs= with a value.'],
    ['--location', 'mode=gps', '"gps" is not one of pop, resolver_ip.'],
    ['--rule', 'pools=eu', 'It must be a condition, "=>", and what they change, such as pools=eu,us.'],
    ['--rule', '* => pool=eu', '"pool" is not one of pools, fallback, policy,'],
    ['--rule', '* => pools', '"pools" needs a value: pools=….'],
    ['--rule', '* => ttl=soon', 'It must be a number.'],
    ['--rule', '* => weights=eu', '"eu" is not a pool and its weight, such as eu:0.5.'],
    ['--rule', '* => policy=best', '"best" is not one of '],
    ['--pool-set', 'DE', 'It must be places, "=>", and'],
    [
      '--pool-set',
      'DE => ttl=5',
      '"ttl" is not one of pools, fallback, policy, weights, default-weight, name, disabled.',
    ],
  ])('%s "%s" is refused: %s', (flag, text, says) => {
    expect(() => parsed(flag, text)).toThrow(InvalidArgumentError);
    expect(() => parsed(flag, text)).toThrow(says);
  });
});

test('the lists of a load balancer are shown in the order in which it looks', () => {
  const text = listsTable(
    {
      default_pools: ['1', '2'],
      country_pools: { DE: ['2'] },
      region_pools: { WEU: ['1'] },
      pop_pools: { FRA: ['1', '2'] },
      rules: [
        {
          ...{ name: 'v6', condition: 'dns.qry.type == 28', priority: 5, terminates: true },
          overrides: { pools: ['2'], pool_weights: { 2: 0.5 }, fallback_pool: '1', ttl: 5 },
        },
        { disabled: true, overrides: { steering_policy: 'random', country_pools: { FR: ['1'] } } },
      ],
      pool_sets: [
        {
          match: { topology: { pops: ['FRA'], countries: ['DE'], regions: ['WEU'] } },
          overrides: { pools: ['1'] },
        },
        { name: 'none', fixed_response: {} },
      ],
    },
    (id) => ({ 1: 'eu', 2: 'us' })[id] ?? id,
  );
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.trimEnd().split(/ {2,}/)),
  ).toEqual([
    ['LIST', 'FOR', 'POOLS', 'CHANGES'],
    ['pool set 1', 'site FRA, DE, WEU', 'eu', '-'],
    ['pool set 2 "none"', 'every place', '-', 'no address'],
    ['rule 1 "v6"', 'dns.qry.type == 28', 'us', 'us 0.5, fallback eu, TTL 5 s, priority 5, terminates'],
    ['rule 2', 'always', '-', 'policy random, maps of country FR, disabled'],
    ['site FRA', '-', 'eu, us', '-'],
    ['country DE', '-', 'us', '-'],
    ['region WEU', '-', 'eu', '-'],
    ['default', '-', 'eu, us', '-'],
  ]);
});

test.each([
  [{ default_pools: ['1'] }, false],
  [{ default_pools: ['1'], rules: [], country_pools: {}, pool_sets: null }, false],
  [{ default_pools: ['1'], rules: [{}] }, true],
  [{ default_pools: [], region_pools: { WEU: [] } }, true],
])('of %j a table of lists is shown: %s', (loadBalancer, isShown) => {
  expect(hasLists(loadBalancer)).toBe(isShown);
});
