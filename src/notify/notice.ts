import type { NewHealth } from '../config/notified.ts';
import type { AlarmEvent, EndpointEvent, PoolEvent } from '../pool/event.ts';
import type { StoredEvent } from '../store/store.ts';

/** What somebody may be notified of, and what that is in the words of the reference API. */
export type Notice =
  | { readonly source: 'origin'; readonly newHealth: NewHealth; readonly event: Kept<EndpointEvent> }
  | { readonly source: 'pool'; readonly newHealth: NewHealth; readonly event: Kept<PoolEvent> }
  | { readonly source: 'alarm'; readonly newHealth: NewHealth; readonly event: Kept<AlarmEvent> };

type Kept<E> = E & { readonly cursor: string };

/**
 * What an event is to those who are notified; undefined: nothing. A turn to healthy or to unhealthy is something whatever
 * was before it: where an endpoint was disabled in between, the end of what began must not be missed. An alarm is
 * `Unhealthy` when it is raised, and `Healthy` when it is over.
 */
export function noticeOf(event: StoredEvent): Notice | undefined {
  switch (event.kind) {
    case 'endpoint': {
      const newHealth = healthNamed(event.now);
      return newHealth && { source: 'origin', newHealth, event };
    }
    case 'pool': {
      const newHealth = healthNamed(event.now);
      return newHealth && { source: 'pool', newHealth, event };
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

function healthNamed(standing: PoolEvent['now']): NewHealth | undefined {
  switch (standing) {
    case 'healthy':
      return 'Healthy';
    case 'unhealthy':
      return 'Unhealthy';
    case 'unknown':
    case 'unmonitored':
    case 'disabled':
    case 'maintenance':
      return undefined;
  }
}
