import { ALARMS } from '../../event/event.ts';
import { type ReportedState, subjectOf } from '../../event/reported.ts';
import { parseRecord, REPORT_CHARACTERS_MAX, type SetAside } from './record.ts';
import { REPORTED_SHAPE } from './report-shapes.ts';

/**
 * Reads the latest reported state of a subject; undefined: it is damaged and set aside, as one of another kind is, or it is an alarm
 * that only a later version knows, and that a node of that version ends.
 */
export function parseReported(
  subject: string,
  record: unknown,
  setAside: SetAside,
): ReportedState | undefined {
  const state = parseRecord<ReportedState>(record, REPORTED_SHAPE, setAside, REPORT_CHARACTERS_MAX);
  if (state?.kind === 'alarm' && !ALARMS.includes(state.alarm)) return undefined;
  if (state === undefined || subject.startsWith(subjectOf(state.kind, ''))) return state;
  return void setAside({ field: 'kind', rule: 'must be that of its subject' });
}
