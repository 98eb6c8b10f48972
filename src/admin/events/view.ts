import type { StoredEvent } from '../../store/contract/events.ts';
import { timestamp } from '../schema/timestamp.ts';
import { auditedView } from './audited-object.ts';

/** Formats an event for the API, with its pool and, for an audit event, its object as one property each. */
export function eventView(event: StoredEvent) {
  const { cursor, kind, atMs, ...fields } = event;
  const common = { id: cursor, kind, time: timestamp(atMs) };
  if (event.kind === 'audit') {
    const [before, after] = [event.before, event.after].map((value) => auditedView(value, event));
    return { ...common, ...fields, before, after };
  }
  if (event.kind === 'load_balancer') {
    const { loadBalancer, loadBalancerName, wasPools, pools, allDown = null, was, now, reason } = event;
    const about = { load_balancer: { id: loadBalancer, name: loadBalancerName } };
    return { ...common, ...about, was, now, was_pools: wasPools, pools, all_down: allDown, reason };
  }
  if (!('poolName' in fields)) return { ...common, ...fields };
  // The notification settings of a pool are part of the pool, not of its events.
  const { pool, poolName, audience: _, ...others } = { audience: undefined, ...fields };
  return { ...common, pool: { id: pool, name: poolName }, ...others };
}
