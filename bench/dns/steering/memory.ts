import { createTable } from '../../../src/answer/table.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { steeredSets, withSteered } from '../../../src/zone/steered.ts';
import type { Zone } from '../../../src/zone/zone.ts';
import { choiceOf, LOAD_BALANCERS } from '../../respond/load-balancers.ts';
import { label, ZONE } from '../names.ts';

/** Load balancers of each policy that are laid out. */
const LOAD_BALANCERS_LAID = 1_000;

/** Octets that a load balancer of each policy takes in the table, without the pools it uses. */
export function octetsByPolicy(zone: Zone): Record<string, number> {
  const empty = usedOctets(zone, []);
  return Object.fromEntries(
    LOAD_BALANCERS.map((each) => {
      const many = Array.from({ length: LOAD_BALANCERS_LAID }, (_, i) => ({
        ...each,
        name: `${label(i)}.${ZONE}`,
      }));
      return [titleOf(each), Math.round((usedOctets(zone, many) - empty) / LOAD_BALANCERS_LAID)];
    }),
  );
}

function titleOf({ steeringPolicy, defaultPools, countryPools }: LoadBalancer): string {
  const pools = countryPools ? Object.keys(countryPools).length : defaultPools.length;
  return `${steeringPolicy || 'off'}, ${pools} ${countryPools ? 'countries with a pool each' : 'pools'}`;
}

function usedOctets(zone: Zone, loadBalancers: readonly LoadBalancer[]): number {
  const table = createTable();
  const failed = (_: string, error: unknown): never => {
    throw error;
  };
  const source = { node: {}, byLatency: (ids: readonly string[]) => ids, choiceOf, failed };
  const sets = loadBalancers.flatMap((each) => steeredSets(planOf(each)));
  createPublisher([withSteered(zone, sets)], table, failed, undefined, undefined, source).publish([], 1);
  const { usedOctets, deadOctets } = table.usage;
  return usedOctets - deadOctets;
}
