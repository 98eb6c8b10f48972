import type { CheckKey } from '../../check/check.ts';
import type { Configured } from '../follow/configured.ts';
import type { HealthState } from '../health/health-state.ts';
import type { Alarms } from './alarms.ts';
import { createCertificatesLog } from './certificates-log.ts';
import { createDampingLog } from './damping-log.ts';
import { createMassFailureLog } from './mass-failure-log.ts';
import { createRefusalsLog } from './store-refusals.ts';

/** What createHealthLogs works with. */
export interface HealthLogsOptions {
  readonly alarms: Alarms;
  readonly health: HealthState;
  readonly configured: Configured;
  /** Days before its end from which a certificate is an alarm; 0: never. */
  readonly certificateWarningDays: number;
  /** Milliseconds since the epoch, by which certificates end. */
  readonly nowMs: () => number;
  /** Why the store refuses what this process writes; undefined: it does not. */
  readonly refusal: () => string | undefined;
}

/**
 * Says of checks what their verdicts do not: that they flap, that a mass failure holds them back, that certificates end, and
 * that nothing new can be heard of them.
 */
export interface HealthLogs {
  /** Something was heard of these checks. */
  heard(checks: readonly CheckKey[]): void;
  /** Looks at the clock. */
  look(): void;
  forget(check: CheckKey): void;
}

/** Nothing was said yet. */
export function createHealthLogs(options: HealthLogsOptions): HealthLogs {
  const { alarms, health, configured, certificateWarningDays, nowMs, refusal } = options;
  const poolsOf = (check: CheckKey) =>
    [...configured.usersOf(check)].map((id) => configured.pool(id)?.name ?? id);
  const damping = createDampingLog({
    alarms,
    heldOut: health.heldOut,
    now: () => performance.now(),
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
    nowMs,
    endOf: (check) =>
      health.observationsOf(check).findLast((each) => each.certificateEndsAtMs)?.certificateEndsAtMs,
    poolsOf,
  });
  const refusals = createRefusalsLog(alarms);
  return {
    heard(checks) {
      massFailures.look();
      damping.look();
      certificates.heard(checks);
    },
    look() {
      certificates.look();
      damping.look();
      refusals.look(refusal(), health.liveWorkers);
    },
    forget: certificates.forget,
  };
}
