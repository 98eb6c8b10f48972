import { setTimeout as sleep } from 'node:timers/promises';
import type { SubjectReport } from '../../event/transitions.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import { StoreRefused, StoreUnavailable } from '../../store/contract/failure.ts';
import type { Lead, LeadStore, Report } from '../../store/contract/lead.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Refresh } from '../follow/refresh.ts';
import type { StoreAbsence } from '../follow/store-presence.ts';
import type { Logger } from '../logger.ts';
import type { Leadership } from './leadership.ts';
import { deleteLeftOverrides } from './left-overrides.ts';
import { createMissedReports, STORE_REFUSES } from './missed-reports.ts';
import { createTerm, type Term } from './term.ts';

/** Milliseconds between two looks of the leading node for something to report. */
export const REPORT_INTERVAL_MS = 250;
/** Events, or subjects, after which they are written: far fewer than REPORT_MAX, so that no write occupies the store for long. */
export const WRITE_EVENTS = 250;
/** Maximum of events reported in a second: results of workers matter more to the store. */
export const EVENTS_PER_SECOND_MAX = 500;
/** Maximum of subjects reported in a second, most of them without an event: the first look at a store reports all that is in it. */
export const SUBJECTS_PER_SECOND_MAX = 2_500;
/** Maximum of lines logged for one write: a line takes longer to write than its event, and nobody reads thousands of them. */
export const REPORTED_LINES_MAX = 25;
/** A node remembers what it reported for this time after its lead, in case it leads again, no other node did in between, and the store was there. */
export const TERM_KEPT_MS = 60_000;

/** Dependencies of startEventReporter. */
export interface EventReporterOptions {
  readonly store: Pick<DocumentStore, 'commit'> & Pick<LeadStore, 'reported' | 'report'>;
  readonly leadership: Pick<Leadership, 'lead' | 'lost' | 'yield' | 'resume' | 'othersMs'>;
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

/**
 * Writes an event of every transition since the last report, which any node may have made: it compares what the store
 * says was reported with what this node serves. Nothing waits for it. A write whose outcome is unknown is not repeated;
 * it reads again what was reported.
 */
export function startEventReporter(options: EventReporterOptions): EventReporter {
  const { store, leadership, refresh, log } = options;
  const { epochMs = Date.now, monotonicMs = () => performance.now() } = options;
  let term: Term | undefined;
  /** The latest absence of the store when the term began. */
  let absence: StoreAbsence | undefined;
  let ledMs = Number.NEGATIVE_INFINITY;
  /** This node gave up the lead for a refusal of the store; `raised`: whose alarm is raised. Absent: it did not, or that is over. */
  let yielded: 'refused' | 'raised' | undefined;
  const stopping = new AbortController();
  const repeats = createRepeats();
  const missed = createMissedReports({ refresh, leadership, epochMs, monotonicMs });
  const unwatch = refresh.watch((pools) => term?.mark(pools));

  /** Reads what was reported, when this node gets the lead or does not know the outcome of a write. */
  async function begin(lead: Lead): Promise<Term> {
    // Pools are marked from here on: no transition is missed meanwhile.
    const { sinceMs = monotonicMs() } = isOf(term, lead) ? term : {};
    const fresh = createTerm({ lead, sinceMs, refresh, missed, epochMs, monotonicMs });
    term = fresh;
    absence = refresh.presence.lastAbsence;
    fresh.begin(await store.reported());
    return fresh;
  }

  /** Writes one report. Returns false when this node is no longer the leader. */
  async function write(of: Term, report: Report): Promise<boolean> {
    if ((await store.report(of.lead, report)) === 'fenced') {
      leadership.lost(of.lead);
      return false;
    }
    of.note(report);
    logEvents(log, report);
    return true;
  }

  async function reportAll(of: Term): Promise<boolean> {
    let pending: SubjectReport[] = [];
    let size = 0;
    const flush = async () => {
      const all = pending;
      const subjects = size;
      pending = [];
      size = 0;
      if (all.length === 0) return true;
      const fromMs = monotonicMs();
      const events = all.flatMap((each) => each.events);
      const isWritten = await write(of, {
        events,
        put: all.flatMap(({ put }) => put),
        drop: all.flatMap(({ drop }) => drop),
      });
      if (!isWritten) return false;
      missed.written(all);
      const seconds = Math.max(events.length / EVENTS_PER_SECOND_MAX, subjects / SUBJECTS_PER_SECOND_MAX);
      const pauseMs = seconds * 1_000 - (monotonicMs() - fromMs);
      if (pauseMs > 0) await pause(pauseMs);
      return true;
    };
    for await (const report of of.due()) {
      const more = Math.max(report.events.length, report.put.length + report.drop.length);
      if (more === 0) continue;
      if (size + more > WRITE_EVENTS && !(await flush())) return false;
      pending.push(report);
      size += more;
    }
    return flush();
  }

  /** Whether the term is of this lead, or of the one right before, since when no other node can have reported. */
  function isOf(present: Term | undefined, lead: Lead): present is Term {
    return present !== undefined && [lead.token, lead.token - 1].includes(present.lead.token);
  }

  /** Returns what is known of this lead. Nothing is after an absence of the store: a replica that took its place lacks the last reports. */
  function goesOn(lead: Lead): Term | undefined {
    if (!isOf(term, lead) || refresh.presence.lastAbsence !== absence) return undefined;
    term.lead = lead;
    return term;
  }

  /** Asks for the lead again where the refusal is over for which this node gave it up. */
  function resume(): void {
    const isRaised = refresh.alarms.raised.has(STORE_REFUSES);
    if (yielded === 'refused' && isRaised) yielded = 'raised';
    if (yielded !== 'raised' || isRaised) return;
    yielded = undefined;
    leadership.resume();
  }

  async function look(): Promise<void> {
    missed.look();
    resume();
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
        if (error instanceof StoreRefused && term !== undefined) {
          leadership.yield(term.lead);
          yielded = 'refused';
        }
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

/** Logs the events of one report, up to REPORTED_LINES_MAX of them. Every node logs its alarms when they are raised. */
function logEvents(log: Logger, { events }: Report): void {
  const lines = events.filter(({ kind }) => kind !== 'alarm');
  for (const line of lines.slice(0, REPORTED_LINES_MAX)) {
    const { kind, atMs: _, audience: __, ...fields } = { audience: undefined, ...line };
    log.info(fields, `${kind} changed`);
  }
  const more = lines.length - REPORTED_LINES_MAX;
  if (more > 0) log.info({ more }, 'More changed than is logged. "lifeguard events" shows all of it.');
}
