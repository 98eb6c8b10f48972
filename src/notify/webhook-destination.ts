import type { RefuseTarget } from '../check/targets.ts';
import type { Webhook } from '../config/notified.ts';
import type { Resolve } from '../probe/dns/resolve.ts';
import type { PoolOf, TestedDestination } from './destination.ts';
import { isLetOut, isWanted } from './filter.ts';
import { isOfPool, type PoolNotice } from './notice.ts';
import { payloadOf, testPayloadOf } from './payload.ts';
import { postWebhook, WEBHOOK_DEADLINE_MS } from './webhook.ts';

/** Dependencies of all webhooks. */
export interface WebhookContext {
  readonly poolOf: PoolOf;
  readonly resolve: Resolve;
  readonly refuse: RefuseTarget;
  /** The account id in payloads; absent: they have none. */
  readonly accountId?: string;
}

/** Creates the destination of a webhook. */
export function webhookDestination(webhook: Webhook, context: WebhookContext): TestedDestination {
  const { poolOf, resolve, refuse, accountId } = context;
  const post = (payload: object, signal: AbortSignal) =>
    postWebhook(webhook, JSON.stringify(payload), {
      deadlineMs: WEBHOOK_DEADLINE_MS,
      resolve,
      refuse,
      signal,
    });
  const filterOf = ({ event }: PoolNotice) => (poolOf(event.pool) ?? event.audience)?.notificationFilter;
  return {
    key: `webhook/${webhook.name}`,
    wants: (notice) =>
      isWanted(webhook.filter, notice) && (!isOfPool(notice) || isLetOut(filterOf(notice), notice)),
    attempt: (notice, signal) => post(payloadOf(notice, webhook.name, accountId), signal),
    test: (signal) => post(testPayloadOf(webhook.name, Date.now(), accountId), signal),
  };
}
