import type { DestinationFilter } from '../config/notified.ts';
import type { Pool } from '../pool/pool.ts';
import { isOfPool, type Notice } from './notice.ts';

/** Returns true where a destination wants a notification. A filter for `Healthy` takes everything that is no longer unhealthy. */
export function isWanted({ poolIds, newHealth, eventSource }: DestinationFilter, notice: Notice): boolean {
  if (eventSource !== undefined && !eventSource.includes(notice.source)) return false;
  // An alarm may concern all pools or none, and a destination that got its beginning must get its end.
  if (notice.source === 'alarm') return true;
  return (
    (poolIds === undefined || (isOfPool(notice) && poolIds.includes(notice.event.pool))) &&
    (newHealth === undefined ||
      newHealth.includes(notice.newHealth === 'Unhealthy' ? 'Unhealthy' : 'Healthy'))
  );
}

/**
 * Returns true where the filter of a pool lets a notification pass. In the part for its source, `disable` stops all, and
 * `healthy` those of the other state. A part that is null or absent stops nothing. Alarms and those of load balancers always pass.
 */
export function isLetOut(filter: Pool['notificationFilter'], notice: Notice): boolean {
  if (!isOfPool(notice)) return true;
  // The API has validated it.
  const part = filter?.[notice.source] as
    | { readonly disable?: boolean | null; readonly healthy?: boolean | null }
    | null
    | undefined;
  if (part?.disable === true) return false;
  const only = part?.healthy ?? undefined;
  return only === undefined || only === (notice.newHealth !== 'Unhealthy');
}
