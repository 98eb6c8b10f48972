import type { CheckKey } from './check.ts';
import type { Health } from './health.ts';
import type { FailureReason } from './outcome.ts';

/** What one worker currently holds about one check: its health and the newest outcome. */
export interface Observation extends Health {
  readonly check: CheckKey;
  /** The worker's vantage label. */
  readonly region: string;
  /** Id of the worker that holds it. */
  readonly worker: string;
  readonly reason: FailureReason;
  readonly responseCode: number;
  readonly rttMs: number;
  /** When the newest check ended, milliseconds since the epoch by the worker's clock. */
  readonly atMs: number;
  /** Addresses a host-name endpoint resolved to; absent for an IP address. */
  readonly addresses?: readonly string[];
  /** For how many seconds these could be kept then (steadyTtl); absent: nobody said. */
  readonly addressTtlSeconds?: number;
}

/** Identifies an observation among all: one worker holds at most one about a check. */
export interface ObservationKey {
  readonly check: CheckKey;
  readonly region: string;
  readonly worker: string;
}
