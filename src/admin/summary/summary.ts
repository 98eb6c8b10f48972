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
}

/** A pool as it is counted. */
interface Counted {
  readonly pool: Pool;
  readonly known: PoolWithEndpoints;
  readonly problems: readonly Problem[];
}

/** Counts states, and finds what is wrong, of pools and load balancers. */
export interface Tally {
  /** Returns whether this pool, with these settings, is counted. */
  has(pool: Pool): boolean;
  /** Counts a pool as it is now, in the place of what it was. */
  put(pool: Pool): void;
  /** Counts a pool anew, where it is counted already. */
  putAgain(id: string): void;
  /** Forgets all pools but those of these identifiers. */
  keepOnly(ids: ReadonlySet<string>): void;
  /** Returns the state of a pool; undefined: it is not counted. */
  viewOf(id: string): PoolState | undefined;
  /** Number of pools. */
  readonly size: number;
  /** Rises whenever a pool is counted with another state than before. */
  readonly stateChanges: number;
  /** Returns the counts and the worst problems. `loadBalancers`: all there are. */
  result(loadBalancers: readonly LoadBalancer[]): ReturnType<typeof resultOf>;
}

/** Creates an empty tally. */
export function createTally(source: PoolHealthSource): Tally {
  const counted = new Map<string, Counted>();
  const pools = zeros(POOL_STATES);
  const endpoints = zeros(STANDINGS);
  let stateChanges = 0;

  function add({ known }: Counted, by: 1 | -1): void {
    pools.total! += by;
    pools[known.view.state]! += by;
    for (const { standing } of known.endpoints) {
      endpoints.total! += by;
      endpoints[standing]! += by;
    }
  }
  function put(pool: Pool): void {
    const known = poolStateOf(pool, source);
    const before = counted.get(pool.id);
    if (before?.pool === pool && before.known === known) return;
    if (before !== undefined) add(before, -1);
    const now = { pool, known, problems: poolProblems(pool, known) };
    counted.set(pool.id, now);
    add(now, 1);
    if (before?.known.view.state !== known.view.state) stateChanges += 1;
  }

  return {
    has: (pool) => counted.get(pool.id)?.pool === pool,
    put,
    putAgain(id) {
      const known = counted.get(id);
      if (known !== undefined) put(known.pool);
    },
    keepOnly(ids) {
      for (const [id, each] of counted) {
        if (ids.has(id)) continue;
        add(each, -1);
        counted.delete(id);
      }
    },
    viewOf: (id) => counted.get(id)?.known.view,
    get size() {
      return counted.size;
    },
    get stateChanges() {
      return stateChanges;
    },
    result(loadBalancers) {
      const balancers = balancerStates(source, loadBalancers);
      const problems = [...balancers.problems];
      for (const { problems: own } of counted.values()) if (own.length > 0) problems.push(...own);
      return resultOf({
        pools: { ...pools },
        endpoints: { ...endpoints },
        load_balancers: balancers.counts,
        problems,
        users: usersOf(loadBalancers),
      });
    },
  };
}

/** Counts load balancers by state, and finds what is wrong with them. */
function balancerStates({ loadBalancers: balanced }: PoolHealthSource, all: readonly LoadBalancer[]) {
  const counts = zeros(LOAD_BALANCER_STATES);
  counts.total = all.length;
  if (balanced === undefined) return { counts, problems: [] };
  const problems: Problem[] = [];
  for (const each of all) {
    const { state, isFallback } = balanced.statusOf(each);
    counts[state]! += 1;
    if (state !== 'critical' && state !== 'degraded') continue;
    problems.push({
      rank: state === 'critical' ? 0 : 2,
      kind: 'load_balancer',
      id: each.id,
      name: each.name,
      state,
      reason: balancerReason(state, isFallback),
    });
  }
  return { counts, problems };
}

function resultOf({
  problems,
  users,
  ...counts
}: {
  readonly pools: Record<string, number>;
  readonly endpoints: Record<string, number>;
  readonly load_balancers: Record<string, number>;
  readonly problems: readonly Problem[];
  readonly users: ReadonlyMap<string, readonly Named[]>;
}) {
  const known = problems.map((problem) => ({ problem, affected: users.get(problem.id) ?? [] }));
  known.sort(
    (a, b) =>
      a.problem.rank - b.problem.rank ||
      b.affected.length - a.affected.length ||
      compare(a.problem.name, b.problem.name),
  );
  return {
    ...counts,
    problems: known.slice(0, PROBLEMS_MAX).map(({ problem: { rank: _, ...problem }, affected }) => ({
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
function poolProblems(pool: Pool, { view, endpoints: statuses, health }: PoolWithEndpoints): Problem[] {
  const { id, name, endpoints } = pool;
  const common = { id, name, state: 'unhealthy' };
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
