import type { Notifications } from '../config/notified.ts';
import { createResolve } from '../probe/resolve.ts';
import { type DeliverOptions, startDelivering } from './deliver.ts';
import type { PoolOf } from './destination.ts';
import { sendMail } from './mail.ts';
import { mailDestination } from './mail-destination.ts';
import { webhookDestination } from './webhook-destination.ts';

/** What startNotifying works with. */
export interface NotifyOptions extends DeliverOptions {
  readonly notifications: Notifications;
  readonly poolOf: PoolOf;
  /** Told to webhooks; absent: it is not. */
  readonly accountId?: string;
}

/** Everybody who is notified. */
export interface Notifying {
  stop(): Promise<void>;
}

/** Notifies every destination, each at its own pace, while this node leads. */
export function startNotifying(options: NotifyOptions): Notifying {
  const { notifications, log } = options;
  const { webhooks, mail } = notifications;
  const context = { ...options, resolve: createResolve() };
  const destinations = webhooks.map((webhook) => webhookDestination(webhook, context));
  if (mail !== undefined)
    destinations.push(
      mailDestination(mail, {
        poolOf: options.poolOf,
        send: (each, means) => sendMail(mail, each, means),
        passedOver: (to, { event }, reason) =>
          log.error(
            { destination: 'mail', to, reason, event: event.cursor },
            'a mail address is passed over with a notification',
          ),
      }),
    );
  const delivering = destinations.map((each) => startDelivering(each, options));
  return {
    async stop() {
      await Promise.all(delivering.map((each) => each.stop()));
    },
  };
}
