import type { Alarms } from '../alarm/alarms.ts';
import { createLoadAlarm } from './load-alarm.ts';

/** Time between two tries to load a locator that cannot be loaded, milliseconds. */
export const PLACES_RETRY_MS = 60_000;

/** Dependencies of createWantedPlaces. */
export interface WantedPlacesOptions {
  /** Loads the locator. May reject. */
  readonly load: () => Promise<unknown>;
  readonly alarms: Pick<Alarms, 'raise' | 'end'>;
}

/** Has the locator loaded for load balancers that steer by places. Meanwhile all places are unknown, and everything is published. */
export interface WantedPlaces {
  /** Begins to load, the first time. While that fails, the alarm `geo_database` is raised, and it is tried again each PLACES_RETRY_MS. */
  want(): void;
  stop(): void;
}

/** Wants nothing as yet. */
export function createWantedPlaces({ load, alarms }: WantedPlacesOptions): WantedPlaces {
  const alarm = createLoadAlarm(alarms);
  let isWanted = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function attempt(): Promise<void> {
    try {
      await load();
      alarm.loaded();
    } catch (error) {
      // A process that ends stops the load too.
      if (isStopped) return;
      alarm.failed(error);
      timer = setTimeout(() => void attempt(), PLACES_RETRY_MS).unref();
    }
  }

  return {
    want() {
      if (isWanted || isStopped) return;
      isWanted = true;
      void attempt();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
