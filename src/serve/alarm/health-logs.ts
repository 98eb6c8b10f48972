import type { CheckKey } from '../../check/check.ts';
import type { Configured } from '../follow/configured.ts';
import type { HealthState } from '../health/health-state.ts';
import type { Alarms } from './alarms.ts';
import { createCertificatesLog } from './certificates-log.ts';
import { createDampingLog } from './damping-log.ts';
import { createMassFailureLog } from './mass-failure-log.ts';
import { createRefusalsLog } from './store-refusals.ts';

/** Dependencies of createHealthLogs. */
export interface HealthLogsOptions {
  readonly alarms: Alarms;
  readonly health: HealthState;
  readonly configured: Configured;
  /** Days before the end of a certificate from which on it is an alarm; 0: never. */
  readonly certificateWarningDays: number;
  /** Milliseconds since the epoch, by which certificates end. */
  readonly epochMs: () => number;
  /** Why the store refuses what this process writes; undefined: it does not. */
  readonly refusal: () => string | undefined;
}

/** Raises the alarms about checks that their verdicts do not show: flapping, mass failures, certificates and refused writes. */
export interface HealthLogs {
  /** Takes in new observations of these checks. */
  observed(checks: readonly CheckKey[]): void;
  /** Applies the clock. */
  look(): void;
  forget(check: CheckKey): void;
}

/** Creates the logs. */
export function createHealthLogs(options: HealthLogsOptions): HealthLogs {
  const { alarms, health, configured, certificateWarningDays, epochMs, refusal } = options;
  const poolsOf = (check: CheckKey) =>
    [...configured.usersOf(check)].map((id) => configured.pool(id)?.name ?? id);
  const damping = createDampingLog({
    alarms,
    heldOut: health.heldOut,
    monotonicMs: () => performance.now(),
    checkOf: health.checkOf,
    poolsOf,
  });
  const massFailures = createMassFailureLog({
    alarms,
    heldBack: health.heldBack,
    monitoredIn: health.monitoredIn,
    poolsOf,
  });
  const certificates = createCertificatesLog({
    alarms,
    days: certificateWarningDays,
    epochMs,
    endOf: (check) =>
      health.observationsOf(check).findLast((each) => each.certificateEndsAtMs)?.certificateEndsAtMs,
    poolsOf,
  });
  const refusals = createRefusalsLog(alarms);
  return {
    observed(checks) {
      massFailures.look();
      damping.look();
      certificates.observed(checks);
    },
    look() {
      certificates.look();
      damping.look();
      refusals.look(refusal(), health.liveWorkers);
    },
    forget: certificates.forget,
  };
}
