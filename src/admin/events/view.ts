import type { StoredEvent } from '../../store/store.ts';
import { timestamp } from '../schema/timestamp.ts';
import { auditedView } from './audited-object.ts';

/** An event as the API tells it: what names the pool and, of an audit event, the object together, and else its fields. */
export function eventView(event: StoredEvent) {
  const { cursor, kind, atMs, ...fields } = event;
  const common = { id: cursor, kind, time: timestamp(atMs) };
  if (event.kind === 'audit') {
    const [before, after] = [event.before, event.after].map((value) => auditedView(value, event));
    return { ...common, ...fields, before, after };
  }
  if (!('poolName' in fields)) return { ...common, ...fields };
  // Whom a pool let hear of it is its own business, and told while it is there.
  const { pool, poolName, audience: _, ...others } = { audience: undefined, ...fields };
  return { ...common, pool: { id: pool, name: poolName }, ...others };
}
