import type { MonitorRole } from '../../src/check/pool-monitors.ts';
import { type HealthPolicy, health, healthPolicyOf } from '../../src/config/health.ts';
import { STALE_POLICIES } from '../../src/health/verdict.ts';
import { type Place, sound } from '../../src/input/reader.ts';
import { ALL_DOWN, type AllDown } from '../../src/pool/steering/all-down.ts';
import { oneOf, type Random } from '../fuzz/random.ts';

/** The regions there may be, the first of them in every history. */
export const REGIONS = ['eu', 'us', 'ap'] as const;

/** A pool of a history, and what of the rules it asks for. */
export interface PoolPlan {
  readonly endpoints: number;
  /** Its endpoints are host names. */
  readonly isNamed: boolean;
  /** What the monitors of its group count, by their number; absent: it has the first monitor alone. */
  readonly group?: readonly MonitorRole[];
  readonly checkRegions?: readonly string[];
  readonly healthSources?: readonly string[];
}

/** A load balancer of a history, which fails over from one pool to the next; the last one is its fallback pool. */
export interface LoadBalancerPlan {
  /** Pools in their order, or from the last to the first. */
  readonly isReversed: boolean;
  readonly allDown: AllDown;
}

/** Load balancers: none, or one of each sort of answer without a healthy endpoint. */
export function loadBalancersOf(random: Random): LoadBalancerPlan[] {
  if (random(4) === 0) return [];
  return ALL_DOWN.map((allDown) => ({ isReversed: random(2) === 0, allDown }));
}

/** A pool as most are, or one that asks for more. */
export function poolOf(random: Random, endpoints: number, regions: readonly string[]): PoolPlan {
  const says = [
    { monitoringOnly: false, mustBeHealthy: false },
    { monitoringOnly: false, mustBeHealthy: true },
    { monitoringOnly: true, mustBeHealthy: false },
  ];
  return {
    endpoints,
    isNamed: random(4) === 0,
    ...(random(4) === 0 && { group: [oneOf(random, says), says[0]!] }),
    ...(random(4) === 0 && { checkRegions: [oneOf(random, regions)] }),
    ...(random(4) === 0 && { healthSources: ['regional'] }),
  };
}

/** The policy of a file that says nothing of it, or with some of what is off by default. */
export function policyOf(random: Random): HealthPolicy {
  const given = {
    ...(random(4) === 0 && {
      stale_after_seconds: 15,
      stale_policy: oneOf(random, STALE_POLICIES),
    }),
    ...(random(4) === 0 && {
      damping: { flips: 1 + random(3), window_seconds: 20, hold_seconds_max: 40 },
    }),
    ...(random(4) === 0 && { turning_ttl_seconds: 5 }),
    ...(random(4) === 0 && { recovery_seconds: 10 }),
  };
  const place: Place = { path: '', problems: [] };
  const read = health.read(given, place);
  const whole = read && sound(read, place.problems);
  if (whole === undefined) throw new Error(`the drawn policy is refused: ${JSON.stringify(place.problems)}`);
  return healthPolicyOf(whole);
}
