import { StoreUnavailable } from './contract/failure.ts';
import type { Upkeep } from './contract/upkeep.ts';
import type { StoreSettings } from './settings.ts';

/** How often a store is asked what it is set to: it may be set otherwise at any time. */
export const SETTINGS_INTERVAL_MS = 5_000;

/** Asks a store what it is set to, at once and again and again, and calls back when that is otherwise than the last time. */
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
