import type { Check } from '../check/check.ts';
import type { AddressesKept, Outcome } from '../check/outcome.ts';
import type { Worker } from '../check/worker.ts';
import type { HealthEvent } from '../event/event.ts';
import { sameAddressHealths, stepAddresses, wholeHealth } from '../health/address-health.ts';
import { type Health, stepHealth } from '../health/health.ts';
import { confirms } from '../health/mass-failure.ts';
import { FAULT_CHARACTERS_MAX, isTurning, type Observation } from '../health/observation.ts';
import { steadyTtl } from '../pool/address-ttl.ts';

/** What one more outcome of a check amounts to. */
export interface Conclusion {
  readonly observation: Observation;
  /** Followers must hear of it: the health, the addresses, their TTL, the certificate, the worker, its stay or its being able that holds the check became another, or it failed again. */
  readonly changed: boolean;
  /** One for each endpoint, and each address of its host name, whose health changed by it. */
  readonly events: readonly HealthEvent[];
}

/**
 * Takes an outcome in. `was` is what was held about the check before, by this worker or by one of its region whose
 * check it took over; undefined: nothing, so the outcome decides at once. While a host name has no address, the
 * last ones are kept. With `tellsTurning` followers hear too when results begin to contradict the health, and
 * when they no longer do.
 */
export function conclude(
  check: Check,
  outcome: Outcome,
  was: Observation | undefined,
  worker: Worker,
  atMs: number,
  tellsTurning = false,
): Conclusion {
  const { monitor } = check;
  const thresholds = { up: monitor.consecutiveUp || 1, down: monitor.consecutiveDown || 1 };
  // Who was unable to make the check never had a result.
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
    ...stayOf(worker),
    ...(addresses === undefined ? {} : { addresses, byAddress: byAddress! }),
    ...(unprobed === undefined ? {} : { unprobed }),
    ...(addressesKept === undefined ? {} : { addressesKept }),
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
    ...(ttl === undefined ? {} : { addressTtlSeconds: ttl }),
    ...(certificateEndsAtMs === undefined ? {} : { certificateEndsAtMs }),
  };
  const turned = before?.healthy !== health.healthy;
  // A second failure is what servers wait for in a mass failure (health/mass-failure.ts); a later one is no news.
  const confirmsFirst = confirms(observation) && was !== undefined && !confirms(was);
  const movedAddresses = !sameAddressHealths(was?.byAddress, byAddress) || was?.addressTtlSeconds !== ttl;
  // Of who comes back servers believe nothing that it held before.
  const isBack = was?.worker === worker.id && (was.stay ?? 0) !== (worker.stay ?? 0);
  const isAbleAgain = was?.fault !== undefined;
  const isOtherCertificate = was?.certificateEndsAtMs !== certificateEndsAtMs;
  const turnsOrNot = tellsTurning && was !== undefined && isTurning(was) !== isTurning(observation);
  const isOtherNews = isBack || turnsOrNot || isAbleAgain || isOtherCertificate || movedAddresses;
  const changed = turned || confirmsFirst || was?.worker !== worker.id || isOtherNews;
  const events = [
    ...(turned ? eventsOf(check, observation, before) : []),
    ...addressEvents(check, observation, before),
  ];
  return { observation, changed, events };
}

/**
 * What a worker holds that is unable to make a check: what was held before, without a vote. `was` as for conclude();
 * undefined: nothing, and then it says unhealthy, of no result.
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
    ...stayOf(worker),
    fault: fault.slice(0, FAULT_CHARACTERS_MAX),
  };
}

/** Since when the addresses of a host name are no more than remembered, which nobody tells now; undefined: there are none. */
function keptOf(was: Observation | undefined, why: string): AddressesKept | undefined {
  if (was?.addresses === undefined) return undefined;
  return { sinceMs: was.addressesKept?.sinceMs ?? was.atMs, why };
}

function stayOf({ stay }: Worker): { readonly stay?: number } {
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

/** One for each address that turned, or is new and not well; of a name with one address the endpoint's own says it. */
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
