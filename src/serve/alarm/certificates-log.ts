import { endsSoon } from '../../check/certificate.ts';
import type { CheckKey } from '../../check/check.ts';
import { ALARM_POOLS_MAX, type Alarms } from './alarms.ts';

/** What the alarms about certificates of endpoints are made of. */
export interface CertificatesLogOptions {
  readonly alarms: Alarms;
  /** Days before its end from which a certificate is one to hear of; 0: never. */
  readonly days: number;
  /** Milliseconds since the epoch. */
  readonly nowMs: () => number;
  /** When the certificate that a check saw last ends, milliseconds since the epoch; undefined: it saw none. */
  readonly endOf: (check: CheckKey) => number | undefined;
  /** Names of the pools that have a check. */
  readonly poolsOf: (check: CheckKey) => readonly string[];
}

/** Raises the alarm when a certificate ends soon or has ended, and ends it when another is shown. */
export interface CertificatesLog {
  /** Something was heard of these checks. */
  heard(checks: readonly CheckKey[]): void;
  /** Time has passed. */
  look(): void;
  /** The check is no more. */
  forget(check: CheckKey): void;
}

/** Has said nothing yet. It remembers an end for each check that saw a certificate. */
export function createCertificatesLog({
  alarms,
  days,
  nowMs,
  endOf,
  poolsOf,
}: CertificatesLogOptions): CertificatesLog {
  const ends = new Map<CheckKey, number>();
  const told = new Set<CheckKey>();

  function judge(check: CheckKey, endsAtMs: number | undefined): void {
    const isDue = endsAtMs !== undefined && endsSoon(endsAtMs, nowMs(), days);
    if (isDue === told.has(check)) return;
    const fields = { check, pools: poolsOf(check) };
    if (!isDue) {
      told.delete(check);
      alarms.end('certificate', check, fields);
      return;
    }
    told.add(check);
    const endsAt = new Date(endsAtMs).toISOString();
    const pools = fields.pools.slice(0, ALARM_POOLS_MAX);
    alarms.raise({ alarm: 'certificate', about: check, pools }, endsAt, { ...fields, endsAt });
  }

  return {
    heard(checks) {
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
