import { LOAD_BALANCER_STATES } from '../../event/event.ts';
import type { RaisedAlarm } from '../../event/transitions.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { STANDINGS } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { type AllDown, allDownOf } from '../../pool/steering/all-down.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { timestamp } from '../schema/timestamp.ts';
import { type PoolState, type PoolWithEndpoints, poolStateOf } from './pool-state.ts';
import { POOL_STATES } from './schema.ts';

/** Maximum number of problems in a summary, and of names of load balancers that one of them affects. */
export const PROBLEMS_MAX = 100;
export const AFFECTED_NAMED_MAX = 5;

interface Named {
  readonly id: string;
  readonly name: string;
}

/** Something that is wrong; a problem with a smaller `rank` is worse. */
interface Problem {
  readonly rank: number;
  readonly kind: 'load_balancer' | 'pool' | 'endpoint';
  readonly id: string;
  readonly name: string;
  readonly endpoint?: string;
  readonly state: string;
  readonly reason: string;
  readonly affected: readonly Named[];
}

/** Counts states, and finds what is wrong, of pools and load balancers. */
export interface Tally {
  /** Adds a pool, and returns its state. */
  addPool(pool: Pool): PoolState;
  /** Returns the counts and the worst problems. */
  result(): ReturnType<typeof resultOf>;
}

/** Creates an empty tally. `loadBalancers`: all there are. */
export function createTally(source: PoolHealthSource, loadBalancers: readonly LoadBalancer[]): Tally {
  const pools = zeros(POOL_STATES);
  const endpoints = zeros(STANDINGS);
  const balancers = zeros(LOAD_BALANCER_STATES);
  const problems: Problem[] = [];
  const users = usersOf(loadBalancers);
  const balanced = source.loadBalancers;
  for (const each of loadBalancers) {
    balancers.total! += 1;
    if (balanced === undefined) continue;
    const { state, isFallback } = balanced.statusOf(each);
    balancers[state]! += 1;
    if (state !== 'critical' && state !== 'degraded') continue;
    problems.push({
      rank: state === 'critical' ? 0 : 2,
      kind: 'load_balancer',
      id: each.id,
      name: each.name,
      state,
      reason: balancerReason(state, isFallback),
      affected: [],
    });
  }
  return {
    addPool(pool) {
      const known = poolStateOf(pool, source);
      pools.total! += 1;
      pools[known.view.state]! += 1;
      for (const { standing } of known.endpoints) {
        endpoints.total! += 1;
        endpoints[standing]! += 1;
      }
      if (
        known.endpoints.some(({ standing }) => standing === 'unhealthy') ||
        known.view.state === 'unhealthy'
      )
        problems.push(...poolProblems(pool, known, users.get(pool.id) ?? []));
      return known.view;
    },
    result: () => resultOf({ pools, endpoints, balancers, problems }),
  };
}

function resultOf({
  pools,
  endpoints,
  balancers,
  problems,
}: {
  readonly pools: Record<string, number>;
  readonly endpoints: Record<string, number>;
  readonly balancers: Record<string, number>;
  readonly problems: Problem[];
}) {
  problems.sort(
    (a, b) => a.rank - b.rank || b.affected.length - a.affected.length || compare(a.name, b.name),
  );
  return {
    pools,
    endpoints,
    load_balancers: balancers,
    problems: problems.slice(0, PROBLEMS_MAX).map(({ rank: _, affected, ...problem }) => ({
      ...problem,
      affects: affected.slice(0, AFFECTED_NAMED_MAX),
      affects_count: affected.length,
    })),
    problems_count: problems.length,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** The load balancers that name each pool, by the identifier of the pool. */
function usersOf(loadBalancers: readonly LoadBalancer[]): Map<string, Named[]> {
  const users = new Map<string, Named[]>();
  for (const each of loadBalancers)
    for (const id of poolIdsNamed(each)) {
      const { id: own, name } = each;
      const list = users.get(id);
      if (list === undefined) users.set(id, [{ id: own, name }]);
      else list.push({ id: own, name });
    }
  return users;
}

function balancerReason(state: 'critical' | 'degraded', isFallback: boolean): string {
  if (state === 'degraded') return 'Some of its pools cannot answer. The others do.';
  return isFallback
    ? 'None of its default pools can answer. The fallback pool answers, whatever its health.'
    : 'None of its default pools can answer.';
}

/** What an unhealthy pool answers without an endpoint, by its all_down. */
const WITHOUT_ENDPOINT: Readonly<Record<AllDown, string>> = {
  nodata: 'Queries for its name get no address.',
  all: 'Answers have all of its endpoints, as its all_down says.',
  last_healthy: 'Answers have the endpoints that were healthy last, as its all_down says.',
};

/** The problem of an unhealthy pool, or those of the unhealthy endpoints of another. */
function poolProblems(
  pool: Pool,
  { view, endpoints: statuses, health }: PoolWithEndpoints,
  affected: readonly Named[],
): Problem[] {
  const { id, name, endpoints } = pool;
  const common = { id, name, affected, state: 'unhealthy' };
  if (view.state === 'unhealthy') {
    const { answered, minimum } = view;
    const need = minimum === 1 ? 'one' : `${minimum}`;
    const reason =
      answered === 0
        ? `No endpoint can be answered. ${WITHOUT_ENDPOINT[allDownOf(pool)]}`
        : `${answered} of ${endpoints.length} endpoints can be answered, and it needs ${need}.`;
    return [{ ...common, rank: 1, kind: 'pool', reason }];
  }
  return statuses.flatMap(({ endpoint, standing }, index) =>
    standing === 'unhealthy'
      ? [
          {
            ...common,
            rank: 3,
            kind: 'endpoint' as const,
            endpoint: endpoint.name,
            reason: `${health.endpoints[index]?.failureReason ?? 'Its checks fail'}. ${view.answered} of ${endpoints.length} endpoints stay in answers.`,
          },
        ]
      : [],
  );
}

function zeros(states: readonly string[]): Record<string, number> {
  return Object.fromEntries(['total', ...states].map((state) => [state, 0]));
}

/** Formats an alarm for the API. */
export function alarmView({ alarm, about, reason, pools, region, sinceMs }: RaisedAlarm) {
  return {
    alarm,
    about,
    reason,
    pools: [...pools],
    ...(region === undefined ? {} : { region }),
    since: timestamp(sinceMs),
  };
}
