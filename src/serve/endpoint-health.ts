import type { CheckKey } from '../pool/check.ts';
import { groupHealth, type MemberHealth } from '../pool/group-verdict.ts';
import type { EndpointHealth } from '../pool/members.ts';
import type { Observation } from '../pool/observation.ts';
import type { Pool } from '../pool/pool.ts';
import type { Sight } from '../pool/sight.ts';
import { decides } from '../pool/watch.ts';
import type { EndpointCheck } from './configured.ts';
import type { HealthState } from './health-state.ts';

/** What the verdicts on these checks come to for the endpoint that has them; undefined: not known (yet). */
export function healthBy(checks: readonly EndpointCheck[], health: HealthState): boolean | undefined {
  const [first] = checks;
  // Nearly all endpoints have one check with one vote.
  if (checks.length === 1 && !first!.monitoringOnly)
    return health.verdictOf(first!.key, first!.sight).healthy;
  return groupHealth(withVerdicts(checks, health));
}

/** Checks of an endpoint with the verdict on each. */
export function withVerdicts(
  checks: readonly EndpointCheck[],
  health: HealthState,
): (EndpointCheck & MemberHealth)[] {
  return checks.map((check) => ({ ...check, healthy: health.verdictOf(check.key, check.sight).healthy }));
}

/** What is known of an endpoint of a pool by its checks. */
export function endpointHealth(
  pool: Pool,
  checks: readonly EndpointCheck[],
  health: HealthState,
): EndpointHealth {
  // What was observed of addresses is held too; most endpoints are addresses, of which there is nothing.
  const held = addressesHeld(checks, health);
  const newest = held && addressesBy(checks, health);
  const turningTtlSeconds = leastOf(checks, health.turningTtlSeconds);
  const recovered = leastOf(checks, health.recovered);
  return {
    healthy: healthBy(checks, health),
    addresses: newest?.addresses ?? held,
    ...(newest?.addressTtlSeconds === undefined ? {} : { addressTtlSeconds: newest.addressTtlSeconds }),
    ...(turningTtlSeconds === undefined ? {} : { turningTtlSeconds }),
    ...(recovered === undefined ? {} : { recovered }),
    hasNoJudge: Boolean(pool.monitorGroup) && !checks.some(decides),
  };
}

/** The least of what those checks say that decide; undefined: none says anything. */
function leastOf(
  checks: readonly EndpointCheck[],
  said: (check: CheckKey, sight: Sight) => number | undefined,
): number | undefined {
  let least: number | undefined;
  for (const check of checks) {
    const found = decides(check) ? said(check.key, check.sight) : undefined;
    if (found !== undefined && !(least !== undefined && least <= found)) least = found;
  }
  return least;
}

/** What a host name resolved to: of every check the observation that came last, of a live worker where there is one, and of these the newest. */
function addressesBy(checks: readonly EndpointCheck[], health: HealthState): Observation | undefined {
  const last = checks.flatMap(({ key }) => {
    const found = health.observationsOf(key).filter(({ addresses }) => addresses);
    return found.findLast(({ worker }) => health.knows(worker)) ?? found.at(-1) ?? [];
  });
  const [first, ...others] = last;
  return others.reduce((newest, each) => (each.atMs > newest!.atMs ? each : newest), first);
}

/** What a host name resolved to before these checks had a result of their own. */
export function addressesHeld(
  checks: readonly EndpointCheck[],
  health: HealthState,
): readonly string[] | undefined {
  let held: readonly string[] | undefined;
  for (const { key } of checks) held = health.addressesOf(key) ?? held;
  return held;
}
