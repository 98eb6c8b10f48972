import { ALARM_TEXTS } from '../../event/alarm.ts';
import type { Alarm } from '../../event/event.ts';
import { subjectOf, type ToldAlarm } from '../../event/reported.ts';
import type { RaisedAlarm } from '../../event/transitions.ts';
import type { Logger } from '../logger.ts';

/** Alarms that are raised at a time; more are said in the log alone. */
export const ALARMS_MAX = 1_000;

/** Names of pools that one alarm tells. */
export const ALARM_POOLS_MAX = 10;

/** Those that are errors in the log; the others are warnings. */
const ERRORS: readonly Alarm[] = [
  'mass_failure',
  'no_workers',
  'store_refuses',
  'store_evicts',
  'store_set_back',
  'store_emptied',
  'store_damaged',
];

/** The alarms as this node knows them. It says each in its log; whether they are told as events is the teller's to decide. */
export interface Alarms {
  /** Raises an alarm, or says again what it is about. `detail` goes into what is told, `fields` into the log. */
  raise(alarm: Omit<ToldAlarm, 'kind'>, detail: string, fields: object): void;
  /** It is over. */
  end(alarm: Alarm, about: string, fields: object): void;
  /** By subject. */
  readonly raised: ReadonlyMap<string, RaisedAlarm>;
}

/** Creates alarms of which none is raised. `nowMs`: milliseconds since the epoch. */
export function createAlarms(log: Logger, nowMs: () => number = Date.now): Alarms {
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
      const sinceMs = was !== undefined && was.cause === alarm.cause ? was.sinceMs : nowMs();
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
