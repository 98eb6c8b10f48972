import Type from 'typebox';
import { LOAD_BALANCER_STATES } from '../../../event/event.ts';
import {
  effectivePolicy,
  type LoadBalancer,
  STEERING_POLICIES,
} from '../../../load-balancer/load-balancer.ts';
import { ALL_DOWN } from '../../../pool/steering/all-down.ts';
import { nullable, oneOf } from '../../schema/nullable.ts';
import type { LoadBalancerHealthSource } from './source.ts';

/** Maximum number of pools of a load balancer that its health shows. */
export const POOLS_SHOWN_MAX = 100;

const STANDINGS_SHOWN = [
  'healthy',
  'unhealthy',
  'unknown',
  'unmonitored',
  'disabled',
  'maintenance',
  'no_such_pool',
] as const;

const PoolInUse = Type.Object({
  id: Type.String(),
  name: nullable(Type.String({ description: 'null: there is no such pool.' })),
  usable: Type.Boolean({
    description: 'Whether it may be chosen, for one of the types A and AAAA at least.',
  }),
  status: oneOf(STANDINGS_SHOWN),
  answered_endpoints: Type.Integer({ description: 'Number of its endpoints that answers may hold.' }),
  minimum_origins: Type.Integer(),
  fallback: Type.Boolean({ description: 'Whether it is the fallback pool.' }),
  answers: Type.Boolean({
    description: 'Whether it answers where no map, rule or pool set decides otherwise.',
  }),
  share: nullable(
    Type.Number({
      ...{ minimum: 0, maximum: 1 },
      description: 'Share of the queries that it answers then; null: it depends on the place of the client.',
    }),
  ),
});

/** The health of a load balancer. */
export const LoadBalancerHealthView = Type.Object({
  id: Type.String(),
  name: Type.String(),
  zone_name: Type.String(),
  policy: oneOf(STEERING_POLICIES, { description: 'The policy that takes effect.' }),
  state: oneOf(LOAD_BALANCER_STATES, {
    description:
      'healthy: all pools of its lists are usable. degraded: some are not. critical: none of its default pools is, so that the fallback pool answers, or nothing.',
  }),
  fallback: Type.Boolean({ description: 'The fallback pool answers, whatever its health.' }),
  all_down: nullable(
    oneOf(ALL_DOWN, {
      description:
        'What the fallback pool answers without a healthy endpoint; null: it has one, or does not answer.',
    }),
  ),
  pools: Type.Array(PoolInUse, {
    maxItems: POOLS_SHOWN_MAX,
    description: `In the order of preference, at most ${POOLS_SHOWN_MAX}: the default list, those of the maps, the fallback pool.`,
  }),
  pools_total: Type.Integer(),
});

/** Shows the health of a load balancer. */
export function loadBalancerHealthView(loadBalancer: LoadBalancer, source: LoadBalancerHealthSource) {
  const { id, name, zoneName, fallbackPool } = loadBalancer;
  const { state, answering, isFallback, allDown, shares, pools } = source.statusOf(loadBalancer);
  const all = [...new Set([...pools, fallbackPool])];
  return {
    id,
    name,
    zone_name: zoneName,
    policy: effectivePolicy(loadBalancer),
    state,
    fallback: isFallback,
    all_down: allDown ?? null,
    pools: all.slice(0, POOLS_SHOWN_MAX).map((each) => {
      const found = source.pool(each);
      return {
        id: each,
        name: found?.pool.name ?? null,
        usable: found?.isUsable ?? false,
        status: found?.status.standing ?? ('no_such_pool' as const),
        answered_endpoints: found?.status.answered ?? 0,
        minimum_origins: found?.status.minimum ?? 0,
        fallback: each === fallbackPool,
        answers: answering.includes(each),
        share: shares === undefined ? null : Math.round((shares.get(each) ?? 0) * 1e6) / 1e6,
      };
    }),
    pools_total: all.length,
  };
}
