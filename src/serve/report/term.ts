import { setImmediate as turn } from 'node:timers/promises';
import {
  FIRST_LOOK,
  type ReportedPool,
  type ReportedState,
  type ReportedSubject,
  subjectOf,
} from '../../event/reported.ts';
import {
  alarmReports,
  NOTHING_TO_REPORT,
  overrideReports,
  poolReport,
  presenceReports,
  type SubjectReport,
} from '../../event/transitions.ts';
import type { Lead } from '../../store/contract/lead.ts';
import { REGION_GRACE_MS } from '../../voting/roster.ts';
import type { Refresh } from '../follow/refresh.ts';
import { servedPool, whyOf } from '../health/pool-view.ts';
import { createLoadBalancerReports } from './load-balancer-reports.ts';
import type { MissedReports } from './missed-reports.ts';

/** Number of pools compared in one turn of the event loop. */
const POOLS_PER_TURN = 200;
/** A new leader reports the end of an alarm only after this time: right after its start it does not know all that are raised. */
export const SETTLED_MS = 10_000;

/** One lead of this node: what was reported so far, and what is due. */
export interface Term {
  lead: Lead;
  /** Since when this node leads, by the monotonic clock. */
  readonly sinceMs: number;
  /** Notes that the status of these pools, given by id, may differ from the reported one. */
  mark(pools: Iterable<string>): void;
  /** Takes in what the store says was reported, when the term begins. */
  begin(reported: Iterable<readonly [string, ReportedState]>): void;
  /** Returns all reports that are due. It yields to other work between batches of pools. */
  due(): AsyncGenerator<SubjectReport>;
  /** Notes that this is reported now. */
  note(report: Pick<SubjectReport, 'put' | 'drop'>): void;
}

/** Dependencies of createTerm. */
export interface TermOptions {
  readonly lead: Lead;
  readonly sinceMs: number;
  readonly refresh: Refresh;
  readonly missed: Pick<MissedReports, 'due'>;
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
}

/** Creates a term in which nothing was reported yet. All pools are marked. */
export function createTerm({ lead, sinceMs, refresh, missed, epochMs, monotonicMs }: TermOptions): Term {
  /** What was reported of pools, of which there may be many, and of all else, which is compared each time. */
  const pools = new Map<string, ReportedPool>();
  const others = new Map<string, ReportedState>();
  const loadBalancers = createLoadBalancerReports({ refresh, epochMs });
  /** When a worker or region was missing first. */
  const missing = new Map<string, number>();
  let marked = new Set(refresh.configured.pools.keys());
  /** No node ever compared everything: what this node finds now is the initial state, and is not reported. */
  let isFirst = false;

  function put(subject: string, state: ReportedState): void {
    if (state.kind === 'pool') pools.set(subject, state);
    else if (state.kind === 'load_balancer') loadBalancers.note(subject, state);
    else others.set(subject, state);
  }

  /** Returns true for a worker or region that has been missing for REGION_GRACE_MS. */
  function isGone(subject: string): boolean {
    const missingMs = missing.get(subject);
    if (missingMs === undefined) missing.set(subject, monotonicMs());
    return missingMs !== undefined && monotonicMs() - missingMs >= REGION_GRACE_MS;
  }

  function presenceDue(): SubjectReport[] {
    const { liveWorkers } = refresh.health;
    for (const { id, region } of liveWorkers) {
      missing.delete(subjectOf('worker', id));
      missing.delete(subjectOf('region', region));
    }
    const reports = presenceReports(others, liveWorkers, isGone, epochMs());
    for (const subject of reports.flatMap(({ drop }) => drop)) missing.delete(subject);
    return reports;
  }

  function isSettled(): boolean {
    return monotonicMs() - sinceMs >= SETTLED_MS;
  }

  function alarmsDue(): SubjectReport[] {
    const reports = alarmReports(others, refresh.alarms.raised, epochMs());
    return isSettled() ? reports : reports.filter(({ drop }) => drop.length === 0);
  }

  function poolDue(id: string): SubjectReport {
    const before = pools.get(subjectOf('pool', id));
    const pool = refresh.configured.pool(id);
    const present = pool && servedPool(pool, refresh);
    const why = (name: string) => whyOf(pool!, pool!.endpoints.find((each) => each.name === name)!, refresh);
    return poolReport(id, before, present, ({ name }) => why(name), epochMs());
  }

  /** Returns a report without its events where its subject was there before any node compared. */
  function withoutOldNews(report: SubjectReport): SubjectReport {
    const isNew = ({ subject }: ReportedSubject) =>
      !pools.has(subject) && !others.has(subject) && !loadBalancers.has(subject);
    return isFirst && report.put.some(isNew) ? { ...report, events: [] } : report;
  }

  return {
    lead,
    sinceMs,
    mark(ids) {
      for (const id of ids) marked.add(id);
    },
    begin(reported) {
      for (const [subject, state] of reported) {
        put(subject, state);
        if (state.kind === 'pool') marked.add(subject.slice('pool/'.length));
      }
      isFirst = !others.has(FIRST_LOOK.subject);
    },
    async *due() {
      yield* missed.due(others, isSettled());
      yield* alarmsDue();
      for (const report of presenceDue()) yield withoutOldNews(report);
      const { overrides, configured } = refresh;
      for (const report of overrideReports(others, overrides.all, configured.pool, epochMs()))
        yield withoutOldNews(report);
      const now = marked;
      marked = new Set();
      let count = 0;
      for (const id of now) {
        if (++count % POOLS_PER_TURN === 0) await turn();
        yield withoutOldNews(poolDue(id));
      }
      for await (const report of loadBalancers.due(now)) yield withoutOldNews(report);
      if (isFirst) yield { ...NOTHING_TO_REPORT, put: [FIRST_LOOK] };
      isFirst = false;
    },
    note(report) {
      for (const { subject, state } of report.put) put(subject, state);
      for (const subject of report.drop) {
        for (const reported of [pools, others]) reported.delete(subject);
        loadBalancers.note(subject, undefined);
      }
    },
  };
}
