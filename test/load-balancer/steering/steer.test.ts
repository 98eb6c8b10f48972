import { describe, expect, test } from 'vitest';
import { ipv4Octets, ipv6Octets } from '../../../src/dns/address-octets.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Type } from '../../../src/dns/type.ts';
import { dottedName } from '../../../src/load-balancer/condition/condition.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import {
  type ClientPlace,
  type PoolFacts,
  type SteeredQuery,
  type SteeringWorld,
  steer,
} from '../../../src/load-balancer/steering/steer.ts';
import { loadBalancer } from '../../store/contract/samples.ts';

const octets = (address: string) => (ipv4Octets(address) ?? ipv6Octets(address))!;

const PLACES: Readonly<Record<string, ClientPlace>> = {
  '192.0.2.0': { region: 'WEU', country: 'DE', coordinates: { latitude: 52.5, longitude: 13.4 } },
  '198.51.100.0': { region: 'ENAM', country: 'US', coordinates: { latitude: 40.7, longitude: -74 } },
  '203.0.113.0': { region: 'OC', country: 'AU' },
};
const ids = { a: 'a'.repeat(32), b: 'b'.repeat(32), c: 'c'.repeat(32), d: 'd'.repeat(32), f: 'f'.repeat(32) };
const { a, b, c, d, f } = ids;
const nameOf = (id: string) => Object.entries(ids).find(([, each]) => each === id)![0];

const BASE = loadBalancer('0'.repeat(32), {
  name: 'www.example.com',
  zoneName: 'example.com',
  defaultPools: [a, b, c],
  fallbackPool: f,
});
const USABLE: PoolFacts = { isUsable: true, shedPercent: 0, isShedByHash: false };
const DOWN: PoolFacts = { ...USABLE, isUsable: false };

interface Case {
  readonly lb?: Partial<LoadBalancer>;
  readonly pools?: Readonly<Record<string, Partial<PoolFacts>>>;
  readonly query?: Partial<SteeredQuery>;
  readonly node?: SteeringWorld['node'];
  readonly latency?: Readonly<Record<string, readonly string[]>>;
}

function steered({
  lb,
  pools = {},
  query,
  node = { region: 'SAS', country: 'IN', pop: 'BOM' },
  latency = {},
}: Case) {
  return steer(
    planOf({ ...BASE, ...lb }),
    {
      peer: octets('10.0.0.1'),
      queryName: dottedName(parseName('www.example.com')),
      queryType: Type.A,
      ...query,
    },
    {
      node,
      placeOf: (address) =>
        PLACES[address.length === 4 ? `${[...address.subarray(0, 3)].join('.')}.0` : ''] ?? {},
      poolOf: (id) => ({ ...USABLE, ...pools[id] }),
      byLatency: (list, region) => latency[region ?? ''] ?? list,
    },
  );
}

/** What answers, as `a 1` or `a 0.25, b 0.75`. */
function choices(of: Case): string {
  return [...steered(of).choices]
    .map(([id, share]) => `${nameOf(id)} ${Number(share.toFixed(6))}`)
    .join(', ');
}

const subnet = (address: string, bits = 24) => ({ clientSubnet: { octets: octets(address), bits } });
const GEO = {
  regionPools: { WEU: [b], ENAM: [c, b] },
  countryPools: { US: [d], DE: [] },
  popPools: { LAX: [a] },
};

/** Facts of the reference, by the sections of its description; "ours" where it says nothing. */
describe('a load balancer answers with', () => {
  test.each<[string, Case, string]>([
    ['§5.2 off: the first pool', { lb: { steeringPolicy: 'off' } }, 'a 1'],
    ['§4.5 off: the next pool in order, where the first is down', { pools: { [a]: DOWN } }, 'b 1'],
    [
      '§4.5 the fallback pool, where none is usable, whatever its health',
      { pools: { [a]: DOWN, [b]: DOWN, [c]: DOWN, [f]: DOWN } },
      'f 1',
    ],
    ['the fallback pool, where the list is empty', { lb: { defaultPools: [] } }, 'f 1'],
    [
      '§5.2 random: each pool alike',
      { lb: { steeringPolicy: 'random', defaultPools: [a, b] } },
      'a 0.5, b 0.5',
    ],
    [
      '§5.2 random: by weight',
      { lb: { steeringPolicy: 'random', randomSteering: { poolWeights: { [a]: 0.2, [b]: 0.6 } } } },
      'a 0.111111, b 0.333333, c 0.555556',
    ],
    [
      '§5.2 random: by weight among the usable ones',
      { lb: { steeringPolicy: 'random', randomSteering: { defaultWeight: 0.5 } }, pools: { [b]: DOWN } },
      'a 0.5, c 0.5',
    ],
    [
      '§5.2 no pool of weight zero',
      { lb: { steeringPolicy: 'random', randomSteering: { defaultWeight: 0, poolWeights: { [b]: 1 } } } },
      'b 1',
    ],
    [
      '§5.2 the fallback pool, where all weights are zero',
      { lb: { steeringPolicy: 'random', randomSteering: { defaultWeight: 0 } } },
      'f 1',
    ],
    [
      '§5.2 least_*: weighted random',
      { lb: { steeringPolicy: 'least_connections', defaultPools: [a, b] } },
      'a 0.5, b 0.5',
    ],
    ['§5.5 geo: the region of the node', { lb: GEO, node: { region: 'WEU' } }, 'b 1'],
    ['§5.5 geo: the country before the region', { lb: GEO, node: { region: 'ENAM', country: 'US' } }, 'd 1'],
    [
      '§5.5 geo: the site before the country',
      { lb: GEO, node: { region: 'ENAM', country: 'US', pop: 'LAX' } },
      'a 1',
    ],
    ['§5.5 geo: an empty list is passed over', { lb: GEO, node: { region: 'WEU', country: 'DE' } }, 'b 1'],
    ['§5.5 geo: the default pools elsewhere', { lb: GEO }, 'a 1'],
    ['§5.5 geo: order within a list', { lb: GEO, node: { region: 'ENAM' }, pools: { [c]: DOWN } }, 'b 1'],
    [
      '§4.5 geo: the fallback pool where a matched list is down, no wider one',
      { lb: GEO, node: { region: 'ENAM', country: 'US' }, pools: { [d]: DOWN } },
      'f 1',
    ],
    [
      '§3.5 no map, where the policy is off',
      { lb: { ...GEO, steeringPolicy: 'off' }, node: { region: 'WEU' } },
      'a 1',
    ],
    [
      '§5.3 geo: ECS is not looked at unless it is preferred',
      { lb: GEO, node: { region: 'WEU' }, query: subnet('198.51.100.0') },
      'b 1',
    ],
    [
      '§5.3 geo: ECS where it is preferred',
      { lb: { ...GEO, locationStrategy: { preferEcs: 'geo' } }, query: subnet('198.51.100.0') },
      'd 1',
    ],
    [
      '§5.3 geo: the peer by resolver_ip',
      { lb: { ...GEO, locationStrategy: { mode: 'resolver_ip' } }, query: { peer: octets('192.0.2.9') } },
      'b 1',
    ],
    [
      '§5.3 geo: ECS before the mode',
      {
        lb: { ...GEO, locationStrategy: { mode: 'resolver_ip', preferEcs: 'always' } },
        query: { peer: octets('192.0.2.9'), ...subnet('198.51.100.0') },
      },
      'd 1',
    ],
    [
      'geo: the default pools for a subnet of unknown place (ours)',
      {
        lb: { ...GEO, locationStrategy: { preferEcs: 'always' } },
        node: { region: 'WEU' },
        query: subnet('10.0.0.0'),
      },
      'a 1',
    ],
    [
      'RFC 7871 §7.1.2 geo: the default pools for a subnet of no bits',
      {
        lb: { ...GEO, locationStrategy: { preferEcs: 'always' } },
        node: { region: 'WEU' },
        query: subnet('0.0.0.0', 0),
      },
      'a 1',
    ],
    [
      '§5.2 proximity: the nearest pool',
      {
        lb: { steeringPolicy: 'proximity' },
        query: subnet('198.51.100.0'),
        pools: {
          [a]: { coordinates: { latitude: 51, longitude: 0 } },
          [b]: { coordinates: { latitude: 45, longitude: -75 } },
          [c]: { coordinates: { latitude: 34, longitude: -118 } },
        },
      },
      'b 1',
    ],
    [
      '§5.2 proximity: the next nearest, where that is down',
      {
        lb: { steeringPolicy: 'proximity' },
        query: subnet('198.51.100.0'),
        pools: {
          [a]: { coordinates: { latitude: 51, longitude: 0 } },
          [b]: { ...DOWN, coordinates: { latitude: 45, longitude: -75 } },
          [c]: { coordinates: { latitude: 34, longitude: -118 } },
        },
      },
      'c 1',
    ],
    [
      'proximity: list order for a client of unknown place (ours)',
      { lb: { steeringPolicy: 'proximity' }, query: subnet('203.0.113.0') },
      'a 1',
    ],
    [
      '§5.2 dynamic latency: the quickest from the region',
      { lb: { steeringPolicy: 'dynamic_latency' }, node: { region: 'WEU' }, latency: { WEU: [c, a, b] } },
      'c 1',
    ],
    [
      '§5.2 dynamic latency: list order while nothing was measured',
      { lb: { steeringPolicy: 'dynamic_latency' }, node: { region: 'WEU' } },
      'a 1',
    ],
    [
      '§5.7 a pool that sheds: a share of it moves on',
      { pools: { [a]: { shedPercent: 25 } } },
      'a 0.75, b 0.25',
    ],
    [
      '§5.7 all shed: the rest goes to the fallback pool',
      { lb: { defaultPools: [a, b] }, pools: { [a]: { shedPercent: 50 }, [b]: { shedPercent: 50 } } },
      'a 0.5, b 0.25, f 0.25',
    ],
    [
      '§5.7 random: what is shed is spread by the policy',
      { lb: { steeringPolicy: 'random' }, pools: { [a]: { shedPercent: 60 } } },
      'a 0.133333, b 0.433333, c 0.433333',
    ],
    [
      '§5.7 hash: each client always or never',
      { pools: { [a]: { shedPercent: 100, isShedByHash: true } } },
      'b 1',
    ],
    [
      '§3.6 a rule that matches',
      { lb: { rules: [{ condition: 'dns.qry.type eq 1', overrides: { defaultPools: [c] } }] } },
      'c 1',
    ],
    [
      '§3.6 no rule that does not match',
      { lb: { rules: [{ condition: 'dns.qry.type eq 28', overrides: { defaultPools: [c] } }] } },
      'a 1',
    ],
    [
      '§3.6 no disabled rule',
      { lb: { rules: [{ disabled: true, overrides: { defaultPools: [c] } }] } },
      'a 1',
    ],
    [
      '§3.6 later rules over earlier ones',
      { lb: { rules: [{ overrides: { defaultPools: [c] } }, { overrides: { defaultPools: [b] } }] } },
      'b 1',
    ],
    [
      '§3.6 lower priorities first',
      {
        lb: {
          rules: [
            { priority: 2, overrides: { defaultPools: [c] } },
            { priority: 1, overrides: { defaultPools: [b] } },
          ],
        },
      },
      'c 1',
    ],
    [
      '§3.6 no rule after one that terminates',
      {
        lb: {
          rules: [
            { terminates: true, overrides: { defaultPools: [c] } },
            { overrides: { defaultPools: [b] } },
          ],
        },
      },
      'c 1',
    ],
    [
      '§3.6 no rule after a fixed response',
      { lb: { rules: [{ fixedResponse: { status_code: 404 } }, { overrides: { defaultPools: [b] } }] } },
      'a 1',
    ],
    [
      '§3.6 the fallback pool of a rule',
      { lb: { rules: [{ overrides: { fallbackPool: d, defaultPools: [] } }] } },
      'd 1',
    ],
    [
      '§3.6 the newest form of pools and weights',
      {
        lb: {
          rules: [
            {
              overrides: {
                pools: [c, d],
                poolWeights: { [c]: 0.2 },
                poolDefaultWeight: 0.6,
                steeringPolicy: 'random',
              },
            },
          ],
        },
      },
      'c 0.25, d 0.75',
    ],
    [
      '§3.6 the region in a condition',
      {
        lb: { rules: [{ condition: 'cf.load_balancer.region eq "SAS"', overrides: { defaultPools: [c] } }] },
      },
      'c 1',
    ],
    [
      '§3.6 the client subnet in a condition',
      {
        lb: { rules: [{ condition: 'ip.src in {192.0.2.0/24}', overrides: { defaultPools: [c] } }] },
        query: subnet('192.0.2.0'),
      },
      'c 1',
    ],
    [
      '§3.8 a pool set for every client',
      { lb: { poolSets: [{ match: { default: true }, overrides: { pools: [d] } }] } },
      'd 1',
    ],
    [
      '§3.8 a pool set of a country, which the node has where the client has none',
      { lb: { poolSets: [{ match: { topology: { countries: ['IN'] } }, overrides: { pools: [d] } }] } },
      'd 1',
    ],
    [
      '§3.8 the first pool set that matches',
      {
        lb: {
          poolSets: [
            { match: { topology: { regions: ['OC'] } }, overrides: { pools: [c] } },
            { match: {}, overrides: { pools: [d] } },
          ],
        },
      },
      'd 1',
    ],
    [
      '§3.8 no pool set that is disabled',
      { lb: { poolSets: [{ disabled: true, overrides: { pools: [d] } }] } },
      'a 1',
    ],
    [
      '§3.8 a pool set before maps',
      { lb: { ...GEO, poolSets: [{ overrides: { pools: [a] } }] }, node: { region: 'WEU' } },
      'a 1',
    ],
    [
      '§3.8 rules over the pool set',
      { lb: { poolSets: [{ overrides: { pools: [d] } }], rules: [{ overrides: { defaultPools: [c] } }] } },
      'c 1',
    ],
    [
      '§3.8 nothing, where a pool set has a fixed response and no pools',
      { lb: { poolSets: [{ fixedResponse: { status_code: 404 } }] } },
      '',
    ],
  ])('%s', (_, of, expected) => {
    expect(choices(of)).toBe(expected);
  });

  test('the same pool for all clients of a network, where load is shed by hash', () => {
    const pools = { [a]: { shedPercent: 50, isShedByHash: true } };
    const of = (peer: string) => choices({ pools, query: { peer: octets(peer) } });
    expect(of('10.1.2.3')).toBe(of('10.1.2.200'));
    expect(of('2001:db8:0:1::1')).toBe(of('2001:db8:0:ff::2'));
    const moved = Array.from({ length: 256 }, (_, net) => of(`10.${net}.0.1`)).filter(
      (each) => each === 'b 1',
    );
    // Half of 256 networks, within three standard deviations of a binomial distribution, which are 24.
    expect(Math.abs(moved.length - 128)).toBeLessThan(24);
  });
});
