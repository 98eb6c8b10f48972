import type { AlarmEvent, EndpointEvent, LoadBalancerEvent, PoolEvent } from '../../src/event/event.ts';
import { type Notice, noticeOf } from '../../src/notify/notice.ts';

/** Id of the pool that the events are of. */
export const POOL = '0123456789abcdef0123456789abcdef';
const atMs = Date.parse('2026-11-22T12:10:52.900Z');

/** A turn of an endpoint to unhealthy, with what is given over it. */
export function endpointEvent(over: Partial<EndpointEvent> = {}): EndpointEvent {
  return {
    kind: 'endpoint',
    pool: POOL,
    poolName: 'web',
    endpoint: 'web-1',
    address: '192.0.2.1',
    was: 'healthy',
    now: 'unhealthy',
    reason: 'TCP connection failed',
    region: 'weu',
    atMs,
    ...over,
  };
}

/** A turn of a pool to unhealthy, with what is given over it. */
export function poolEvent(over: Partial<PoolEvent> = {}): PoolEvent {
  return {
    kind: 'pool',
    pool: POOL,
    poolName: 'web',
    was: 'healthy',
    now: 'unhealthy',
    reason: '0 of 2 endpoints are healthy, 1 is wanted',
    atMs,
    ...over,
  };
}

/** Id of the load balancer that the events are of. */
export const LOAD_BALANCER = 'f0123456789abcdef0123456789abcde';

/** A turn of a load balancer to critical, with what is given over it. */
export function loadBalancerEvent(over: Partial<LoadBalancerEvent> = {}): LoadBalancerEvent {
  return {
    kind: 'load_balancer',
    loadBalancer: LOAD_BALANCER,
    loadBalancerName: 'www.example.com',
    was: 'healthy',
    now: 'critical',
    wasPools: [{ id: POOL, name: 'web' }],
    pools: [{ id: '1'.repeat(32), name: 'last' }],
    reason: 'it answers with its fallback pool "last" instead of pool "web", because pool "web" is unhealthy',
    atMs,
    ...over,
  };
}

/** An alarm that is raised, with what is given over it. */
export function alarmEvent(over: Partial<AlarmEvent> = {}): AlarmEvent {
  return {
    kind: 'alarm',
    alarm: 'mass_failure',
    about: 'weu',
    was: 'quiet',
    now: 'raised',
    pools: ['web'],
    region: 'weu',
    reason: '3 of 4 checks turned unhealthy',
    atMs,
    ...over,
  };
}

/** The notice of an event that is one. */
export function noticed(
  event: EndpointEvent | PoolEvent | LoadBalancerEvent | AlarmEvent,
  cursor = '7-0',
): Notice {
  const notice = noticeOf({ ...event, cursor });
  if (notice === undefined) throw new Error(`no notice: ${JSON.stringify(event)}`);
  return notice;
}
