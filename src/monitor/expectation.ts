import type { Check } from '../check/check.ts';
import { ADDRESSES_PROBED_MAX } from '../check/outcome.ts';
import type { Observation } from '../health/observation.ts';
import { parseAddress } from '../pool/address.ts';
import { LOOKUP_MS } from '../probe/dns/name-servers.ts';
import type { KnownAddresses } from '../probe/dns/resolve.ts';
import { isTimeout } from '../probe/failure.ts';

/** Whether a check is likely to use up all of its time: one that timed out the last time, or of which nothing is known (any more). */
export function mayUseUpItsTime(before: Observation | undefined): boolean {
  if (before === undefined || before.fault !== undefined) return true;
  return isTimeout(before.reason) || (before.byAddress?.some(({ reason }) => isTimeout(reason)) ?? false);
}

/**
 * How many probes a check makes at a time, by what was observed of it before: one for each address of a host name. By its address
 * alone where nothing was: of a host name as many as may be.
 */
export function probesOf(known: Observation | string | undefined): number {
  if (typeof known === 'string') return parseAddress(known).kind === 'name' ? ADDRESSES_PROBED_MAX : 1;
  return known?.addresses?.length || 1;
}

/** The longest that it takes to look up what a check goes to, seconds. */
export function lookupSecondsOf({ address }: Check): number {
  return parseAddress(address).kind === 'name' ? LOOKUP_MS / 1_000 : 0;
}

/** What a host name had for addresses by what was observed before; undefined: none, or its servers said that it has none. */
export function knownAddresses(before: Observation | undefined): KnownAddresses | undefined {
  const { addresses, addressTtlSeconds: ttlSeconds, addressesKept, atMs, reason } = { ...before };
  if (addresses === undefined || (addressesKept?.why ?? reason) === 'DNS Unknown Host') return undefined;
  return {
    addresses,
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    atMs: addressesKept?.sinceMs ?? atMs!,
  };
}
