import { type StoreSettings, settingsFlaws } from '../../store/settings.ts';
import type { Logger } from '../logger.ts';
import type { Alarms } from './alarms.ts';

/** Logs faults in the settings of a store. One that may throw away configuration is an alarm. */
export function createSettingsLog(alarms: Alarms, log: Logger): (settings: StoreSettings) => void {
  let isRaised = false;
  return (settings) => {
    const { evictsBy, ...others } = settings;
    for (const flaw of settingsFlaws(others)) log.warn({}, flaw);
    if (evictsBy !== undefined)
      alarms.raise({ alarm: 'store_evicts', about: '', pools: [] }, `maxmemory-policy ${evictsBy}`, {
        policy: evictsBy,
      });
    else if (isRaised) alarms.end('store_evicts', '', {});
    isRaised = evictsBy !== undefined;
  };
}
