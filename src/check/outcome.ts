/**
 * Why an attempt failed. Up to `Other Failure` the texts are those of the reference API, so that clients may match on
 * them; those after it are ours, for what the reference has no true word for.
 */
export const FAILURE_REASONS = [
  'No failures',
  'TCP connection failed',
  'HTTP timeout occurred',
  'Response code mismatch error',
  'Response body mismatch error',
  'TLS untrusted certificate error',
  'TLS name mismatch error',
  'TLS protocol error',
  'TLS unrecognized name error',
  'No route to host',
  'TCP Timeout',
  'TLS Handshake Failure',
  'Network Unreachable',
  'HTTP Invalid Response',
  'DNS Unknown Host',
  'Connection Reset by Peer',
  'Monitor Config Error',
  'DNS Internal',
  'Other Failure',
  'ICMP Timeout',
  'UDP Port Unreachable',
  'SMTP Timeout',
  'SMTP Invalid Response',
  'DNS Timeout',
  'DNS Invalid Response',
  'Probe Not Possible',
  'Response encoding error',
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** Addresses of one host name that are probed, and so may be answered. */
export const ADDRESSES_PROBED_MAX = 16;

/** How old the last known addresses of a host name are, and why they stand in for those that no DNS server tells. */
export interface AddressesKept {
  /** When a DNS server told the oldest of them, milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly why: string;
}

/** What one check found at one of the addresses of a host name. */
export interface AddressOutcome {
  /** IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly ok: boolean;
  /** As in Outcome. */
  readonly reason: FailureReason;
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** Why this machine was unable to probe it, so that nothing was found; absent: it was able. */
  readonly fault?: string;
}
/** Characters of a detail that are kept. */
export const DETAIL_CHARACTERS_MAX = 200;

/** Whether a result says that the check could not be made, which is nothing about the endpoint. */
export function isUnmade(reason: FailureReason): boolean {
  return reason === 'Probe Not Possible';
}

/** What one probe (or the whole of one check, retries included) found. */
export interface Outcome {
  readonly ok: boolean;
  /** `No failures` when ok. */
  readonly reason: FailureReason;
  /** What exactly was wrong, where the reason leaves it open; never what the endpoint sent, DETAIL_CHARACTERS_MAX at most. */
  readonly detail?: string;
  /** HTTP status, SMTP reply code, DNS response code or gRPC status of the last answer; 0 where there is none. */
  readonly responseCode: number;
  /** Milliseconds from the start of the attempt to its end; of `udp_icmp` those of the ping, whose wait would hide it. */
  readonly rttMs: number;
  /**
   * What was found at each address of a host name, ADDRESSES_PROBED_MAX at most; it is ok when it is at one of them. Absent for
   * an endpoint whose address is an IP address, and for a name without addresses.
   */
  readonly byAddress?: readonly AddressOutcome[];
  /** Addresses of the host name that were not probed, since there are too many; absent: none. */
  readonly unprobed?: number;
  /** For how many seconds these may be kept; absent: nobody said. */
  readonly addressTtlSeconds?: number;
  /** No DNS server told the addresses, or some of them, which are the last known ones: since when, and why. Absent: all were told. */
  readonly addressesKept?: AddressesKept;
  /** When the certificate that the endpoint showed ends, milliseconds since the epoch; absent where it showed none. */
  readonly certificateEndsAtMs?: number;
}
