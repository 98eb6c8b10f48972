import { expect, test } from 'vitest';
import type { LoadBalancerState } from '../../src/event/event.ts';
import {
  ANSWERING_MAX,
  loadBalancerReport,
  type ServedLoadBalancer,
} from '../../src/event/load-balancer-report.ts';
import type { ReportedLoadBalancer } from '../../src/event/reported.ts';
import type { AllDown } from '../../src/pool/steering/all-down.ts';

const named = (name: string) => ({ id: `id of ${name}`, name });
const words = (text: string) => text.split(' ').filter((word) => word !== '');

/** `healthy a b`: the state, and the pools that answer. `critical=all f`: with what the fallback pool answers. */
function was(text: string): ReportedLoadBalancer | undefined {
  const [first, ...pools] = words(text);
  const [state, allDown] = first?.split('=') ?? [];
  if (state === undefined) return undefined;
  return {
    ...{ kind: 'load_balancer', name: 'www', state: state as LoadBalancerState, pools: pools.map(named) },
    ...(allDown !== undefined && { allDown: allDown as AllDown }),
  };
}

/** The same; `!` after the state: the fallback pool answers. Behind `/` the pools that cannot. */
function now(text: string): ServedLoadBalancer | undefined {
  const [before = '', down = ''] = text.split('/');
  const [first, ...pools] = words(before);
  const [state, allDown] = first?.split('=') ?? [];
  if (state === undefined) return undefined;
  return {
    name: 'www',
    allDown: allDown as AllDown | undefined,
    state: state.replace('!', '') as LoadBalancerState,
    isFallback: state.endsWith('!'),
    answering: pools.map(named),
    unusable: words(down).map((name) => ({ ...named(name), why: 'unhealthy' })),
  };
}

test.each<[string, string, string]>([
  // Nothing is news of a new load balancer that is healthy, or disabled.
  ['', 'healthy a', ''],
  ['', 'disabled', ''],
  ['', 'degraded b /a', 'unknown>degraded: it answers with pool "b", because pool "a" is unhealthy'],
  [
    '',
    'critical! f /a b',
    'unknown>critical: it answers with its fallback pool "f", because pool "a" is unhealthy',
  ],
  ['healthy a', 'healthy a', ''],
  [
    'healthy a',
    'degraded b /a',
    'healthy>degraded: it answers with pool "b" instead of pool "a", because pool "a" is unhealthy',
  ],
  ['healthy a', 'degraded a /b', 'healthy>degraded: it answers with pool "a", because pool "b" is unhealthy'],
  [
    'degraded b',
    'degraded c /a b',
    'degraded>degraded: it answers with pool "c" instead of pool "b", because pool "b" is unhealthy',
  ],
  [
    'degraded b',
    'healthy a',
    'degraded>healthy: it answers with pool "a" instead of pool "b", because pool "a" is usable',
  ],
  [
    'degraded a',
    'critical! f /a b',
    'degraded>critical: it answers with its fallback pool "f" instead of pool "a", because pool "a" is unhealthy',
  ],
  [
    'critical f',
    'degraded b /a',
    'critical>degraded: it answers with pool "b" instead of pool "f", because pool "b" is usable',
  ],
  ['degraded a', 'healthy a', 'degraded>healthy: it answers with pool "a"'],
  [
    'healthy a b',
    'degraded b /a',
    'healthy>degraded: it answers with pool "b" instead of pool "a", because pool "a" is unhealthy',
  ],
  [
    'degraded b',
    'healthy a b',
    'degraded>healthy: it answers with pools "a", "b", because pool "a" is usable',
  ],
  [
    'critical f',
    'critical!=nodata f /a f',
    'critical>critical: it answers with its fallback pool "f" (no address, as no endpoint of it is healthy), because pool "a" is unhealthy',
  ],
  [
    'healthy a',
    'critical!=all f /a',
    'healthy>critical: it answers with its fallback pool "f" (all of its endpoints, as none is healthy) instead of pool "a", because pool "a" is unhealthy',
  ],
  [
    'critical=all f',
    'critical!=last_healthy f /a',
    'critical>critical: it answers with its fallback pool "f" (its endpoints that were healthy last, as none is healthy), because pool "a" is unhealthy',
  ],
  ['critical=all f', 'critical!=all f /a', ''],
  [
    'critical=all f',
    'critical! f /a',
    'critical>critical: it answers with its fallback pool "f", because pool "a" is unhealthy',
  ],
  ['critical f', 'disabled', 'critical>disabled: it is disabled'],
  ['critical f', '', 'critical>deleted: it was deleted'],
  ['healthy a', '', ''],
  ['', '', ''],
])('from "%s" to "%s": %s', (before, after, expected) => {
  const { events } = loadBalancerReport('l', was(before), now(after), 7);
  expect(events.map((event) => `${event.was}>${event.now}: ${event.reason}`).join()).toBe(expected);
});

test('what is remembered makes the same load balancer no news, and is dropped with it', () => {
  const { put } = loadBalancerReport('l', undefined, now('degraded b /a'), 7);
  expect(put).toEqual([{ subject: 'load_balancer/l', state: was('degraded b') }]);
  expect(loadBalancerReport('l', was('degraded b'), now('degraded b /a'), 7)).toEqual({
    ...{ events: [], put: [], drop: [] },
  });
  expect(loadBalancerReport('l', was('healthy a'), undefined, 7).drop).toEqual(['load_balancer/l']);
});

test('a changed name is remembered, without news', () => {
  const { events, put } = loadBalancerReport('l', was('healthy a'), { ...now('healthy a')!, name: 'web' }, 7);
  expect([events, put]).toEqual([
    [],
    [{ subject: 'load_balancer/l', state: { ...was('healthy a'), name: 'web' } }],
  ]);
});

test.each([ANSWERING_MAX, ANSWERING_MAX + 1])('of %i answering pools some are in the event', (count) => {
  const pools = Array.from({ length: count }, (_, i) => `p${i}`).join(' ');
  const { events } = loadBalancerReport('l', was('healthy a'), now(`healthy ${pools}`), 7);
  expect(events).toMatchObject([{ pools: { length: ANSWERING_MAX } }]);
  expect(events[0]!.reason).toBe(
    `it answers with pools "p0", "p1", "p2" and ${count - 3} more instead of pool "a", because pool "p0" is usable`,
  );
});
