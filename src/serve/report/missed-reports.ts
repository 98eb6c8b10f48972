import { ALARM_TEXTS } from '../../event/alarm.ts';
import type { AlarmEvent } from '../../event/event.ts';
import { type ReportedState, subjectOf } from '../../event/reported.ts';
import {
  alarmEvent,
  isOtherCause,
  NOTHING_TO_REPORT,
  type RaisedAlarm,
  type SubjectReport,
} from '../../event/transitions.ts';
import type { Refresh } from '../follow/refresh.ts';
import type { Leadership } from './leadership.ts';

/** Shorter absences of the store are not reported, milliseconds. */
export const STORE_AWAY_MS = 5_000;
/** Time after its end for which an absence of the store is worth reporting, milliseconds. */
const ABSENCE_WORTH_MS = 10_000;
/** Maximum of refusals of the store that are over and wait to be reported. Beyond it the oldest are only in the log. */
const UNREPORTED_REFUSALS_MAX = 20;

/** The alarm about refusals that are this node's own. */
export const STORE_REFUSES = subjectOf('alarm', 'store_refuses/');

/** What happened to the store while events about it could not be written: absences, and refusals of writes. */
export interface MissedReports {
  /** Takes in the present state. */
  look(): void;
  /**
   * Returns the reports that are due. `reported`: what was reported of subjects that are not pools. `isSettled`: others report
   * the ends of alarms of which the beginning was reported.
   */
  due(reported: ReadonlyMap<string, ReportedState>, isSettled: boolean): Generator<SubjectReport>;
  /** Notes that these reports are written. */
  written(reports: readonly SubjectReport[]): void;
}

/** A refusal of the store that was not reported. */
interface UnreportedRefusal {
  readonly alarm: RaisedAlarm;
  /** When it ended; absent: it lasts. */
  untilMs?: number;
}

/** Dependencies of createMissedReports. */
export interface MissedReportsOptions {
  readonly refresh: Pick<Refresh, 'presence' | 'alarms' | 'isReady'>;
  readonly leadership: Pick<Leadership, 'othersMs'>;
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs: () => number;
}

/** Creates an empty list of what was missed. An absence before now is not on it. */
export function createMissedReports({
  refresh,
  leadership,
  epochMs,
  monotonicMs,
}: MissedReportsOptions): MissedReports {
  let seen = refresh.presence.lastAbsence;
  /** An absence of the store that is over and not reported yet, when it ended, and until when it is worth reporting. */
  let absence:
    | { readonly report: SubjectReport; readonly endedMs: number; readonly untilMs: number }
    | undefined;
  /** Unreported refusals of the store, each of one cause. The last one may not be over yet. */
  let refusals: UnreportedRefusal[] = [];
  /** The report of those that are over. They count as reported when it is written. */
  let refusalReport:
    | { readonly report: SubjectReport; readonly over: readonly UnreportedRefusal[] }
    | undefined;

  /** Takes in the latest absence of the store, unless another node leads since its end, which reports its own. */
  function noteAbsence(): void {
    const { othersMs = Number.NEGATIVE_INFINITY } = leadership;
    if (absence !== undefined && othersMs >= absence.endedMs) absence = undefined;
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
    absence = {
      report: { ...NOTHING_TO_REPORT, events },
      endedMs: lastAbsence.untilMs,
      untilMs: monotonicMs() + ABSENCE_WORTH_MS,
    };
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
   * ends with the next one of another cause, and, unless `isSettled`, when it is over.
   */
  function* refusalReports(
    reported: ReadonlyMap<string, ReportedState>,
    isSettled: boolean,
  ): Generator<SubjectReport> {
    const over = refusals.filter(({ untilMs }) => untilMs !== undefined);
    const state = reported.get(STORE_REFUSES);
    let begun = state?.kind === 'alarm' ? state : undefined;
    const events: AlarmEvent[] = [];
    const quiet = ALARM_TEXTS.store_refuses.over;
    for (const { alarm: raised, untilMs } of over) {
      const { reason, sinceMs, ...alarm } = raised;
      if (begun !== undefined && !isOtherCause(begun, alarm)) {
        // Where another cause follows, the alarms themselves are compared, which tells both.
        if (isSettled || refresh.alarms.raised.has(STORE_REFUSES)) continue;
        events.push(alarmEvent(begun, 'quiet', quiet, untilMs!));
        begun = undefined;
        continue;
      }
      if (begun !== undefined) events.push(alarmEvent(begun, 'quiet', quiet, sinceMs));
      begun = undefined;
      events.push(alarmEvent(alarm, 'raised', reason, sinceMs), alarmEvent(alarm, 'quiet', quiet, untilMs!));
    }
    if (events.length === 0) {
      refusals = refusals.filter((each) => !over.includes(each));
      return;
    }
    const drop = state !== undefined && begun === undefined ? [STORE_REFUSES] : [];
    const report = { ...NOTHING_TO_REPORT, events, drop };
    refusalReport = { report, over };
    yield report;
  }

  return {
    look() {
      noteAbsence();
      noteRefusal();
    },
    *due(reported, isSettled) {
      if (absence !== undefined && monotonicMs() < absence.untilMs) yield absence.report;
      else absence = undefined;
      yield* refusalReports(reported, isSettled);
    },
    written(reports) {
      // Another absence may have come and gone since, whose report is not among these.
      if (absence !== undefined && reports.includes(absence.report)) absence = undefined;
      if (refusalReport === undefined || !reports.includes(refusalReport.report)) return;
      const { over } = refusalReport;
      refusals = refusals.filter((each) => !over.includes(each));
    },
  };
}
