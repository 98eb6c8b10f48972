import type { CheckKey } from '../check/check.ts';
import type { AddressesKept, FailureReason } from '../check/outcome.ts';
import type { AddressHealth } from './address-health.ts';
import type { Health } from './health.ts';

/** What one worker currently holds about one check: its health and the newest outcome. */
export interface Observation extends Health {
  readonly check: CheckKey;
  /** The worker's vantage label. */
  readonly region: string;
  /** Id of the worker that holds it. */
  readonly worker: string;
  readonly reason: FailureReason;
  /** As in Outcome. */
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** When the newest check ended, milliseconds since the epoch by the worker's clock. */
  readonly atMs: number;
  /** In which of its worker's stays the newest check was made (see Worker); absent: 0. */
  readonly stay?: number;
  /** Addresses of a host-name endpoint that are probed; absent for an IP address, and for a name that had none yet. */
  readonly addresses?: readonly string[];
  /** How each of them is, in the order of their texts; absent: they are all as the whole (a worker of an older version). */
  readonly byAddress?: readonly AddressHealth[];
  /** Addresses of the host name that are not probed, since there are too many; absent: none. */
  readonly unprobed?: number;
  /** The addresses, or some of them, are the last known ones, since no DNS server tells them; absent: they were told. */
  readonly addressesKept?: AddressesKept;
  /** For how many seconds these could be kept then (steadyTtl); absent: nobody said. */
  readonly addressTtlSeconds?: number;
  /** When the certificate that was shown last ends, milliseconds since the epoch; absent: none was. */
  readonly certificateEndsAtMs?: number;
  /**
   * Why the worker is unable to make the check, or has no result of it for too long (isSilent), so that its word has no
   * vote; the reason is then `Probe Not Possible`. A `streak` of 0: it never had a result, and the health means nothing. Absent: it can.
   */
  readonly fault?: string;
}

/** Characters of a fault that are kept. */
export const FAULT_CHARACTERS_MAX = 300;

/** Whether the newest results contradict the health, of one address at least, and more of them would turn it. */
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

/** Identifies an observation among all: one worker holds at most one about a check. */
export interface ObservationKey {
  readonly check: CheckKey;
  readonly region: string;
  readonly worker: string;
}
