import type { Choice } from '../../../src/answer/compile/choice-image.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';

/** Pools of which exactly one may be chosen in each generation, the fallback pool of all, and others that change as well. */
export const [EVEN, ODD, FALLBACK] = ['e0e0e0e0', '0d0d0d0d', 'fa11fa11'].map((half) => half.padEnd(32, '0'));
/** How many others: so many that a thread often asks while they change. */
const OTHERS = 2_000;
const LIST = 500;
const OTHER_IDS = Array.from({ length: OTHERS }, (_, i) => (0x1000_0000 + i).toString(16).padEnd(32, '0'));
/** All pools in the order in which they change: the two as far from one another as can be. */
export const CHANGING = [EVEN!, ...OTHER_IDS, ODD!];

/** Load balancers of each policy over the two pools. */
export const STEERED = ['off', 'random', 'proximity', 'geo', 'dynamic_latency', 'least_connections'].map(
  (policy) => `${policy.replace('_', '-')}.example.org`,
);

function loadBalancer(name: string, fields: Partial<LoadBalancer>): LoadBalancer {
  return {
    id: '0'.repeat(32),
    name,
    zoneName: 'example.org',
    enabled: true,
    fallbackPool: FALLBACK,
    ...fields,
  } as LoadBalancer;
}

/** Those of STEERED, and some that make the table know all pools. */
export const LOAD_BALANCERS: readonly LoadBalancer[] = [
  ...STEERED.map((name) =>
    loadBalancer(name, {
      defaultPools: [EVEN!, ODD!],
      steeringPolicy: name.split('.')[0]!.replace('-', '_') as NonNullable<LoadBalancer['steeringPolicy']>,
    }),
  ),
  ...Array.from({ length: OTHERS / LIST }, (_, i) =>
    loadBalancer(`other${i}.example.org`, { defaultPools: OTHER_IDS.slice(LIST * i, LIST * (i + 1)) }),
  ),
];

/** The state of a pool in a generation. Its address tells the generation, and that of the fallback pool is 0. */
export function choiceIn(generation: number, id: string): Choice {
  const isOdd = generation % 2 === 1;
  const group = id === FALLBACK ? 0 : generation;
  const members = [{ address: `2001:db8::${group.toString(16)}`, weight: 100 }];
  return {
    id,
    isUsable: id === FALLBACK || isOdd === (id === ODD),
    members,
    fallbackMembers: members,
    endpointSteering: 'random',
    shedPercent: 0,
    isShedByHash: false,
    coordinates: { latitude: id === ODD ? 10 : -10, longitude: 20 },
  };
}
