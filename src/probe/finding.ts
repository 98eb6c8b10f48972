import type { SecureContext } from 'node:tls';
import type { FailureReason } from '../check/outcome.ts';
import type { RefuseTarget } from '../check/targets.ts';
import type { Resolve } from './dns/resolve.ts';
import type { Phase } from './failure.ts';
import type { Ping } from './icmp/ping.ts';
import type { TlsMaterial } from './tls-material.ts';

/** What one attempt found. */
export interface Finding {
  readonly reason: FailureReason;
  /** As in Outcome. */
  readonly detail?: string;
  /** As in Outcome. */
  readonly responseCode: number;
  /** Where it is not the time the attempt took. */
  readonly rttMs?: number;
}

/** What an attempt needs. */
export interface Means {
  /** Ends the attempt, and with it everything that it opened. */
  readonly signal: AbortSignal;
  readonly resolve: Resolve;
  readonly ping: Ping;
  /** Called with each IP address before anything is sent there. */
  readonly refuse: RefuseTarget;
  /** Trust of monitors that say nothing of TLS; absent: the runtime's. */
  readonly secureContext?: SecureContext;
  readonly material: TlsMaterial;
  /** Octets of a response body that are searched for the expected text. */
  readonly bodyOctetsMax: number;
  /** Octets of the head of an HTTP response. */
  readonly headerOctetsMax: number;
  /** Called when the attempt enters a phase, so that its end can be named. */
  readonly entered: (phase: Phase) => void;
  /** Called with the end of the certificate that the endpoint showed, milliseconds since the epoch. */
  readonly certified: (endsAtMs: number) => void;
}

/** All is well, as far as the type of the check can tell. */
export const GOOD: Finding = { reason: 'No failures', responseCode: 0 };
