import { steadyTtl } from '../pool/address-ttl.ts';
import type { Check } from '../pool/check.ts';
import type { HealthEvent } from '../pool/event.ts';
import { stepHealth } from '../pool/health.ts';
import { confirms } from '../pool/mass-failure.ts';
import type { Observation } from '../pool/observation.ts';
import type { Outcome } from '../pool/outcome.ts';
import type { Worker } from '../pool/worker.ts';

/** What one more outcome of a check amounts to. */
export interface Conclusion {
  readonly observation: Observation;
  /** Followers must hear of it: the health, the addresses, their TTL or the worker that holds the check became another, or it failed again. */
  readonly changed: boolean;
  /** One for each endpoint whose health changed by it. */
  readonly events: readonly HealthEvent[];
}

/**
 * Takes an outcome in. `was` is what was held about the check before, by this worker or by one of its region whose
 * check it took over; undefined: nothing, so the outcome decides at once. While a host name does not resolve, the
 * addresses last known are kept.
 */
export function conclude(
  check: Check,
  outcome: Outcome,
  was: Observation | undefined,
  worker: Worker,
  atMs: number,
): Conclusion {
  const { monitor } = check;
  const thresholds = { up: monitor.consecutiveUp || 1, down: monitor.consecutiveDown || 1 };
  const health = stepHealth(was, outcome.ok, thresholds, atMs);
  // Sorted, so that a resolver that rotates its answers changes nothing.
  const addresses = outcome.addresses?.toSorted() ?? was?.addresses;
  const { addressTtlSeconds: found } = outcome.addresses === undefined ? { ...was } : outcome;
  const ttl = found === undefined ? undefined : steadyTtl(found);
  const observation: Observation = {
    ...health,
    check: check.key,
    region: worker.region,
    worker: worker.id,
    reason: outcome.reason,
    responseCode: outcome.responseCode,
    rttMs: outcome.rttMs,
    atMs,
    ...(addresses === undefined ? {} : { addresses }),
    ...(ttl === undefined ? {} : { addressTtlSeconds: ttl }),
  };
  const turned = was?.healthy !== health.healthy;
  // A second failure is what servers wait for in a mass failure (pool/mass-failure.ts); a later one is no news.
  const confirmsFirst = confirms(observation) && was !== undefined && !confirms(was);
  const movedAddresses = !sameTexts(was?.addresses, addresses) || was?.addressTtlSeconds !== ttl;
  const changed = turned || confirmsFirst || was?.worker !== worker.id || movedAddresses;
  return { observation, changed, events: turned ? eventsOf(check, observation, was) : [] };
}

function eventsOf(check: Check, observation: Observation, was: Observation | undefined): HealthEvent[] {
  return check.users.map(({ pool, endpoint }) => ({
    kind: 'health',
    pool: pool.id,
    poolName: pool.name,
    endpoint: endpoint.name,
    address: endpoint.address,
    monitor: check.monitor.id,
    was: was === undefined ? 'unknown' : wordFor(was.healthy),
    now: wordFor(observation.healthy),
    reason: observation.reason,
    region: observation.region,
    worker: observation.worker,
    atMs: observation.atMs,
  }));
}

function wordFor(healthy: boolean): 'healthy' | 'unhealthy' {
  return healthy ? 'healthy' : 'unhealthy';
}

function sameTexts(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === b || (a?.length === b?.length && (a?.every((text, at) => text === b?.[at]) ?? true));
}
