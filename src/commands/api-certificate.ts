import type { Admin } from '../admin/server.ts';
import type { CertificateFiles } from '../config/config.ts';
import {
  type CertificateWatch,
  endOf,
  type KeyPair,
  usableCertificate,
  watchCertificate,
} from '../serve/tls/certificate.ts';
import { logCertificates } from '../serve/tls/certificate-log.ts';
import type { Logger } from '../telemetry/log.ts';
import { OperatorError } from './exit.ts';

/** Reads the certificate of the API and its key. Throws OperatorError. */
export function apiCertificate(files: CertificateFiles, log: Logger): KeyPair {
  try {
    return usableCertificate(files, log);
  } catch (error) {
    throw new OperatorError(`api.tls: ${(error as Error).message}`);
  }
}

/** Replaces the certificate of the API whenever its files change, and logs it. */
export function followCertificate(
  files: CertificateFiles,
  present: KeyPair,
  admin: Pick<Admin, 'useCertificate'>,
  log: Logger,
): CertificateWatch {
  const { cert } = files;
  log.info({ cert, certificateEnds: endOf(present) }, 'The API uses TLS.');
  const events = logCertificates(log, { what: 'The API', cert }, (pair) => admin.useCertificate(pair));
  return watchCertificate(files, present, events);
}
