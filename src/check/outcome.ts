/**
 * Why an attempt failed. The texts up to `Other Failure` are those of the reference API, so that clients can match on
 * them. Those after it are ours, for failures that the reference has no word for.
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

/** Maximum of addresses of one host name that are probed, and so may be answered. */
export const ADDRESSES_PROBED_MAX = 16;

/** How old the last known addresses of a host name are, and why no DNS server gave others. */
export interface AddressesKept {
  /** When a DNS server gave the oldest of them, milliseconds since the epoch. */
  readonly sinceMs: number;
  readonly why: string;
}

/** The outcome of one probe at one address of a host name. */
export interface AddressOutcome {
  /** IPv4, or IPv6 as RFC 5952 writes it. */
  readonly address: string;
  readonly ok: boolean;
  /** As in Outcome. */
  readonly reason: FailureReason;
  readonly detail?: string;
  readonly responseCode: number;
  readonly rttMs: number;
  /** Why this machine could not probe it; absent: it could. */
  readonly fault?: string;
}
/** Longest detail that is kept, in characters. */
export const DETAIL_CHARACTERS_MAX = 200;

/** Returns true where the probe could not run, which says nothing about the endpoint. */
export function isUnmade(reason: FailureReason): boolean {
  return reason === 'Probe Not Possible';
}

/** The outcome of one probe, retries included. */
export interface Outcome {
  readonly ok: boolean;
  /** `No failures` when ok. */
  readonly reason: FailureReason;
  /** What exactly was wrong, where the reason leaves it open; at most DETAIL_CHARACTERS_MAX, and never what the endpoint sent. */
  readonly detail?: string;
  /** HTTP status, SMTP reply code, DNS response code or gRPC status of the last answer; 0 where there is none. */
  readonly responseCode: number;
  /** Milliseconds from the start of the attempt to its end; of `udp_icmp` those of the ping, whose wait would hide it. */
  readonly rttMs: number;
  /**
   * The outcome at each address of a host name, at most ADDRESSES_PROBED_MAX. The name is ok when one of them is. Absent
   * for an IP address, and for a name without addresses.
   */
  readonly byAddress?: readonly AddressOutcome[];
  /** Number of addresses that were not probed because there are too many; absent: none. */
  readonly unprobed?: number;
  /** Seconds for which the addresses may be cached; absent: unknown. */
  readonly addressTtlSeconds?: number;
  /** Set where some addresses are the last known ones, because no DNS server answered; absent: all are from an answer. */
  readonly addressesKept?: AddressesKept;
  /** When the certificate that the endpoint showed ends, milliseconds since the epoch; absent where it showed none. */
  readonly certificateEndsAtMs?: number;
}
