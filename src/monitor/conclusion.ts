import type { Check } from '../check/check.ts';
import type { AddressesKept, Outcome } from '../check/outcome.ts';
import type { Worker } from '../check/worker.ts';
import type { HealthEvent } from '../event/event.ts';
import { sameAddressHealths, stepAddresses, wholeHealth } from '../health/address-health.ts';
import { type Health, stepHealth } from '../health/health.ts';
import { confirms } from '../health/mass-failure.ts';
import { FAULT_CHARACTERS_MAX, isTurning, type Observation } from '../health/observation.ts';
import { steadyTtl } from '../pool/address-ttl.ts';

/** What follows from one more outcome of a check. */
export interface Conclusion {
  readonly observation: Observation;
  /**
   * true: followers need it at once. The health, the addresses, their TTL, the certificate, the worker, its incarnation
   * or its ability to run the check changed, or the check failed for the second time.
   */
  readonly changed: boolean;
  /** One for each endpoint, and each address of its host name, whose health changed by it. */
  readonly events: readonly HealthEvent[];
}

/**
 * Takes in an outcome. `was`: the observation before, of this worker or of one of its region whose check it took over;
 * undefined: none, so the outcome decides at once. While a host name has no address, the last ones are kept. With
 * `publishesContradictions` followers also need to know at once when results begin to contradict the health, and when they stop.
 */
export function conclude(
  check: Check,
  outcome: Outcome,
  was: Observation | undefined,
  worker: Worker,
  atMs: number,
  publishesContradictions = false,
): Conclusion {
  const { monitor } = check;
  const thresholds = { up: monitor.consecutiveUp || 1, down: monitor.consecutiveDown || 1 };
  // With a streak of 0 the worker could not run the check and never had a result.
  const before = was?.streak === 0 ? undefined : was;
  // In the order of their texts, so that a resolver that rotates its answers changes nothing.
  const byAddress = stepAddresses(before, outcome, thresholds, atMs);
  const addressesKept =
    outcome.byAddress === undefined ? keptOf(before, outcome.reason) : outcome.addressesKept;
  const health = byAddress
    ? wholeHealth(before, byAddress, outcome.ok, atMs)
    : stepHealth(before, outcome.ok, thresholds, atMs);
  const addresses = byAddress?.map(({ address }) => address);
  const { addressTtlSeconds: found, unprobed } = outcome.byAddress === undefined ? { ...was } : outcome;
  const ttl = found === undefined ? undefined : steadyTtl(found);
  const certificateEndsAtMs = outcome.certificateEndsAtMs ?? was?.certificateEndsAtMs;
  const observation: Observation = {
    ...health,
    check: check.key,
    region: worker.region,
    worker: worker.id,
    reason: outcome.reason,
    responseCode: outcome.responseCode,
    rttMs: outcome.rttMs,
    atMs,
    ...incarnationFieldOf(worker),
    ...(addresses === undefined ? {} : { addresses, byAddress: byAddress! }),
    ...(unprobed === undefined ? {} : { unprobed }),
    ...(addressesKept === undefined ? {} : { addressesKept }),
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
    ...(ttl === undefined ? {} : { addressTtlSeconds: ttl }),
    ...(certificateEndsAtMs === undefined ? {} : { certificateEndsAtMs }),
  };
  const turned = before?.healthy !== health.healthy;
  // Servers wait for the second failure in a mass failure (health/mass-failure.ts); a later one is not urgent.
  const confirmsFirst = confirms(observation) && was !== undefined && !confirms(was);
  const movedAddresses = !sameAddressHealths(was?.byAddress, byAddress) || was?.addressTtlSeconds !== ttl;
  // After an absence of this worker servers ignore its earlier observation.
  const isBack = was?.worker === worker.id && (was.stay ?? 0) !== (worker.stay ?? 0);
  const isAbleAgain = was?.fault !== undefined;
  const isOtherCertificate = was?.certificateEndsAtMs !== certificateEndsAtMs;
  const turnsOrNot =
    publishesContradictions && was !== undefined && isTurning(was) !== isTurning(observation);
  const isOtherNews = isBack || turnsOrNot || isAbleAgain || isOtherCertificate || movedAddresses;
  const changed = turned || confirmsFirst || was?.worker !== worker.id || isOtherNews;
  const events = [
    ...(turned ? eventsOf(check, observation, before) : []),
    ...addressEvents(check, observation, before),
  ];
  return { observation, changed, events };
}

/**
 * Returns the observation of a worker that cannot run a check: the one before, without a vote. `was` as for conclude();
 * undefined: none, and then the observation is unhealthy with a streak of 0.
 */
export function unable(
  check: Check,
  fault: string,
  was: Observation | undefined,
  worker: Worker,
  atMs: number,
): Observation {
  const nothing = { healthy: false, lastOk: false, streak: 0, sinceMs: atMs };
  const { stay: _stay, detail: _detail, ...held }: Partial<Observation> & Health = was ?? nothing;
  const why = was?.reason === 'DNS Unknown Host' ? was.reason : fault.slice(0, FAULT_CHARACTERS_MAX);
  const addressesKept = was?.addressesKept ?? keptOf(was, why);
  return {
    ...held,
    ...(addressesKept === undefined ? {} : { addressesKept }),
    check: check.key,
    region: worker.region,
    worker: worker.id,
    reason: 'Probe Not Possible',
    responseCode: 0,
    rttMs: 0,
    atMs,
    ...incarnationFieldOf(worker),
    fault: fault.slice(0, FAULT_CHARACTERS_MAX),
  };
}

/** Returns since when the addresses of a host name are the last known ones, and why; undefined: it has none. */
function keptOf(was: Observation | undefined, why: string): AddressesKept | undefined {
  if (was?.addresses === undefined) return undefined;
  return { sinceMs: was.addressesKept?.sinceMs ?? was.atMs, why };
}

function incarnationFieldOf({ stay }: Worker): { readonly stay?: number } {
  return stay ? { stay } : {};
}

function eventsOf(
  check: Check,
  observation: Observation,
  was: Pick<Observation, 'healthy'> | undefined,
): HealthEvent[] {
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
    ...(observation.detail === undefined ? {} : { detail: observation.detail }),
    region: observation.region,
    worker: observation.worker,
    atMs: observation.atMs,
  }));
}

/** Returns an event for each address whose health changed, or that is new and unhealthy; none for a name with one address. */
function addressEvents(check: Check, observation: Observation, was: Observation | undefined): HealthEvent[] {
  const { byAddress = [] } = observation;
  if (byAddress.length < 2) return [];
  return byAddress.flatMap((each) => {
    if (each.fault !== undefined) return [];
    const known = was?.byAddress?.find(({ address, streak }) => address === each.address && streak > 0);
    const turned = known === undefined ? !each.healthy : known.healthy !== each.healthy;
    if (!turned) return [];
    const { healthy, reason, detail } = each;
    const { detail: _, ...ofAll } = observation;
    const own = { ...ofAll, healthy, reason, ...(detail === undefined ? {} : { detail }) };
    return eventsOf(check, own, known).map((event) => ({
      ...event,
      resolved: each.address,
    }));
  });
}

function wordFor(healthy: boolean): 'healthy' | 'unhealthy' {
  return healthy ? 'healthy' : 'unhealthy';
}
