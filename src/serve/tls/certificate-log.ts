import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import { type CertificateEvents, endOf, type KeyPair } from './certificate.ts';

/**
 * Makes a listener use each new certificate, and logs it. While the files cannot be used, it logs that once a minute,
 * and it logs when they can be used again. `what`: the listener, as a sentence begins.
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
      log.info({ cert }, `${what} can use the certificate files again, after ${seconds} s.`);
  };
  return {
    changed(pair) {
      use(pair);
      over();
      log.info({ cert, certificateEnds: endOf(pair) }, `${what} uses the new certificate.`);
    },
    unchanged: over,
    failed(err) {
      const unsaid = repeats.due(String(err));
      if (unsaid !== undefined)
        log.error({ err, cert, unsaid }, `${what} cannot use the new certificate and keeps the old one.`);
    },
  };
}
