import type { CheckKey } from '../check/check.ts';
import type { AddressesKept, FailureReason } from '../check/outcome.ts';
import type { AddressHealth } from './address-health.ts';
import type { Health } from './health.ts';

/** What one worker knows of one check: its health and the latest outcome. */
export interface Observation extends Health {
  readonly check: CheckKey;
  /** The region of the worker. */
  readonly region: string;
  /** Id of the worker. */
  readonly worker: string;
  readonly reason: FailureReason;
  /** As in Outcome. */
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** When the latest check ended, milliseconds since the epoch by the worker's clock. */
  readonly atMs: number;
  /** The worker's incarnation in which the latest check was made (see Worker); absent: 0. */
  readonly stay?: number;
  /** Probed addresses of a host name; absent for an IP address, and for a name that had none yet. */
  readonly addresses?: readonly string[];
  /** The health of each address, in the order of their texts; absent: each has that of the whole (a worker of an older version). */
  readonly byAddress?: readonly AddressHealth[];
  /** Number of addresses that are not probed because there are too many; absent: none. */
  readonly unprobed?: number;
  /**
   * Set while some addresses are the last known ones; absent: all are from the latest look-up. They are also kept, but not
   * probed, after NXDOMAIN and while the worker cannot run the check (see probedKept).
   */
  readonly addressesKept?: AddressesKept;
  /** Seconds for which the addresses may be cached (steadyTtl); absent: unknown. */
  readonly addressTtlSeconds?: number;
  /** When the certificate that the endpoint showed last ends, milliseconds since the epoch; absent: it showed none. */
  readonly certificateEndsAtMs?: number;
  /**
   * Why the worker cannot run the check, or had no result for too long (isSilent), and has no vote on it; absent: it
   * has. The reason is then `Probe Not Possible`. With a `streak` of 0 it never had a result, and the health means nothing.
   */
  readonly fault?: string;
  /** The check ended where an endpoint that had it is configured yet: this is its last result, which only explains. Absent: it goes on. */
  readonly ended?: Ended;
}

/** How a check ended. */
export interface Ended {
  /** Milliseconds since the epoch by the worker's clock. */
  readonly atMs: number;
  /** Ids of the pools whose endpoints had it and have it no longer, ENDED_POOLS_MAX of them at the most. */
  readonly pools: readonly string[];
}

/** Pools that the last result of a check names. */
export const ENDED_POOLS_MAX = 16;

/** Longest fault that is kept, in characters. */
export const FAULT_CHARACTERS_MAX = 300;

/** Returns true while the latest results contradict the health, of one address at least, and more of them would change it. */
export function isTurning({
  healthy,
  lastOk,
  fault,
  byAddress,
}: Pick<Observation, 'healthy' | 'lastOk' | 'fault' | 'byAddress'>): boolean {
  if (fault !== undefined) return false;
  return byAddress === undefined
    ? healthy !== lastOk
    : byAddress.some((each) => each.fault === undefined && each.healthy !== each.lastOk);
}

/** Returns since when and why the latest check probed the last known addresses of a host name; undefined: it did not. */
export function probedKept({
  addressesKept,
  fault,
}: Pick<Observation, 'addressesKept' | 'fault'>): AddressesKept | undefined {
  const isProbed = fault === undefined && addressesKept?.why !== 'DNS Unknown Host';
  return isProbed ? addressesKept : undefined;
}

/** Identifies an observation: a worker has at most one of each check. */
export interface ObservationKey {
  readonly check: CheckKey;
  readonly region: string;
  readonly worker: string;
}
