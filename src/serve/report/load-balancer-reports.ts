import type { NamedPool } from '../../event/event.ts';
import { loadBalancerReport, type ServedLoadBalancer } from '../../event/load-balancer-report.ts';
import { type ReportedLoadBalancer, subjectOf } from '../../event/reported.ts';
import { NOTHING_TO_REPORT, type SubjectReport } from '../../event/transitions.ts';
import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { type LoadBalancerStatus, loadBalancerStatus, type PoolInUse } from '../../load-balancer/state.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { Refresh } from '../follow/refresh.ts';
import { poolInUse } from '../publish/choice-of.ts';

type Pieces = ReturnType<typeof createPieces>;

/** Finds the load balancers whose state, or whose answering pools, are others than were reported. */
export interface LoadBalancerReports {
  /** Notes what was reported of a load balancer; undefined: nothing, or its end was. */
  note(subject: string, state: ReportedLoadBalancer | undefined): void;
  has(subject: string): boolean;
  /** Returns the reports that are due. `pools`: ids of the pools whose status may differ. It works in pieces (pace/next-turn.ts). */
  due(pools: Iterable<string>): AsyncGenerator<SubjectReport>;
}

/** Dependencies of createLoadBalancerReports. */
export interface LoadBalancerReportsOptions {
  readonly refresh: Pick<Refresh, 'loadBalancers' | 'configured' | 'statusOf' | 'choiceOf'>;
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
}

/** Creates reports of which nothing is reported yet. */
export function createLoadBalancerReports({
  refresh,
  epochMs,
}: LoadBalancerReportsOptions): LoadBalancerReports {
  const reported = new Map<string, ReportedLoadBalancer>();
  /** The load balancers that were compared last, by id, and the ids of those that use each pool. */
  const known = new Map<string, LoadBalancer>();
  const usersOf = new Map<string, Set<string>>();
  /** What was read of pools in this comparison: many load balancers may use one. */
  let read = new Map<string, PoolInUse>();
  /** The count of changes that was compared last; undefined: something reported is not known to be there. */
  let compared: number | undefined;

  /**
   * Takes in which load balancers there are, in pieces; returns the ids of those that are new, changed or gone. What changes
   * meanwhile is found the next time.
   */
  async function changes(isLong: Pieces): Promise<Set<string>> {
    const changed = new Set<string>();
    const { changeCount } = refresh.loadBalancers;
    if (compared === changeCount) return changed;
    compared = changeCount;
    const present = new Set<string>();
    for (const each of refresh.loadBalancers.all) {
      const rest = isLong();
      if (rest) await rest;
      present.add(each.id);
      const before = known.get(each.id);
      if (before === each) continue;
      changed.add(each.id);
      if (before !== undefined) forgetUses(before);
      known.set(each.id, each);
      for (const pool of poolIdsNamed(each)) usersOf.getOrInsertComputed(pool, () => new Set()).add(each.id);
    }
    for (const [id, gone] of known) {
      const rest = isLong();
      if (rest) await rest;
      if (present.has(id)) continue;
      changed.add(id);
      known.delete(id);
      forgetUses(gone);
    }
    for (const subject of reported.keys()) {
      const rest = isLong();
      if (rest) await rest;
      const id = idIn(subject);
      if (!present.has(id)) changed.add(id);
    }
    return changed;
  }

  function forgetUses(loadBalancer: LoadBalancer): void {
    for (const pool of poolIdsNamed(loadBalancer)) {
      const users = usersOf.get(pool);
      users?.delete(loadBalancer.id);
      if (users?.size === 0) usersOf.delete(pool);
    }
  }

  function reportOf(id: string): SubjectReport {
    const loadBalancer = known.get(id);
    const was = reported.get(subjectOf('load_balancer', id));
    if (loadBalancer === undefined) return loadBalancerReport(id, was, undefined, epochMs());
    const status = loadBalancerStatus(loadBalancer, inUse);
    // Where it matters what a pool without a result will be, its first result is waited for.
    const hopeful = loadBalancerStatus(loadBalancer, (pool) =>
      standingOf(pool) === 'unknown' ? { ...inUse(pool), isUsable: true, isAllDown: false } : inUse(pool),
    );
    if (!isSame(status, hopeful)) return NOTHING_TO_REPORT;
    return loadBalancerReport(id, was, servedOf(loadBalancer, status), epochMs());
  }

  function inUse(pool: string): PoolInUse {
    return read.getOrInsertComputed(pool, () => poolInUse(refresh.choiceOf(pool)));
  }

  function standingOf(id: string): string | undefined {
    const pool = refresh.configured.pool(id);
    return pool && refresh.statusOf(pool).standing;
  }

  function servedOf(
    { name }: LoadBalancer,
    { state, isFallback, allDown, answering, pools }: LoadBalancerStatus,
  ): ServedLoadBalancer {
    const named = (id: string): NamedPool => ({ id, name: refresh.configured.pool(id)?.name ?? id });
    const unusable = pools
      .filter((id) => !inUse(id).isUsable)
      .map((id) => ({ ...named(id), why: whyUnusable(standingOf(id)) }));
    return { name, state, isFallback, allDown, answering: answering.map(named), unusable };
  }

  return {
    note(subject, state) {
      if (state === undefined) reported.delete(subject);
      else reported.set(subject, state);
      if (state !== undefined && !known.has(idIn(subject))) compared = undefined;
    },
    has: (subject) => reported.has(subject),
    async *due(pools) {
      const isLong = createPieces();
      const now = await changes(isLong);
      for (const pool of pools) for (const id of usersOf.get(pool) ?? []) now.add(id);
      read = new Map();
      for (const id of now) {
        const rest = isLong();
        if (rest) await rest;
        yield reportOf(id);
      }
    },
  };
}

/** The id of the load balancer that a subject is about. */
function idIn(subject: string): string {
  return subject.slice('load_balancer/'.length);
}

function isSame(a: LoadBalancerStatus, b: LoadBalancerStatus): boolean {
  return a.state === b.state && a.allDown === b.allDown && a.answering.join() === b.answering.join();
}

/** Says why a pool cannot answer, as the end of a sentence. */
function whyUnusable(standing: string | undefined): string {
  switch (standing) {
    case undefined:
      return 'gone';
    case 'healthy':
    case 'unmonitored':
      return 'without an address';
    case 'maintenance':
      return 'in maintenance';
    case 'unknown':
      return 'without a result';
    default:
      return standing;
  }
}
