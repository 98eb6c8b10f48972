import { certificateEnd, DAY_MS, endsSoon } from '../check/certificate.ts';
import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import { ALARM_TEXTS } from '../event/alarm.ts';
import type { Logger } from './logger.ts';

/** Logs certificates that end soon. */
export interface CertificateWarnings {
  /** Takes in the outcome of a check. `epochMs`: the time of it. */
  take(check: Check, outcome: Outcome, epochMs: number): void;
}

/**
 * Logs certificates that ended or end within `days`, at most once a day for each check; 0 days: never. Its memory is
 * bounded by the checks that it warned of within a day.
 */
export function createCertificateWarnings(days: number, log: Logger): CertificateWarnings {
  /** Time of the latest warning of each check, oldest first. */
  const warned = new Map<CheckKey, number>();
  return {
    take({ key, address, port, host, users }, { certificateEndsAtMs }, epochMs) {
      if (certificateEndsAtMs === undefined || !endsSoon(certificateEndsAtMs, epochMs, days)) return;
      for (const [known, atMs] of warned) {
        if (epochMs - atMs < DAY_MS) break;
        warned.delete(known);
      }
      if (warned.has(key)) return;
      warned.set(key, epochMs);
      const [user] = users;
      log.warn(
        {
          pool: user?.pool.name,
          endpoint: user?.endpoint.name,
          address,
          port,
          host,
          ...certificateEnd(certificateEndsAtMs, epochMs),
        },
        `${ALARM_TEXTS.certificate.raised}.`,
      );
    },
  };
}
