import type { StoredEvent } from '../../store/store.ts';
import { timestamp } from '../timestamp.ts';

/** An event as the API tells it. */
export function eventView(event: StoredEvent) {
  const { cursor, kind, atMs } = event;
  const common = { id: cursor, kind, time: timestamp(atMs) };
  if (event.kind === 'audit') {
    const { token, method, object, before, after, revision } = event;
    return { ...common, token, method, object, before, after, revision };
  }
  const { pool, poolName, endpoint, address, monitor, was, now, reason, region, worker } = event;
  return {
    ...common,
    pool: { id: pool, name: poolName },
    endpoint,
    address,
    monitor,
    was,
    now,
    reason,
    region,
    worker,
  };
}
