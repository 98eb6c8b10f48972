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
] as const;
export type FailureReason = (typeof FAILURE_REASONS)[number];

/** What one probe (or the whole of one check, retries included) found. */
export interface Outcome {
  readonly ok: boolean;
  /** `No failures` when ok. */
  readonly reason: FailureReason;
  /** HTTP status, SMTP reply code, DNS response code or gRPC status of the last answer; 0 where there is none. */
  readonly responseCode: number;
  /** Milliseconds from the start of the attempt to its end; of `udp_icmp` those of the ping, whose wait would hide it. */
  readonly rttMs: number;
  /** Addresses a host-name endpoint resolved to; absent for an endpoint whose address is an IP address. */
  readonly addresses?: readonly string[];
  /** For how many seconds these may be kept; absent: nobody said. */
  readonly addressTtlSeconds?: number;
  /** When the certificate that the endpoint showed ends, milliseconds since the epoch; absent where it showed none. */
  readonly certificateEndsAtMs?: number;
}
