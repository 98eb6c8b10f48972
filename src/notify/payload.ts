import { createHash } from 'node:crypto';
import { ALARM_POOLS_MAX } from '../event/alarm.ts';
import { escapeText } from '../pool/plain-text.ts';
import type { Notice } from './notice.ts';

/** Longest sentence, in characters; the rest is cut off. */
export const TEXT_MAX = 1_000;

/** A posted payload, in the shape of the reference API. `data` also has the fields of the event. */
export interface Payload {
  /** Name of the destination. */
  readonly name: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Seconds since the epoch. */
  readonly ts: number;
  readonly account_id?: string;
  readonly alert_type: 'load_balancing_health_alert' | 'lifeguard_alarm';
  /** The same for a beginning and its end. */
  readonly alert_correlation_id: string;
  readonly alert_event: 'ALERT_STATE_EVENT_START' | 'ALERT_STATE_EVENT_END';
}

/** Returns the payload of a notification for a destination of this name. */
export function payloadOf(notice: Notice, name: string, accountId?: string): Payload {
  const { source, newHealth, event } = notice;
  const account = accountId === undefined ? {} : { account_id: accountId };
  return {
    name,
    text: sentenceOf(notice),
    data: {
      ...account,
      event_source: source,
      new_health: newHealth,
      ...subjectOf(notice),
      reason: cut(event.reason),
      // Receivers recognize a repeated notification by it.
      event_id: event.cursor,
    },
    ts: Math.floor(event.atMs / 1_000),
    ...account,
    alert_type: source === 'alarm' ? 'lifeguard_alarm' : 'load_balancing_health_alert',
    alert_correlation_id: correlationOf(notice),
    alert_event: newHealth === 'Unhealthy' ? 'ALERT_STATE_EVENT_START' : 'ALERT_STATE_EVENT_END',
  };
}

/** The text of a test, which begins like that of the reference. */
export const TEST_TEXT = 'Hello World! This is a test: no endpoint, no pool and no alarm is meant.';

/** Returns the payload of a test for a destination of this name, at `atMs`, milliseconds since the epoch. */
export function testPayloadOf(
  name: string,
  atMs: number,
  accountId?: string,
): Pick<Payload, 'name' | 'text' | 'ts' | 'account_id'> {
  const account = accountId === undefined ? {} : { account_id: accountId };
  return { name, text: TEST_TEXT, ts: Math.floor(atMs / 1_000), ...account };
}

function subjectOf({ source, event }: Notice): Readonly<Record<string, unknown>> {
  switch (source) {
    case 'origin': {
      const { pool, poolName, endpoint, address, override, region } = event;
      return {
        pool_id: pool,
        pool_name: poolName,
        origin_name: endpoint,
        ...(address === undefined ? {} : { origin_address: address }),
        ...(override === undefined ? {} : { override }),
        ...(region === undefined ? {} : { region }),
      };
    }
    case 'pool':
      return { pool_id: event.pool, pool_name: event.poolName };
    case 'load_balancer': {
      const { loadBalancer, loadBalancerName, now, pools, allDown } = event;
      return {
        load_balancer_id: loadBalancer,
        load_balancer_name: loadBalancerName,
        load_balancer_state: now,
        pools: pools.map(({ name }) => name),
        ...(allDown === undefined ? {} : { all_down: allDown }),
      };
    }
    case 'alarm': {
      const { alarm, about, pools, region } = event;
      return {
        alarm,
        about,
        pools: pools.slice(0, ALARM_POOLS_MAX),
        ...(region === undefined ? {} : { region }),
      };
    }
  }
}

/** Returns a notification as a sentence. */
export function sentenceOf(notice: Notice): string {
  const { source, newHealth, event } = notice;
  const why = event.reason === '' ? '.' : `: ${event.reason}`;
  switch (source) {
    case 'origin': {
      const { endpoint, address, poolName, was, now, override } = event;
      const where = address === undefined ? '' : ` (${address})`;
      const beneath = override === undefined ? '' : `, while the override "${override}" decides`;
      return cut(
        `Endpoint "${endpoint}"${where} of pool "${poolName}" is ${now}, was ${was}${beneath}${why}`,
      );
    }
    case 'pool':
      return cut(`Pool "${event.poolName}" is ${event.now}, was ${event.was}${why}`);
    case 'load_balancer':
      return cut(`Load balancer "${event.loadBalancerName}" is ${event.now}, was ${event.was}${why}`);
    case 'alarm': {
      const { alarm, region } = event;
      const where = region === undefined ? '' : ` in region ${region}`;
      return cut(`Alarm ${alarm}${where} is ${newHealth === 'Unhealthy' ? 'raised' : 'over'}${why}`);
    }
  }
}

/** Returns a notification in a few words, as the subject of a mail. */
export function headlineOf(notice: Notice): string {
  return escapeText(headline(notice));
}

function headline({ source, event }: Notice): string {
  switch (source) {
    case 'origin':
      return `Lifeguard: ${event.endpoint} of pool ${event.poolName} is ${event.now}`;
    case 'pool':
      return `Lifeguard: pool ${event.poolName} is ${event.now}`;
    case 'load_balancer':
      return `Lifeguard: load balancer ${event.loadBalancerName} is ${event.now}`;
    case 'alarm':
      return `Lifeguard: alarm ${event.alarm} is ${event.now === 'raised' ? 'raised' : 'over'}`;
  }
}

/** Returns the correlation id of a notification's subject: 32 hex digits. */
function correlationOf({ source, event }: Notice): string {
  const about = () => {
    switch (source) {
      case 'origin':
        return [event.pool, event.endpoint];
      case 'pool':
        return [event.pool];
      case 'load_balancer':
        return [event.loadBalancer];
      case 'alarm':
        return [event.alarm, event.about];
    }
  };
  return createHash('sha256')
    .update(JSON.stringify([source, ...about()]))
    .digest('hex')
    .slice(0, 32);
}

function cut(text: string): string {
  const plain = escapeText(text);
  return plain.length <= TEXT_MAX ? plain : `${plain.slice(0, TEXT_MAX - 1)}…`;
}
