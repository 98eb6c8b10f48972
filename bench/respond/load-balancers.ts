import type { Choice } from '../../src/answer/compile/choice-image.ts';
import type { LoadBalancer } from '../../src/load-balancer/load-balancer.ts';
import type { LocatorSources } from '../../src/place/locator.ts';
import { loadBalancer as anyLoadBalancer } from '../../test/store/contract/samples.ts';
import { addressesOf, ZONE } from '../dns/names.ts';
import { lifeguardPool } from '../dns/peers/lifeguard-pool.ts';

/** Countries with a pool each. */
const COUNTRIES = ['DE', 'FR', 'JP', 'BR', 'AU', 'US', 'CA', 'IN'];
const IDS = COUNTRIES.map((_, i) => lifeguardPool(i).id);
/** Networks of 10.0.0.0/8 in other countries each than those beside them. */
const NETWORKS = 256;

/** Where clients are. */
export const NETWORKS_OF_CLIENTS: LocatorSources['networks'] = Array.from({ length: NETWORKS }, (_, i) => ({
  octets: Uint8Array.of(10, i, 0, 0),
  bits: 16,
  place: { country: COUNTRIES[i % COUNTRIES.length]! },
}));

/** The subnet of client `i`, as the data of EDNS Client Subnet in hexadecimal: /24 of one of the networks. */
export function subnetData(i: number): string {
  return Buffer.from([0, 1, 24, 0, 10, i % NETWORKS, (7 * i) % 256]).toString('hex');
}

/** Where the pool with an id is, and its members. */
export function choiceOf(id: string): Choice {
  const i = IDS.indexOf(id);
  const members = addressesOf(i).map((address) => ({ address, weight: 1 }));
  return {
    id,
    isUsable: true,
    members,
    fallbackMembers: members,
    endpointSteering: 'random',
    shedPercent: 0,
    isShedByHash: false,
    coordinates: { latitude: 20 * i - 70, longitude: 40 * i - 140 },
  };
}

const BY_CLIENT = { locationStrategy: { mode: 'resolver_ip', preferEcs: 'always' } } as const;

/** Load balancers that answer with the first of three pools, a drawn one, that of a country, and the nearest of all. */
export const LOAD_BALANCERS: readonly LoadBalancer[] = [
  loadBalancer('off', {}),
  loadBalancer('random', {
    steeringPolicy: 'random',
    randomSteering: { defaultWeight: 0.2, poolWeights: { [IDS[0]!]: 0.6 } },
  }),
  loadBalancer('geo', {
    ...BY_CLIENT,
    steeringPolicy: 'geo',
    countryPools: Object.fromEntries(COUNTRIES.map((country, i) => [country, [IDS[i]!]])),
  }),
  loadBalancer('near', { ...BY_CLIENT, steeringPolicy: 'proximity', defaultPools: IDS }),
];

function loadBalancer(label: string, fields: Partial<LoadBalancer>): LoadBalancer {
  return anyLoadBalancer('0'.repeat(32), {
    name: `${label}.${ZONE}`,
    zoneName: ZONE,
    defaultPools: IDS.slice(0, 3),
    fallbackPool: IDS[0]!,
    ...fields,
  });
}
