import type { DestinationFilter } from '../config/notified.ts';
import type { Pool } from '../pool/pool.ts';
import type { Notice } from './notice.ts';

/** Whether a destination wants to hear of it. Who wants what turns healthy wants all that is unhealthy no more. */
export function isWanted({ poolIds, newHealth, eventSource }: DestinationFilter, notice: Notice): boolean {
  if (eventSource !== undefined && !eventSource.includes(notice.source)) return false;
  // An alarm may be about all pools, or about none, and its end matters to whoever heard that it was raised.
  if (notice.source === 'alarm') return true;
  return (
    (poolIds === undefined || poolIds.includes(notice.event.pool)) &&
    (newHealth === undefined ||
      newHealth.includes(notice.newHealth === 'Unhealthy' ? 'Unhealthy' : 'Healthy'))
  );
}

/**
 * Whether a pool lets others hear of it: `disable` in the part of its filter that is for the source keeps all back,
 * `healthy` what turns to the other state. What is null or absent keeps nothing back; an alarm is no pool's to keep back.
 */
export function isLetOut(filter: Pool['notificationFilter'], notice: Notice): boolean {
  if (notice.source === 'alarm') return true;
  // The API wrote it by its schema.
  const part = filter?.[notice.source] as
    | { readonly disable?: boolean | null; readonly healthy?: boolean | null }
    | null
    | undefined;
  if (part?.disable === true) return false;
  const only = part?.healthy ?? undefined;
  return only === undefined || only === (notice.newHealth !== 'Unhealthy');
}
