import { describe, expect, test } from 'vitest';
import { ALARM_POOLS_MAX } from '../../src/event/alarm.ts';
import { headlineOf, payloadOf, sentenceOf, TEXT_MAX } from '../../src/notify/payload.ts';
import {
  alarmEvent,
  endpointEvent,
  LOAD_BALANCER,
  loadBalancerEvent,
  noticed,
  POOL,
  poolEvent,
} from './notices.ts';

describe('the complete payload', () => {
  test('an endpoint', () => {
    expect(payloadOf(noticed(endpointEvent()), 'ops', 'acme')).toEqual({
      name: 'ops',
      text: 'Endpoint "web-1" (192.0.2.1) of pool "web" is unhealthy, was healthy: TCP connection failed',
      data: {
        account_id: 'acme',
        event_source: 'origin',
        new_health: 'Unhealthy',
        pool_id: POOL,
        pool_name: 'web',
        origin_name: 'web-1',
        origin_address: '192.0.2.1',
        region: 'weu',
        reason: 'TCP connection failed',
        event_id: '7-0',
      },
      ts: 1_795_349_452,
      account_id: 'acme',
      alert_type: 'load_balancing_health_alert',
      alert_correlation_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      alert_event: 'ALERT_STATE_EVENT_START',
    });
  });

  test('a pool, without an account', () => {
    expect(payloadOf(noticed(poolEvent({ was: 'unhealthy', now: 'healthy', reason: '' })), 'ops')).toEqual({
      name: 'ops',
      text: 'Pool "web" is healthy, was unhealthy.',
      data: {
        event_source: 'pool',
        new_health: 'Healthy',
        pool_id: POOL,
        pool_name: 'web',
        reason: '',
        event_id: '7-0',
      },
      ts: 1_795_349_452,
      alert_type: 'load_balancing_health_alert',
      alert_correlation_id: expect.any(String),
      alert_event: 'ALERT_STATE_EVENT_END',
    });
  });

  test('a load balancer, with the fields of the reference for it', () => {
    const notice = noticed(loadBalancerEvent());
    const { reason } = loadBalancerEvent();
    expect(payloadOf(notice, 'ops')).toEqual({
      name: 'ops',
      text: `Load balancer "www.example.com" is critical, was healthy: ${reason}`,
      data: {
        event_source: 'load_balancer',
        new_health: 'Unhealthy',
        load_balancer_id: LOAD_BALANCER,
        load_balancer_name: 'www.example.com',
        load_balancer_state: 'critical',
        pools: ['last'],
        reason,
        event_id: '7-0',
      },
      ts: 1_795_349_452,
      alert_type: 'load_balancing_health_alert',
      alert_correlation_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      alert_event: 'ALERT_STATE_EVENT_START',
    });
    expect(headlineOf(notice)).toBe('Lifeguard: load balancer www.example.com is critical');
  });

  test('an endpoint that was unhealthy and is disabled', () => {
    const notice = noticed(endpointEvent({ was: 'unhealthy', now: 'disabled', reason: 'it is disabled' }));
    expect(payloadOf(notice, 'ops')).toMatchObject({
      text: 'Endpoint "web-1" (192.0.2.1) of pool "web" is disabled, was unhealthy: it is disabled',
      data: { new_health: 'Unknown' },
      alert_event: 'ALERT_STATE_EVENT_END',
      alert_correlation_id: payloadOf(noticed(endpointEvent()), 'ops').alert_correlation_id,
    });
    expect(headlineOf(notice)).toBe('Lifeguard: web-1 of pool web is disabled');
  });

  test('an endpoint that was unhealthy and is deleted, without an address', () => {
    const { address: _, ...gone } = endpointEvent({
      was: 'unhealthy',
      now: 'deleted',
      reason: 'it was deleted',
    });
    const { text, data, alert_event } = payloadOf(noticed(gone), 'ops');
    expect(text).toBe('Endpoint "web-1" of pool "web" is deleted, was unhealthy: it was deleted');
    expect(data).not.toHaveProperty('origin_address');
    expect([data.new_health, alert_event]).toEqual(['Unknown', 'ALERT_STATE_EVENT_END']);
  });

  test('an alarm', () => {
    expect(payloadOf(noticed(alarmEvent()), 'ops')).toMatchObject({
      text: 'Alarm mass_failure in region weu is raised: 3 of 4 checks turned unhealthy',
      data: { event_source: 'alarm', alarm: 'mass_failure', about: 'weu', pools: ['web'], region: 'weu' },
      alert_type: 'lifeguard_alarm',
      alert_event: 'ALERT_STATE_EVENT_START',
    });
    expect(payloadOf(noticed(alarmEvent({ was: 'raised', now: 'quiet', reason: '' })), 'ops')).toMatchObject({
      text: 'Alarm mass_failure in region weu is over.',
      alert_event: 'ALERT_STATE_EVENT_END',
    });
  });

  test('an override of the endpoint is in the text and in the data', () => {
    const { data, text } = payloadOf(noticed(endpointEvent({ override: 'maintenance' })), 'ops');
    expect(data.override).toBe('maintenance');
    expect(text).toContain('while the override "maintenance"');
  });
});

describe('the correlation id', () => {
  const idOf = (...args: Parameters<typeof noticed>) =>
    payloadOf(noticed(...args), 'ops').alert_correlation_id;

  test.each([
    { of: 'an endpoint', start: endpointEvent(), end: endpointEvent({ was: 'unhealthy', now: 'healthy' }) },
    { of: 'a pool', start: poolEvent(), end: poolEvent({ was: 'unhealthy', now: 'healthy' }) },
    { of: 'an alarm', start: alarmEvent(), end: alarmEvent({ was: 'raised', now: 'quiet' }) },
  ])('$of has one id for its start and its end', ({ start, end }) => {
    expect(idOf(start, '7-0')).toBe(idOf({ ...end, reason: 'other', atMs: 1 }, '9-0'));
  });

  test('different subjects have different ids', () => {
    const ids = [
      endpointEvent(),
      endpointEvent({ endpoint: 'web-2' }),
      endpointEvent({ pool: 'f'.repeat(32) }),
      poolEvent(),
      poolEvent({ pool: 'f'.repeat(32) }),
      alarmEvent(),
      alarmEvent({ about: 'eeu' }),
      alarmEvent({ alarm: 'flapping' }),
    ].map((event) => idOf(event));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('a sentence has at most TEXT_MAX characters', () => {
  const frame = sentenceOf(noticed(poolEvent({ reason: 'x' }))).length - 1;
  const of = (length: number) => sentenceOf(noticed(poolEvent({ reason: 'x'.repeat(length - frame) })));
  expect(of(TEXT_MAX)).toMatch(/x{3}$/);
  expect(of(TEXT_MAX + 1)).toMatch(/x…$/);
  expect(of(TEXT_MAX + 1)).toHaveLength(TEXT_MAX);
});

test('an alarm names at most ALARM_POOLS_MAX pools', () => {
  const pools = Array.from({ length: ALARM_POOLS_MAX + 1 }, (_, i) => `p${i}`);
  const named = (count: number) =>
    payloadOf(noticed(alarmEvent({ pools: pools.slice(0, count) })), 'ops').data.pools;
  expect(named(ALARM_POOLS_MAX)).toHaveLength(ALARM_POOLS_MAX);
  expect(named(ALARM_POOLS_MAX + 1)).toHaveLength(ALARM_POOLS_MAX);
});

test.each([
  { event: endpointEvent(), headline: 'Lifeguard: web-1 of pool web is unhealthy' },
  { event: poolEvent(), headline: 'Lifeguard: pool web is unhealthy' },
  { event: alarmEvent(), headline: 'Lifeguard: alarm mass_failure is raised' },
  { event: alarmEvent({ now: 'quiet' }), headline: 'Lifeguard: alarm mass_failure is over' },
])('$headline', ({ event, headline }) => expect(headlineOf(noticed(event))).toBe(headline));
