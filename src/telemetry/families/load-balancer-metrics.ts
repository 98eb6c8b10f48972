import { LOAD_BALANCER_STATES } from '../../event/event.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import type { MakeGauge } from '../gauges.ts';
import type { LoadBalancerReadings } from '../readings.ts';

/** Load balancers that have series of their own, one for each state; of those beyond there are sums only. */
export const LOAD_BALANCER_SERIES_MAX = 1_000;

/** Makes the metrics of load balancers. */
export function loadBalancerMetrics(
  gauge: MakeGauge,
): (source: unknown, readings: { readonly loadBalancers?: LoadBalancerReadings }) => void {
  const sums = gauge('load_balancers', 'Load balancers, by state', ['state']);
  const allDown = gauge(
    'load_balancers_all_down',
    'Load balancers whose fallback pool answers without a healthy endpoint, by what it answers',
    ['answer'],
  );
  const hidden = gauge(
    'load_balancers_without_series',
    `Load balancers without series of their own: beyond ${LOAD_BALANCER_SERIES_MAX}`,
  );
  const state = gauge('load_balancer_state', '1: the load balancer is in this state, 0: it is not', [
    'load_balancer',
    'zone',
    'state',
  ]);
  return (_, { loadBalancers }) => {
    state.reset();
    for (const each of LOAD_BALANCER_STATES) sums.set({ state: each }, loadBalancers?.states[each] ?? 0);
    for (const each of ALL_DOWN) allDown.set({ answer: each }, loadBalancers?.allDown[each] ?? 0);
    const shown = loadBalancers?.shown ?? [];
    const total = LOAD_BALANCER_STATES.reduce((sum, each) => sum + (loadBalancers?.states[each] ?? 0), 0);
    hidden.set(total - shown.length);
    for (const { name, zone, state: now } of shown)
      for (const each of LOAD_BALANCER_STATES)
        state.set({ load_balancer: name, zone, state: each }, each === now ? 1 : 0);
  };
}
