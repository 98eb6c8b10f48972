import { StoreUnavailable } from './contract/failure.ts';
import type { Upkeep } from './contract/upkeep.ts';
import type { StoreSettings } from './settings.ts';

/** Interval at which a store is asked for its settings, which may change at any time. */
export const SETTINGS_INTERVAL_MS = 5_000;

/** Asks a store for its settings, at once and then at intervals, and calls back when they changed. */
export function watchSettings(
  store: Pick<Upkeep, 'settings'>,
  changed: (settings: StoreSettings) => void,
): { stop(): void } {
  let last = '';
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  async function ask(): Promise<void> {
    try {
      const settings = await store.settings!();
      const text = JSON.stringify(settings);
      if (text !== last && !isStopped) changed(settings);
      last = text;
    } catch (error) {
      // Those who follow the store log that it is away.
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    if (!isStopped) timer = setTimeout(() => void ask(), SETTINGS_INTERVAL_MS).unref();
  }
  if (store.settings !== undefined) void ask();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
