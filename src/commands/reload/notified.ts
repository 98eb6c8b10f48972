import type { NotificationSource } from '../../admin/notifications/source.ts';
import type { Config } from '../../config/config.ts';
import type { DeliverOptions } from '../../notify/deliver.ts';
import {
  type DestinationOptions,
  destinationsOf,
  type Notifying,
  startNotifying,
} from '../../notify/notify.ts';
import { tryDestinations } from '../../notify/trial.ts';
import type { ReloadedPart } from './reload.ts';

/** The notification of the destinations of a configuration, which a reload may change. */
export interface Notified {
  readonly source: NotificationSource;
  readonly readings: Notifying['readings'];
  readonly part: ReloadedPart;
  /** Starts to notify the destinations while this node leads. */
  start(options: DeliverOptions): void;
  stop(): Promise<void>;
}

/** Creates the notification of a configuration, which does not run yet. */
export function createNotified(
  { notifications }: Pick<Config, 'notifications'>,
  options: Omit<DestinationOptions, 'notifications'>,
): Notified {
  let destinations = destinationsOf({ ...options, notifications });
  let delivery: DeliverOptions | undefined;
  let running: Notifying | undefined;
  let isStopped = false;
  /** Those of a configuration before may be at an attempt, and a destination must not be notified twice at a time. */
  let ended: Promise<unknown> = Promise.resolve();

  function use(next: typeof destinations): void {
    destinations = next;
    const before = running;
    running = undefined;
    ended = ended.then(() => before?.stop()).then(start);
  }

  function start(): void {
    if (delivery !== undefined && !isStopped) running ??= startNotifying(destinations, delivery);
  }

  return {
    source: {
      get destinations() {
        return destinations.map(({ key }) => key);
      },
      test: (keys) => tryDestinations(destinations.filter(({ key }) => keys.includes(key))),
    },
    get readings() {
      return running?.readings ?? [];
    },
    part: {
      settings: ['notifications'],
      async prepare(next) {
        const prepared = destinationsOf({ ...options, notifications: next.notifications });
        return () => use(prepared);
      },
    },
    start(how) {
      delivery = how;
      start();
    },
    async stop() {
      isStopped = true;
      await ended;
      await running?.stop();
    },
  };
}
