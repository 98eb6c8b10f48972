import { certificateEnd, endsSoon } from '../../check/certificate.ts';
import type { CheckKey } from '../../check/check.ts';
import { ALARM_POOLS_MAX } from '../../event/alarm.ts';
import type { Alarms } from './alarms.ts';

/** Dependencies of createCertificatesLog. */
export interface CertificatesLogOptions {
  readonly alarms: Alarms;
  /** Days before the end of a certificate from which on it is an alarm; 0: never. */
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** Returns when the latest certificate of a check ends, milliseconds since the epoch; undefined: it saw none. */
  readonly endOf: (check: CheckKey) => number | undefined;
  /** Returns the names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm when a certificate ended or ends soon, and ends it when the endpoint shows another. */
export interface CertificatesLog {
  /** Takes in new observations of these checks. */
  observed(checks: readonly CheckKey[]): void;
  /** Applies the clock. */
  look(): void;
  /** Forgets a check that no longer exists. */
  forget(check: CheckKey): void;
}

/** Creates the log. It remembers one time for each check that saw a certificate. */
export function createCertificatesLog({
  alarms,
  days,
  epochMs,
  endOf,
  poolsOf,
}: CertificatesLogOptions): CertificatesLog {
  const ends = new Map<CheckKey, number>();
  const raised = new Set<CheckKey>();

  function judge(check: CheckKey, endsAtMs: number | undefined): void {
    const isDue = endsAtMs !== undefined && endsSoon(endsAtMs, epochMs(), days);
    if (isDue === raised.has(check)) return;
    const fields = { check, pools: poolsOf(check) };
    if (!isDue) {
      raised.delete(check);
      alarms.end('certificate', check, fields);
      return;
    }
    raised.add(check);
    const end = certificateEnd(endsAtMs, epochMs());
    const pools = fields.pools.slice(0, ALARM_POOLS_MAX);
    alarms.raise({ alarm: 'certificate', about: check, pools }, end.endsAt, { ...fields, ...end });
  }

  return {
    observed(checks) {
      for (const check of checks) {
        const endsAtMs = endOf(check);
        if (endsAtMs === undefined) ends.delete(check);
        else ends.set(check, endsAtMs);
        judge(check, endsAtMs);
      }
    },
    look() {
      for (const [check, endsAtMs] of ends) judge(check, endsAtMs);
    },
    forget(check) {
      ends.delete(check);
      judge(check, undefined);
    },
  };
}
