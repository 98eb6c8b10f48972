import type { NewHealth } from '../config/notified.ts';
import type { AlarmEvent, EndpointEvent, LoadBalancerEvent, PoolEvent } from '../event/event.ts';
import type { StoredEvent } from '../store/contract/events.ts';

/** An event of which destinations may be notified, in the words of the reference API. */
export type Notice =
  | { readonly source: 'origin'; readonly newHealth: NoticedHealth; readonly event: Kept<EndpointEvent> }
  | { readonly source: 'pool'; readonly newHealth: NoticedHealth; readonly event: Kept<PoolEvent> }
  | {
      readonly source: 'load_balancer';
      readonly newHealth: NoticedHealth;
      readonly event: Kept<LoadBalancerEvent>;
    }
  | { readonly source: 'alarm'; readonly newHealth: NewHealth; readonly event: Kept<AlarmEvent> };

/** `Unknown`: it is no longer unhealthy because it is no longer checked. The reference has no word for that. */
export type NoticedHealth = NewHealth | 'Unknown';

type Kept<E> = E & { readonly cursor: string };

/** A notification about one pool, or an endpoint of it. */
export type PoolNotice = Extract<Notice, { source: 'origin' | 'pool' }>;

/** Returns true for a notification about one pool or an endpoint of it, whose settings decide about it too. */
export function isOfPool(notice: Notice): notice is PoolNotice {
  return notice.source === 'origin' || notice.source === 'pool';
}

/**
 * Returns the notification for an event; undefined: none. A pool or endpoint that becomes unhealthy is a beginning. One
 * that was unhealthy and is anything else, also disabled or deleted, is the end of it. So beginnings and ends alternate,
 * and a new healthy one is no news. A load balancer that becomes critical is a beginning too; one that is only degraded has no
 * notification, since its pools have theirs. An alarm is `Unhealthy` when it is raised, and `Healthy` when it is over.
 */
export function noticeOf(event: StoredEvent): Notice | undefined {
  switch (event.kind) {
    case 'endpoint': {
      const newHealth = healthNamed(event);
      return newHealth && { source: 'origin', newHealth, event };
    }
    case 'pool': {
      const newHealth = healthNamed(event);
      return newHealth && { source: 'pool', newHealth, event };
    }
    case 'load_balancer': {
      const newHealth = stateNamed(event);
      return newHealth && { source: 'load_balancer', newHealth, event };
    }
    case 'alarm':
      return { source: 'alarm', newHealth: event.now === 'raised' ? 'Unhealthy' : 'Healthy', event };
    case 'health':
    case 'audit':
    case 'region':
    case 'worker':
    case 'override':
      return undefined;
  }
}

function healthNamed({ was, now }: Pick<PoolEvent, 'was' | 'now'>): NoticedHealth | undefined {
  if (now === 'unhealthy') return 'Unhealthy';
  if (was !== 'unhealthy') return undefined;
  return now === 'healthy' ? 'Healthy' : 'Unknown';
}

function stateNamed({ was, now }: Pick<LoadBalancerEvent, 'was' | 'now'>): NoticedHealth | undefined {
  if (was === now) return undefined;
  if (now === 'critical') return 'Unhealthy';
  if (was !== 'critical') return undefined;
  return now === 'healthy' || now === 'degraded' ? 'Healthy' : 'Unknown';
}
