import type { Alarms } from '../alarm/alarms.ts';

/** The alarm `geo_database` of one place that loads a locator. */
export interface LoadAlarm {
  /** Raises the alarm. A fault of any kind must not end a server that answers. */
  failed(error: unknown): void;
  /** Ends the alarm where it is raised. `details`: fields of the log line. */
  loaded(details?: object): void;
}

/** Creates the alarm, which is not raised. */
export function createLoadAlarm(alarms: Pick<Alarms, 'raise' | 'end'>): LoadAlarm {
  let isRaised = false;
  return {
    failed(error) {
      isRaised = true;
      const why = error instanceof Error ? error.message : String(error);
      alarms.raise({ alarm: 'geo_database', about: '', pools: [], cause: why }, why, { why });
    },
    loaded(details = {}) {
      if (isRaised) alarms.end('geo_database', '', details);
      isRaised = false;
    },
  };
}
