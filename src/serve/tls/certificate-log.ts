import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import { type CertificateEvents, endOf, type KeyPair } from './certificate.ts';

/**
 * Uses each new certificate of a listener, and logs it; files that cannot be used seldom, while that lasts, and when they can
 * again. `what`: who shows the certificate, as a sentence begins.
 */
export function logCertificates(
  log: Logger,
  { what, cert }: { readonly what: string; readonly cert: string },
  use: (pair: KeyPair) => void,
): CertificateEvents {
  const repeats = createRepeats();
  const over = () => {
    const seconds = repeats.over();
    if (seconds !== undefined)
      log.info({ cert }, `${what}: the certificate files can be used again, after ${seconds} s`);
  };
  return {
    changed(pair) {
      use(pair);
      over();
      log.info({ cert, certificateEnds: endOf(pair) }, `${what}: a new certificate is used`);
    },
    unchanged: over,
    failed(err) {
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined)
        log.error({ err, cert, unsaid }, `${what}: the new certificate cannot be used, the old one stays`);
    },
  };
}
