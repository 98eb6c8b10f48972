import type { CheckKey } from '../../check/check.ts';
import { decides } from '../../check/pool-monitors.ts';
import { groupHealth, type MemberHealth } from '../../health/group-verdict.ts';
import type { EndpointHealth, WellAddress } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import type { RegionScope } from '../../voting/region-scope.ts';
import type { EndpointCheck } from '../follow/configured.ts';
import type { NameVerdict } from './address-verdicts.ts';
import type { HealthState } from './health-state.ts';

/** Returns whether an endpoint is healthy by the verdicts on its checks; undefined: unknown. */
export function healthBy(checks: readonly EndpointCheck[], health: HealthState): boolean | undefined {
  const [first] = checks;
  // The common case is quick: one check with one vote.
  if (checks.length === 1 && !first!.monitoringOnly)
    return health.verdictOf(first!.key, first!.scope).healthy;
  return groupHealth(withVerdicts(checks, health));
}

/** Returns the checks of an endpoint with the verdict on each. */
export function withVerdicts(
  checks: readonly EndpointCheck[],
  health: HealthState,
): (EndpointCheck & MemberHealth)[] {
  return checks.map((check) => ({ ...check, healthy: health.verdictOf(check.key, check.scope).healthy }));
}

/** Returns the health of an endpoint of a pool by its checks. */
export function endpointHealth(
  pool: Pool,
  checks: readonly EndpointCheck[],
  health: HealthState,
): EndpointHealth {
  const turningTtlSeconds = leastOf(checks, health.turningTtlSeconds);
  const common = {
    ...(turningTtlSeconds === undefined ? {} : { turningTtlSeconds }),
    hasNoJudge: Boolean(pool.monitorGroup) && !checks.some(decides),
  };
  // Most endpoints are addresses, which have no more than a verdict.
  const name = nameBy(checks, health);
  if (name !== undefined) return { ...nameHealth(name, checks, health), ...common };
  const recovered = leastOf(checks, health.recovered);
  return {
    healthy: healthBy(checks, health),
    ...(recovered === undefined ? {} : { recovered }),
    ...common,
  };
}

/** The verdict of one check on one address of a host name. */
interface AddressOpinion extends EndpointCheck, MemberHealth {
  readonly recovered?: number;
}

/**
 * Returns the health of a host name. Each monitor that sees an address counts for that address as it does for an
 * endpoint, and the name is healthy while one address is. A monitor that finds the whole name unhealthy, or has no
 * result yet, counts so for each address.
 */
function nameHealth(
  { addresses, ttlSeconds, unprobed }: NameVerdict,
  checks: readonly EndpointCheck[],
  health: HealthState,
): EndpointHealth {
  const members = withVerdicts(checks, health).map((check) => ({
    check,
    seen: new Map(health.nameOf(check.key, check.scope)?.addresses.map((each) => [each.address, each])),
  }));
  const wellAddresses: WellAddress[] = [];
  for (const { address } of addresses) {
    const saying = members.flatMap(({ check, seen }): readonly AddressOpinion[] => {
      if (!check.healthy) return [check];
      const own = seen.get(address);
      return own === undefined ? [] : [{ ...check, ...own }];
    });
    if (!groupHealth(saying)) continue;
    const shares = saying.map((each) => (decides(each) ? (each.recovered ?? 1) : 1));
    wellAddresses.push({ address, recovered: Math.min(...shares) });
  }
  const whole = groupHealth(members.map(({ check }) => check));
  return {
    healthy: whole === undefined ? undefined : wellAddresses.length > 0,
    addresses: addresses.map(({ address }) => address),
    wellAddresses,
    ...(ttlSeconds === undefined ? {} : { addressTtlSeconds: ttlSeconds }),
    ...(unprobed === 0 ? {} : { unprobed }),
  };
}

/** Returns the least value among the deciding checks; undefined: none has a value. */
function leastOf(
  checks: readonly EndpointCheck[],
  said: (check: CheckKey, scope: RegionScope) => number | undefined,
): number | undefined {
  let least: number | undefined;
  for (const check of checks) {
    const found = decides(check) ? said(check.key, check.scope) : undefined;
    if (found !== undefined && !(least !== undefined && least <= found)) least = found;
  }
  return least;
}

/**
 * Returns a host name by the check that observed it last, of those that decide where one of them did; undefined: it is an
 * address, or the name had none yet. A monitor without a vote may be the first to see that the name moved, and nobody could
 * find the new address healthy before one with a vote sees it, too.
 */
function nameBy(checks: readonly EndpointCheck[], health: HealthState): NameVerdict | undefined {
  return newestName(checks.filter(decides), health) ?? newestName(checks, health);
}

function newestName(checks: readonly EndpointCheck[], health: HealthState): NameVerdict | undefined {
  let newest: NameVerdict | undefined;
  for (const { key, scope } of checks) {
    const name = health.nameOf(key, scope);
    if (name !== undefined && !(newest && newest.atMs >= name.atMs)) newest = name;
  }
  return newest;
}

/** Returns the verdict that a new check of an endpoint starts from, by the checks that it replaces; undefined: unknown. */
export function inheritedVerdict(
  checks: readonly EndpointCheck[],
  health: HealthState,
): { readonly healthy: boolean; readonly addresses: readonly string[] | undefined } | undefined {
  const name = nameBy(checks, health);
  const known: EndpointHealth =
    name === undefined ? { healthy: healthBy(checks, health) } : nameHealth(name, checks, health);
  const { healthy, addresses, wellAddresses } = known;
  if (healthy === undefined) return undefined;
  return {
    healthy,
    addresses: healthy ? wellAddresses?.map(({ address }) => address) : (addresses ?? undefined),
  };
}
