import { DAY_MS, endsSoon } from '../check/certificate.ts';
import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import type { Logger } from './logger.ts';

/** Warns of certificates that end soon. */
export interface CertificateWarnings {
  /** Takes in what a check found at this time, milliseconds since the epoch. */
  take(check: Check, outcome: Outcome, nowMs: number): void;
}

/**
 * Logs a certificate that ends within so many days, or has ended, once a day for each check at most. No days: never.
 * What it remembers is bounded by the checks it warned of within a day.
 */
export function createCertificateWarnings(days: number, log: Logger): CertificateWarnings {
  /** When each check was last warned of; the oldest first, as a Map keeps its order. */
  const warned = new Map<CheckKey, number>();
  return {
    take({ key, address, port, host, users }, { certificateEndsAtMs }, nowMs) {
      if (certificateEndsAtMs === undefined || !endsSoon(certificateEndsAtMs, nowMs, days)) return;
      const leftMs = certificateEndsAtMs - nowMs;
      for (const [known, atMs] of warned) {
        if (nowMs - atMs < DAY_MS) break;
        warned.delete(known);
      }
      if (warned.has(key)) return;
      warned.set(key, nowMs);
      const [user] = users;
      log.warn(
        {
          pool: user?.pool.name,
          endpoint: user?.endpoint.name,
          address,
          port,
          host,
          endsAt: new Date(certificateEndsAtMs).toISOString(),
          daysLeft: Math.floor(leftMs / DAY_MS),
        },
        leftMs > 0 ? 'a certificate ends soon' : 'a certificate has ended',
      );
    },
  };
}
