import { describe, expect, test } from 'vitest';
import type { DestinationFilter } from '../../src/config/notified.ts';
import { isLetOut, isWanted } from '../../src/notify/filter.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { alarmEvent, endpointEvent, loadBalancerEvent, noticed, POOL, poolEvent } from './notices.ts';

const NOTICES = {
  originDown: noticed(endpointEvent()),
  originUp: noticed(endpointEvent({ was: 'unhealthy', now: 'healthy' })),
  originOff: noticed(endpointEvent({ was: 'unhealthy', now: 'disabled' })),
  poolDown: noticed(poolEvent()),
  poolUp: noticed(poolEvent({ was: 'unhealthy', now: 'healthy' })),
  lbDown: noticed(loadBalancerEvent()),
  lbUp: noticed(loadBalancerEvent({ was: 'critical', now: 'healthy' })),
  alarm: noticed(alarmEvent()),
  alarmOver: noticed(alarmEvent({ was: 'raised', now: 'quiet' })),
} as const;
type Name = keyof typeof NOTICES;
const ALL = Object.keys(NOTICES) as Name[];
const ALARMS: Name[] = ['alarm', 'alarmOver'];
const LOAD_BALANCERS: Name[] = ['lbDown', 'lbUp'];
const POOLS: Name[] = ['poolDown', 'poolUp'];
const ORIGINS: Name[] = ['originDown', 'originUp', 'originOff'];

describe('the filter of a destination', () => {
  test.each<{ filter: DestinationFilter; wanted: Name[] }>([
    { filter: {}, wanted: ALL },
    { filter: { poolIds: [POOL] }, wanted: [...ORIGINS, ...POOLS, ...ALARMS] },
    { filter: { poolIds: ['f'.repeat(32)] }, wanted: ALARMS },
    { filter: { newHealth: ['Unhealthy'] }, wanted: ['originDown', 'poolDown', 'lbDown', ...ALARMS] },
    { filter: { newHealth: ['Healthy'] }, wanted: ['originUp', 'originOff', 'poolUp', 'lbUp', ...ALARMS] },
    { filter: { newHealth: ['Healthy', 'Unhealthy'] }, wanted: ALL },
    { filter: { eventSource: ['origin'] }, wanted: ORIGINS },
    { filter: { eventSource: ['pool'] }, wanted: POOLS },
    { filter: { eventSource: ['load_balancer'] }, wanted: LOAD_BALANCERS },
    { filter: { eventSource: ['alarm'] }, wanted: ALARMS },
    { filter: { eventSource: ['pool', 'origin'] }, wanted: [...ORIGINS, ...POOLS] },
    {
      filter: { eventSource: ['pool', 'origin'], newHealth: ['Healthy'] },
      wanted: ['originUp', 'originOff', 'poolUp'],
    },
    {
      filter: { poolIds: [POOL], eventSource: ['pool'], newHealth: ['Unhealthy'] },
      wanted: ['poolDown'],
    },
  ])('$filter', ({ filter, wanted }) => {
    expect(ALL.filter((name) => isWanted(filter, NOTICES[name])).sort()).toEqual([...wanted].sort());
  });
});

describe('the filter of a pool', () => {
  test.each<{ filter: Pool['notificationFilter']; out: Name[] }>([
    { filter: undefined, out: ALL },
    { filter: null, out: ALL },
    { filter: {}, out: ALL },
    { filter: { origin: null, pool: null }, out: ALL },
    { filter: { origin: {}, pool: {} }, out: ALL },
    { filter: { origin: { disable: null, healthy: null } }, out: ALL },
    { filter: { origin: { disable: false } }, out: ALL },
    { filter: { origin: { disable: true } }, out: [...POOLS, ...LOAD_BALANCERS, ...ALARMS] },
    { filter: { pool: { disable: true } }, out: [...ORIGINS, ...LOAD_BALANCERS, ...ALARMS] },
    { filter: { origin: { disable: true }, pool: { disable: true } }, out: [...LOAD_BALANCERS, ...ALARMS] },
    {
      filter: { origin: { healthy: true } },
      out: ['originUp', 'originOff', ...POOLS, ...LOAD_BALANCERS, ...ALARMS],
    },
    { filter: { origin: { healthy: false } }, out: ['originDown', ...POOLS, ...LOAD_BALANCERS, ...ALARMS] },
    { filter: { pool: { healthy: true } }, out: [...ORIGINS, 'poolUp', ...LOAD_BALANCERS, ...ALARMS] },
    { filter: { pool: { healthy: false } }, out: [...ORIGINS, 'poolDown', ...LOAD_BALANCERS, ...ALARMS] },
    { filter: { pool: { healthy: true, disable: true } }, out: [...ORIGINS, ...LOAD_BALANCERS, ...ALARMS] },
  ])('$filter', ({ filter, out }) => {
    expect(ALL.filter((name) => isLetOut(filter, NOTICES[name])).sort()).toEqual([...out].sort());
  });
});
