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

/** What destinations are made with. */
export interface DestinationOptions {
  readonly notifications: Notifications;
  readonly poolOf: PoolOf;
  /** Where webhooks and mail may not go; absent: what is denied by default. */
  readonly refuseTarget?: RefuseTarget;
  readonly log: Logger;
  /** Told to webhooks; absent: it is not. */
  readonly accountId?: string;
}

/** Everybody who is notified. */
export interface Notifying {
  /** What became of notifications here so far, by destination. */
  readonly readings: readonly NotificationReading[];
  stop(): Promise<void>;
}

/** All destinations of a configuration. */
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

/** Notifies every destination, each at its own pace, while this node leads. */
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
