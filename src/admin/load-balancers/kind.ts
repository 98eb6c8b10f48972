import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolIdsNamed, poolsNamed } from '../../load-balancer/pools-named.ts';
import { memberPointer } from '../http/problem.ts';
import type { Draft } from '../resource/draft.ts';
import type { ResourceKind } from '../resource/kind.ts';
import { namedPath } from './field-names.ts';
import { loadBalancerView } from './view.ts';

/** Load balancers. */
export const LOAD_BALANCER: ResourceKind<'load_balancer'> = {
  kind: 'load_balancer',
  noun: 'load balancer',
  secrets: {},
  writers: 'edit',
  // Its label counts as the name of a pool: who may write some pools may not take any name of the zone.
  poolsOf: (loadBalancer) => [
    { name: labelOf(loadBalancer) },
    ...poolIdsNamed(loadBalancer).map((id) => ({ id })),
  ],
  nameOf: ({ name }) => name,
  // The reference lists pools, and not the zone.
  usesOf: (loadBalancer) => poolIdsNamed(loadBalancer).map((id) => ({ kind: 'pool', id })),
  eventView: loadBalancerView,
};

/** The first label of a load balancer below its zone, a wildcard left out; empty: it is at the apex. */
function labelOf({ name, zoneName }: LoadBalancer): string {
  const bare = name.replace(/^\*\./, '');
  return bare === zoneName ? '' : bare.split('.', 1)[0]!;
}

/** Makes the draft that writes a load balancer. */
export function loadBalancerDraft(loadBalancer: LoadBalancer): Draft<'load_balancer'> {
  const { name, zoneId } = loadBalancer;
  const pools = new Map<string, string>();
  for (const { pool, path } of poolsNamed(loadBalancer))
    if (!pools.has(pool)) pools.set(pool, namedPath(path).reduce<string>(memberPointer, ''));
  return {
    value: loadBalancer,
    unique: [{ key: name, pointer: '/name', rule: 'is that of another load balancer' }],
    references: [
      ...(zoneId === undefined ? [] : [{ to: { kind: 'zone', id: zoneId } as const, pointer: '' }]),
      ...[...pools].map(([id, pointer]) => ({ to: { kind: 'pool', id } as const, pointer })),
    ],
  };
}
