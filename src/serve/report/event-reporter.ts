import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { ALARM_TEXTS } from '../../event/alarm.ts';
import type { AlarmEvent } from '../../event/event.ts';
import {
  FIRST_LOOK,
  type ReportedPool,
  type ReportedState,
  type ReportedSubject,
  subjectOf,
} from '../../event/reported.ts';
import {
  alarmEvent,
  alarmReports,
  isOtherCause,
  NOTHING_TO_REPORT,
  overrideReports,
  poolReport,
  presenceReports,
  type RaisedAlarm,
  type SubjectReport,
} from '../../event/transitions.ts';
import { type Lead, type Report, type Store, StoreRefused, StoreUnavailable } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import { REGION_GRACE_MS } from '../../voting/roster.ts';
import type { Refresh } from '../follow/refresh.ts';
import { servedPool, whyOf } from '../health/pool-view.ts';
import type { Logger } from '../logger.ts';
import type { Leadership } from './leadership.ts';
import { deleteLeftOverrides } from './left-overrides.ts';

/** Milliseconds between two looks of the leading node for something to report. */
export const REPORT_INTERVAL_MS = 250;
/** Events, or subjects, after which they are written: far fewer than REPORT_MAX, so that no write occupies the store for long. */
export const WRITE_EVENTS = 250;
/** Maximum of events, or subjects, reported in a second: results of workers matter more to the store. */
export const REPORTS_PER_SECOND_MAX = 500;
/** Maximum of lines logged for one write: a line takes longer to write than its event, and nobody reads thousands of them. */
export const REPORTED_LINES_MAX = 25;
/** Number of pools compared in one turn of the event loop. */
const POOLS_PER_TURN = 200;
/** A new leader reports the end of an alarm only after this time: right after its start it does not know all that are raised. */
export const SETTLED_MS = 10_000;
/** A node remembers what it reported for this time after its lead, in case it leads again and no other node did in between. */
export const TERM_KEPT_MS = 60_000;
/** Shorter absences of the store are not reported. */
export const STORE_AWAY_MS = 5_000;

const STORE_REFUSES = subjectOf('alarm', 'store_refuses/');
/** Maximum of refusals of the store that are over and wait to be reported. Beyond it the oldest are only in the log. */
const UNREPORTED_REFUSALS_MAX = 20;

/** Dependencies of startEventReporter. */
export interface EventReporterOptions {
  readonly store: Pick<Store, 'reported' | 'report' | 'commit'>;
  readonly leadership: Pick<Leadership, 'lead' | 'lost' | 'yield' | 'isOthers'>;
  readonly refresh: Refresh;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly epochMs?: () => number;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs?: () => number;
}

/** Writes events of what happened, while this node leads. */
export interface EventReporter {
  stop(): Promise<void>;
}

/** A refusal of the store that was not reported. */
interface UnreportedRefusal {
  readonly alarm: RaisedAlarm;
  /** When it ended; absent: it lasts. */
  untilMs?: number;
}

/** What this node knows, during one lead, of what was reported. */
interface Term {
  lead: Lead;
  /** What was reported of pools, of which there may be many, and of all else, which is compared each time. */
  readonly pools: Map<string, ReportedPool>;
  readonly others: Map<string, ReportedState>;
  /** Pools whose status may differ from the reported one. */
  marked: Set<string>;
  /** When a subject was missing first. */
  readonly missing: Map<string, number>;
  readonly sinceMs: number;
  /** No node ever compared everything: what it finds now is the initial state, and no news. */
  isFirst: boolean;
}

/**
 * Writes an event of every transition since the last report, which any node may have made: it compares what the store
 * says was reported with what this node serves. Nothing waits for it. A write whose outcome is unknown is not repeated;
 * it reads again what was reported.
 */
export function startEventReporter(options: EventReporterOptions): EventReporter {
  const { store, leadership, refresh, log } = options;
  const { epochMs = Date.now, monotonicMs = () => performance.now() } = options;
  let term: Term | undefined;
  let ledMs = Number.NEGATIVE_INFINITY;
  let seen = refresh.presence.lastAbsence;
  /** An absence of the store that is over and not reported yet, and until when it is worth reporting. */
  let absence: { readonly report: SubjectReport; readonly untilMs: number } | undefined;
  /** Unreported refusals of the store, each of one cause. The last one may not be over yet. */
  let refusals: UnreportedRefusal[] = [];
  /** The report of those that are over. They count as reported when it is written. */
  let refusalReport:
    | { readonly report: SubjectReport; readonly over: readonly UnreportedRefusal[] }
    | undefined;
  const stopping = new AbortController();
  const repeats = createRepeats();
  const unwatch = refresh.watch((pools) => {
    for (const id of pools) term?.marked.add(id);
  });

  /** Reads what was reported, when this node gets the lead or does not know the outcome of a write. */
  async function begin(lead: Lead): Promise<Term> {
    // Pools are marked from here on: no transition is missed meanwhile.
    const fresh: Term = {
      lead,
      pools: new Map(),
      others: new Map(),
      marked: new Set(refresh.configured.pools.keys()),
      missing: new Map(),
      sinceMs: monotonicMs(),
      isFirst: false,
    };
    term = fresh;
    for (const [subject, state] of await store.reported()) {
      note(fresh, subject, state);
      if (state.kind === 'pool') fresh.marked.add(subject.slice('pool/'.length));
    }
    fresh.isFirst = !fresh.others.has(FIRST_LOOK.subject);
    return fresh;
  }

  function note({ pools, others }: Term, subject: string, state: ReportedState): void {
    if (state.kind === 'pool') pools.set(subject, state);
    else others.set(subject, state);
  }

  /** Takes in the latest absence of the store, unless another node leads, which reports its own. */
  function noteAbsence(): void {
    if (leadership.isOthers) absence = undefined;
    const { lastAbsence } = refresh.presence;
    if (lastAbsence === seen) return;
    seen = lastAbsence;
    if (lastAbsence === undefined || !refresh.isReady) return;
    const awayMs = lastAbsence.untilMs - lastAbsence.fromMs;
    if (awayMs < STORE_AWAY_MS) return;
    const alarm = { kind: 'alarm', alarm: 'store_away', about: '', pools: [] } as const;
    const { raised, over } = ALARM_TEXTS.store_away;
    const reason = `${raised} (for ${Math.round(awayMs / 1_000)} seconds)`;
    const atMs = Math.round(epochMs() - (monotonicMs() - lastAbsence.untilMs));
    const events = [
      alarmEvent(alarm, 'raised', reason, Math.round(atMs - awayMs)),
      alarmEvent(alarm, 'quiet', over, atMs),
    ];
    absence = { report: { ...NOTHING_TO_REPORT, events }, untilMs: monotonicMs() + SETTLED_MS };
  }

  function noteRefusal(): void {
    const alarm = refresh.alarms.raised.get(STORE_REFUSES);
    const last = refusals.at(-1);
    if (last !== undefined && last.alarm.sinceMs !== alarm?.sinceMs)
      last.untilMs ??= alarm?.sinceMs ?? epochMs();
    if (alarm === undefined || last?.alarm.sinceMs === alarm.sinceMs) return;
    refusals = [...refusals, { alarm }].slice(-UNREPORTED_REFUSALS_MAX);
  }

  /**
   * Returns the report of refusals that are over, of which nothing could be reported. One whose beginning was reported
   * ends with the next one of another cause.
   */
  function* refusalReports({ others }: Term): Generator<SubjectReport> {
    const over = refusals.filter(({ untilMs }) => untilMs !== undefined);
    const told = others.get(STORE_REFUSES);
    let begun = told?.kind === 'alarm' ? told : undefined;
    const events: AlarmEvent[] = [];
    const quiet = ALARM_TEXTS.store_refuses.over;
    for (const { alarm: raised, untilMs } of over) {
      const { reason, sinceMs, ...alarm } = raised;
      if (begun !== undefined && !isOtherCause(begun, alarm)) continue;
      if (begun !== undefined) events.push(alarmEvent(begun, 'quiet', quiet, sinceMs));
      begun = undefined;
      events.push(alarmEvent(alarm, 'raised', reason, sinceMs), alarmEvent(alarm, 'quiet', quiet, untilMs!));
    }
    const report = {
      ...NOTHING_TO_REPORT,
      events,
      drop: told !== undefined && begun === undefined ? [STORE_REFUSES] : [],
    };
    if (events.length > 0) {
      refusalReport = { report, over };
      yield report;
    } else refusals = refusals.filter((each) => !over.includes(each));
  }

  /** Returns true for a worker or region that has been missing for REGION_GRACE_MS. */
  function isGone({ missing }: Term, subject: string): boolean {
    const since = missing.get(subject);
    if (since === undefined) missing.set(subject, monotonicMs());
    return since !== undefined && monotonicMs() - since >= REGION_GRACE_MS;
  }

  function presenceReportsNow(of: Term): SubjectReport[] {
    const { liveWorkers } = refresh.health;
    for (const { id, region } of liveWorkers) {
      of.missing.delete(subjectOf('worker', id));
      of.missing.delete(subjectOf('region', region));
    }
    const reports = presenceReports(of.others, liveWorkers, (subject) => isGone(of, subject), epochMs());
    for (const subject of reports.flatMap(({ drop }) => drop)) of.missing.delete(subject);
    return reports;
  }

  function alarmReportsNow({ others, sinceMs }: Term): SubjectReport[] {
    const reports = alarmReports(others, refresh.alarms.raised, epochMs());
    return monotonicMs() - sinceMs < SETTLED_MS ? reports.filter(({ drop }) => drop.length === 0) : reports;
  }

  function poolReportNow({ pools }: Term, id: string): SubjectReport {
    const was = pools.get(subjectOf('pool', id));
    const pool = refresh.configured.pool(id);
    const why = (name: string) => whyOf(pool!, pool!.endpoints.find((each) => each.name === name)!, refresh);
    const present = pool && servedPool(pool, refresh);
    return poolReport(id, was, present, ({ name }) => why(name), epochMs());
  }

  /** Returns all reports that are due. It yields between batches of pools. */
  async function* reports(of: Term): AsyncGenerator<SubjectReport> {
    if (absence !== undefined && monotonicMs() < absence.untilMs) yield absence.report;
    else absence = undefined;
    yield* refusalReports(of);
    yield* alarmReportsNow(of);
    const pool = (id: string) => refresh.configured.pool(id);
    const isNew = ({ subject }: ReportedSubject) => !of.pools.has(subject) && !of.others.has(subject);
    const quiet = (report: SubjectReport) =>
      of.isFirst && report.put.some(isNew) ? { ...report, events: [] } : report;
    for (const report of presenceReportsNow(of)) yield quiet(report);
    for (const report of overrideReports(of.others, refresh.overrides.all, pool, epochMs()))
      yield quiet(report);
    const marked = of.marked;
    of.marked = new Set();
    let looked = 0;
    for (const id of marked) {
      if (++looked % POOLS_PER_TURN === 0) await turn();
      yield quiet(poolReportNow(of, id));
    }
    if (of.isFirst) yield { ...NOTHING_TO_REPORT, put: [FIRST_LOOK] };
    of.isFirst = false;
  }

  /** Writes one report. Returns false when this node is no longer the leader. */
  async function write(of: Term, report: Report): Promise<boolean> {
    if ((await store.report(of.lead, report)) === 'fenced') {
      leadership.lost(of.lead);
      return false;
    }
    for (const { subject, state } of report.put) note(of, subject, state);
    for (const subject of report.drop) for (const told of [of.pools, of.others]) told.delete(subject);
    // Every node logs its alarms when they are raised.
    const lines = report.events.filter(({ kind }) => kind !== 'alarm');
    for (const line of lines.slice(0, REPORTED_LINES_MAX)) {
      const { kind, atMs: _, audience: __, ...fields } = { audience: undefined, ...line };
      log.info(fields, `${kind} changed`);
    }
    const more = lines.length - REPORTED_LINES_MAX;
    if (more > 0) log.info({ more }, 'More changed than is logged. "lifeguard events" shows all of it.');
    return true;
  }

  async function reportAll(of: Term): Promise<boolean> {
    let pending: SubjectReport[] = [];
    let size = 0;
    const flush = async () => {
      const all = pending;
      const written = size;
      pending = [];
      size = 0;
      const whole = {
        events: all.flatMap(({ events }) => events),
        put: all.flatMap(({ put }) => put),
        drop: all.flatMap(({ drop }) => drop),
      };
      if (all.length === 0) return true;
      const reportedAbsence = absence;
      const writtenMs = monotonicMs();
      const isWritten = await write(of, whole);
      // An absence of the store counts as reported when it is written: the next one may come in between.
      if (isWritten && reportedAbsence !== undefined && all.includes(reportedAbsence.report))
        absence = undefined;
      if (isWritten && refusalReport !== undefined && all.includes(refusalReport.report)) {
        const { over } = refusalReport;
        refusals = refusals.filter((each) => !over.includes(each));
      }
      const pauseMs = (written * 1_000) / REPORTS_PER_SECOND_MAX - (monotonicMs() - writtenMs);
      if (isWritten && pauseMs > 0) await pause(pauseMs);
      return isWritten;
    };
    for await (const report of reports(of)) {
      const more = Math.max(report.events.length, report.put.length + report.drop.length);
      if (more === 0) continue;
      if (size + more > WRITE_EVENTS && !(await flush())) return false;
      pending.push(report);
      size += more;
    }
    return flush();
  }

  /** Returns what is known of this lead, or of the one right before, since when no other node can have reported. */
  function goesOn(lead: Lead): Term | undefined {
    if (lead.token === (term?.lead.token ?? 0) + 1 && term !== undefined) term.lead = lead;
    return term?.lead.token === lead.token ? term : undefined;
  }

  async function look(): Promise<void> {
    noteAbsence();
    noteRefusal();
    const { lead } = leadership;
    if (lead === undefined || !refresh.isReady || !refresh.presence.isConnected) {
      if (monotonicMs() - ledMs > TERM_KEPT_MS) term = undefined;
      return;
    }
    ledMs = monotonicMs();
    const present = goesOn(lead) ?? (await begin(lead));
    if (!(await reportAll(present))) term = undefined;
    else await deleteLeftOverrides(store, refresh, epochMs());
  }

  /** Ends early when this is stopped. */
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await look();
        // Without the lead nothing is written, so nothing can fail.
        const seconds = leadership.lead === undefined ? undefined : repeats.over();
        if (seconds !== undefined) log.info({}, `Events are written to the store again, after ${seconds} s.`);
      } catch (error) {
        if (error instanceof StoreRefused && term !== undefined) leadership.yield(term.lead);
        term = undefined;
        // No fault here may stop answers or verdicts.
        const level = error instanceof StoreUnavailable ? 'warn' : 'error';
        const unsaid = repeats.due(String(error));
        if (unsaid !== undefined)
          log[level](
            { err: error, unsaid },
            'Cannot write events to the store. Lifeguard compares again and writes what is missing.',
          );
      }
      await pause(REPORT_INTERVAL_MS);
    }
  }
  const running = run();

  return {
    async stop() {
      stopping.abort();
      unwatch();
      await running;
    },
  };
}
