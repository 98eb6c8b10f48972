import type { FailureReason, Outcome } from '../check/outcome.ts';
import { type Health, stepHealth, type Thresholds } from './health.ts';

/** What one worker believes of one of the addresses of a host name, and what it found there last. */
export interface AddressHealth extends Health {
  /** IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly reason: FailureReason;
  /** As in Outcome. */
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** Why the worker is unable to probe it, so that it has no vote on it; a `streak` of 0: it never had a result. Absent: it can. */
  readonly fault?: string;
}

/** What was held of a host name before one more outcome. */
export interface NameHealth extends Health {
  readonly addresses?: readonly string[];
  readonly byAddress?: readonly AddressHealth[];
}

/**
 * The health of each address of a host name after one more outcome, in the order of their texts; undefined: it has (and had)
 * none. The rules are those of an endpoint: so many good or bad results in a row turn an address. The first result of one that is new
 * decides at once, but while none is well it takes as many good ones as for the endpoint. A name that has no address any more is
 * a bad result for those that it had.
 */
export function stepAddresses(
  was: NameHealth | undefined,
  outcome: Outcome,
  thresholds: Thresholds,
  nowMs: number,
): readonly AddressHealth[] | undefined {
  const { reason, responseCode, rttMs } = outcome;
  const found =
    outcome.byAddress ??
    was?.addresses?.map((address) => ({ address, ok: outcome.ok, reason, responseCode, rttMs }));
  return found
    ?.map(({ ok, ...last }): AddressHealth => {
      const before = beforeOf(was, last.address);
      if (!('fault' in last)) return { ...stepHealth(before, ok, thresholds, nowMs), ...last };
      return { ...(before ?? { healthy: false, lastOk: false, streak: 0, sinceMs: nowMs }), ...last };
    })
    .sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** What was held of one address; undefined: its next result decides. */
function beforeOf(was: NameHealth | undefined, address: string): Health | undefined {
  const own = was?.byAddress?.find((each) => each.address === address);
  if (own !== undefined) return own.streak === 0 ? undefined : plain(own);
  if (was === undefined) return undefined;
  // A worker of an older version held one health for all addresses.
  const wasForAll = was.byAddress === undefined && was.addresses?.includes(address);
  return wasForAll || !was.healthy ? plain(was) : undefined;
}

function plain({ healthy, lastOk, streak, sinceMs, sinceResults }: Health): Health {
  return { healthy, lastOk, streak, sinceMs, ...(sinceResults === undefined ? {} : { sinceResults }) };
}

/** The health of a host name after one more result of it: it is healthy when it is at one address at least. */
export function wholeHealth(
  was: Health | undefined,
  byAddress: readonly AddressHealth[],
  ok: boolean,
  nowMs: number,
): Health {
  const healthy = byAddress.some((each) => each.healthy);
  const streak = was?.lastOk === ok ? was.streak + 1 : 1;
  if (was?.healthy !== healthy) return { healthy, lastOk: ok, streak, sinceMs: nowMs };
  return { healthy, lastOk: ok, streak, sinceMs: was.sinceMs, sinceResults: (was.sinceResults ?? 0) + 1 };
}

/** Whether two workers, or one at two times, say the same of each address: which there are, how they are, whether they can be probed. */
export function sameAddressHealths(
  a: readonly AddressHealth[] | undefined,
  b: readonly AddressHealth[] | undefined,
): boolean {
  if (a === undefined || b === undefined) return a === b;
  const sayOf = ({ address, healthy, fault }: AddressHealth) =>
    `${address} ${healthy} ${fault !== undefined}`;
  return a.length === b.length && a.every((each, i) => sayOf(each) === sayOf(b[i]!));
}
