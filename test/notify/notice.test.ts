import { expect, test } from 'vitest';
import type {
  LoadBalancerEvent,
  OverrideEvent,
  PoolStanding,
  RegionEvent,
  WorkerEvent,
} from '../../src/event/event.ts';
import { noticeOf } from '../../src/notify/notice.ts';
import type { Standing } from '../../src/pool/members.ts';
import { alarmEvent, endpointEvent, loadBalancerEvent, POOL, poolEvent } from './notices.ts';

const kept = { cursor: '7-0' };
const told = { reason: '', atMs: 0 };
const OTHERS: readonly (RegionEvent | WorkerEvent | OverrideEvent)[] = [
  { kind: 'region', region: 'weu', was: 'live', now: 'absent', ...told },
  { kind: 'worker', worker: 'w', region: 'weu', was: 'live', now: 'abstaining', ...told },
  {
    kind: 'override',
    override: '1',
    pool: POOL,
    poolName: 'web',
    action: 'out',
    owner: 'ann',
    was: 'pending',
    now: 'active',
    ...told,
  },
];

test.each<{ was: Standing; now: Standing; newHealth: string | undefined }>([
  { was: 'healthy', now: 'unhealthy', newHealth: 'Unhealthy' },
  { was: 'unhealthy', now: 'healthy', newHealth: 'Healthy' },
  { was: 'unknown', now: 'healthy', newHealth: undefined },
  { was: 'unknown', now: 'unhealthy', newHealth: 'Unhealthy' },
  { was: 'disabled', now: 'unhealthy', newHealth: 'Unhealthy' },
  { was: 'disabled', now: 'healthy', newHealth: undefined },
  { was: 'healthy', now: 'unknown', newHealth: undefined },
  { was: 'healthy', now: 'unmonitored', newHealth: undefined },
  { was: 'unhealthy', now: 'disabled', newHealth: 'Unknown' },
  { was: 'unhealthy', now: 'unmonitored', newHealth: 'Unknown' },
])('an endpoint that was $was and is $now: new health $newHealth', ({ was, now, newHealth }) => {
  const event = { ...endpointEvent({ was, now }), ...kept };
  expect(noticeOf(event)).toEqual(newHealth && { source: 'origin', newHealth, event });
});

test.each<{ was: PoolStanding; now: PoolStanding; newHealth: string | undefined }>([
  { was: 'healthy', now: 'unhealthy', newHealth: 'Unhealthy' },
  { was: 'maintenance', now: 'unhealthy', newHealth: 'Unhealthy' },
  { was: 'unhealthy', now: 'healthy', newHealth: 'Healthy' },
  { was: 'unhealthy', now: 'maintenance', newHealth: 'Unknown' },
  { was: 'unhealthy', now: 'disabled', newHealth: 'Unknown' },
  { was: 'unknown', now: 'healthy', newHealth: undefined },
  { was: 'healthy', now: 'maintenance', newHealth: undefined },
])('a pool that was $was and is $now: new health $newHealth', ({ was, now, newHealth }) => {
  const event = { ...poolEvent({ was, now }), ...kept };
  expect(noticeOf(event)).toEqual(newHealth && { source: 'pool', newHealth, event });
});

test.each<Pick<LoadBalancerEvent, 'was' | 'now'> & { newHealth: string | undefined }>([
  { was: 'healthy', now: 'critical', newHealth: 'Unhealthy' },
  { was: 'degraded', now: 'critical', newHealth: 'Unhealthy' },
  { was: 'unknown', now: 'critical', newHealth: 'Unhealthy' },
  { was: 'critical', now: 'degraded', newHealth: 'Healthy' },
  { was: 'critical', now: 'healthy', newHealth: 'Healthy' },
  { was: 'critical', now: 'disabled', newHealth: 'Unknown' },
  { was: 'critical', now: 'deleted', newHealth: 'Unknown' },
  { was: 'critical', now: 'critical', newHealth: undefined },
  { was: 'healthy', now: 'degraded', newHealth: undefined },
  { was: 'degraded', now: 'healthy', newHealth: undefined },
  { was: 'degraded', now: 'degraded', newHealth: undefined },
])('a load balancer that was $was and is $now: new health $newHealth', ({ was, now, newHealth }) => {
  const event = { ...loadBalancerEvent({ was, now }), ...kept };
  expect(noticeOf(event)).toEqual(newHealth && { source: 'load_balancer', newHealth, event });
});

test.each([
  { now: 'raised', newHealth: 'Unhealthy' },
  { now: 'quiet', newHealth: 'Healthy' },
] as const)('an alarm that is $now: new health $newHealth', ({ now, newHealth }) => {
  const event = { ...alarmEvent({ now }), ...kept };
  expect(noticeOf(event)).toEqual({ source: 'alarm', newHealth, event });
});

test.each(OTHERS)('an event of kind $kind gives no notification', (event) => {
  expect(noticeOf({ ...event, ...kept })).toBeUndefined();
});
