import type { Check } from '../check/check.ts';
import { ADDRESSES_PROBED_MAX } from '../check/outcome.ts';
import type { Observation } from '../health/observation.ts';
import { parseAddress } from '../pool/address.ts';
import { LOOKUP_MS } from '../probe/dns/name-servers.ts';
import type { KnownAddresses } from '../probe/dns/resolve.ts';
import { isTimeout } from '../probe/failure.ts';

/** Returns true for a check that is likely to use up all of its time: it timed out the last time, or nothing is known of it. */
export function mayUseUpItsTime(before: Observation | undefined): boolean {
  if (before === undefined || before.fault !== undefined) return true;
  return isTimeout(before.reason) || (before.byAddress?.some(({ reason }) => isTimeout(reason)) ?? false);
}

/**
 * Returns how many probes a check makes at a time: one for each address of a host name that the latest observation has.
 * Without one (`known` is the address) it is the maximum for a host name.
 */
export function probesOf(known: Observation | string | undefined): number {
  if (typeof known === 'string') return parseAddress(known).kind === 'name' ? ADDRESSES_PROBED_MAX : 1;
  return known?.addresses?.length || 1;
}

/** Returns the longest time that the look-up of a check's host name takes, seconds; 0 for an address. */
export function lookupSecondsOf({ address }: Check): number {
  return parseAddress(address).kind === 'name' ? LOOKUP_MS / 1_000 : 0;
}

/** Returns the addresses of a host name by the latest observation; undefined: none, or DNS servers said that it has none. */
export function knownAddresses(before: Observation | undefined): KnownAddresses | undefined {
  const { addresses, addressTtlSeconds: ttlSeconds, addressesKept, atMs, reason } = { ...before };
  if (addresses === undefined || (addressesKept?.why ?? reason) === 'DNS Unknown Host') return undefined;
  return {
    addresses,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    atMs: addressesKept?.sinceMs ?? atMs!,
  };
}
