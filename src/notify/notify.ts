import { createTargets, type RefuseTarget } from '../check/targets.ts';
import type { Notifications } from '../config/notified.ts';
import { createResolve } from '../probe/dns/resolve.ts';
import type { NotificationReading } from '../telemetry/readings.ts';
import { type DeliverOptions, startDelivering } from './deliver.ts';
import type { Destination, PoolOf, TestedDestination } from './destination.ts';
import type { Logger } from './logger.ts';
import { sendMail } from './mail.ts';
import { mailDestination } from './mail-destination.ts';
import { webhookDestination } from './webhook-destination.ts';

/** Dependencies of destinationsOf. */
export interface DestinationOptions {
  readonly notifications: Notifications;
  readonly poolOf: PoolOf;
  /** Refuses targets of webhooks and mail; absent: the default rules. */
  readonly refuseTarget?: RefuseTarget;
  readonly log: Logger;
  /** The account id in payloads; absent: they have none. */
  readonly accountId?: string;
}

/** The notification of all destinations. */
export interface Notifying {
  /** Counts of this node's notifications so far, by destination. */
  readonly readings: readonly NotificationReading[];
  stop(): Promise<void>;
}

/** Returns all destinations of a configuration. */
export function destinationsOf(options: DestinationOptions): TestedDestination[] {
  const { notifications, log } = options;
  const { webhooks, mail } = notifications;
  const resolve = createResolve();
  const refuse = options.refuseTarget ?? createTargets();
  const context = { ...options, resolve, refuse };
  const destinations = webhooks.map((webhook) => webhookDestination(webhook, context));
  if (mail !== undefined)
    destinations.push(
      mailDestination(mail, {
        poolOf: options.poolOf,
        send: (each, means) => sendMail(mail, each, { ...means, resolve, refuse }),
        passedOver: (to, { event }, reason) =>
          log.error(
            { destination: 'mail', to, reason, event: event.cursor },
            'The mail server refuses an address. It does not get this notification.',
          ),
      }),
    );
  return destinations;
}

/** Starts to notify every destination, each at its own pace, while this node leads. */
export function startNotifying(destinations: readonly Destination[], options: DeliverOptions): Notifying {
  const delivering = destinations.map((each) => startDelivering(each, options));
  return {
    get readings() {
      return delivering.map(({ reading }) => reading);
    },
    async stop() {
      await Promise.all(delivering.map((each) => each.stop()));
    },
  };
}
