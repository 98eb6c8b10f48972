import { ALARM_TEXTS } from '../../event/alarm.ts';
import type { Alarm } from '../../event/event.ts';
import { type ReportedAlarm, subjectOf } from '../../event/reported.ts';
import type { RaisedAlarm } from '../../event/transitions.ts';
import type { Logger } from '../logger.ts';

/** Maximum of alarms that are raised at a time. More are only logged. */
export const ALARMS_MAX = 1_000;

/** Alarms that are logged as errors. The others are warnings. */
const ERRORS: readonly Alarm[] = [
  'mass_failure',
  'no_workers',
  'region_lost',
  'node_lost',
  'store_refuses',
  'store_evicts',
  'store_set_back',
  'store_emptied',
  'store_damaged',
  'bad_configuration',
  'unserved_zones',
];

/** The alarms that this node knows. It logs each; the event reporter decides which become events. */
export interface Alarms {
  /** Raises an alarm, or logs it again with new details. `detail` goes into the text, `fields` into the log line. */
  raise(alarm: Omit<ReportedAlarm, 'kind'>, detail: string, fields: object): void;
  /** Ends an alarm. */
  end(alarm: Alarm, about: string, fields: object): void;
  /** By subject. */
  readonly raised: ReadonlyMap<string, RaisedAlarm>;
}

/** Creates alarms of which none is raised. `epochMs`: milliseconds since the epoch. */
export function createAlarms(log: Logger, epochMs: () => number = Date.now): Alarms {
  const raised = new Map<string, RaisedAlarm>();
  const nameOf = (alarm: Alarm, about: string) => subjectOf('alarm', `${alarm}/${about}`);
  return {
    raise(alarm, detail, fields) {
      const text = ALARM_TEXTS[alarm.alarm].raised;
      if (ERRORS.includes(alarm.alarm)) log.error(fields, text);
      else log.warn(fields, text);
      const subject = nameOf(alarm.alarm, alarm.about);
      const reason = detail === '' ? text : `${text} (${detail})`;
      const was = raised.get(subject);
      const sinceMs = was !== undefined && was.cause === alarm.cause ? was.sinceMs : epochMs();
      if (was !== undefined || raised.size < ALARMS_MAX)
        raised.set(subject, { kind: 'alarm', ...alarm, reason, sinceMs });
    },
    end(alarm, about, fields) {
      log.info(fields, ALARM_TEXTS[alarm].over);
      raised.delete(nameOf(alarm, about));
    },
    raised,
  };
}
