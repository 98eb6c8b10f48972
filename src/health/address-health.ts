import type { FailureReason, Outcome } from '../check/outcome.ts';
import { type Health, stepHealth, type Thresholds } from './health.ts';

/** The health of one address of a host name as one worker knows it, and its latest result there. */
export interface AddressHealth extends Health {
  /** IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly reason: FailureReason;
  /** As in Outcome. */
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** Why the worker cannot probe the address and has no vote on it; absent: it can. With a `streak` of 0 it never had a result. */
  readonly fault?: string;
}

/** The health of a host name before one more outcome. */
export interface NameHealth extends Health {
  readonly addresses?: readonly string[];
  readonly byAddress?: readonly AddressHealth[];
}

/**
 * Returns the health of each address of a host name after one more outcome, in the order of their texts; undefined where
 * the name has, and had, no address. An address changes after as many good or bad results in a row as an endpoint does.
 * The first result of a new address decides at once; but while no address is healthy, a new one needs as many good
 * results as the endpoint. A name without an address is a bad result for the addresses that it had.
 */
export function stepAddresses(
  was: NameHealth | undefined,
  outcome: Outcome,
  thresholds: Thresholds,
  epochMs: number,
): readonly AddressHealth[] | undefined {
  const { reason, responseCode, rttMs } = outcome;
  const found =
    outcome.byAddress ??
    was?.addresses?.map((address) => ({ address, ok: outcome.ok, reason, responseCode, rttMs }));
  return found
    ?.map(({ ok, ...last }): AddressHealth => {
      const before = beforeOf(was, last.address);
      if (!('fault' in last)) return { ...stepHealth(before, ok, thresholds, epochMs), ...last };
      return { ...(before ?? { healthy: false, lastOk: false, streak: 0, sinceMs: epochMs }), ...last };
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** Returns the health of one address before the outcome; undefined: its next result decides. */
function beforeOf(was: NameHealth | undefined, address: string): Health | undefined {
  const own = was?.byAddress?.find((each) => each.address === address);
  if (own !== undefined) return own.streak === 0 ? undefined : plain(own);
  if (was === undefined) return undefined;
  // A worker of an older version kept one health for all addresses.
  const wasForAll = was.byAddress === undefined && was.addresses?.includes(address);
  return wasForAll || !was.healthy ? plain(was) : undefined;
}

function plain({ healthy, lastOk, streak, sinceMs, sinceResults }: Health): Health {
  return { healthy, lastOk, streak, sinceMs, ...(sinceResults === undefined ? {} : { sinceResults }) };
}

/** Returns the health of a host name after one more result: it is healthy while one of its addresses is. */
export function wholeHealth(
  was: Health | undefined,
  byAddress: readonly AddressHealth[],
  ok: boolean,
  epochMs: number,
): Health {
  const healthy = byAddress.some((each) => each.healthy);
  const streak = was?.lastOk === ok ? was.streak + 1 : 1;
  if (was?.healthy !== healthy) return { healthy, lastOk: ok, streak, sinceMs: epochMs };
  return { healthy, lastOk: ok, streak, sinceMs: was.sinceMs, sinceResults: (was.sinceResults ?? 0) + 1 };
}

/** Returns true where two lists have the same addresses, with the same health, and the same ones can be probed. */
export function sameAddressHealths(
  a: readonly AddressHealth[] | undefined,
  b: readonly AddressHealth[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  const textOf = ({ address, healthy, fault }: AddressHealth) =>
    `${address} ${healthy} ${fault !== undefined}`;
  return a.length === b.length && a.every((each, i) => textOf(each) === textOf(b[i]!));
}
