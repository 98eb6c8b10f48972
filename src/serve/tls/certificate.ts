import { createPrivateKey, X509Certificate } from 'node:crypto';
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CertificateFiles } from '../../config/config.ts';
import { readRegularFile } from '../../config/source/regular-file.ts';
import type { Logger } from '../logger.ts';

/** A certificate with its chain, and its private key, both in PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Watches certificate files. */
export interface CertificateWatch {
  stop(): void;
}

/** What watchCertificate calls back. */
export interface CertificateEvents {
  /** The files have a new certificate that can be used. */
  changed(pair: KeyPair): void;
  /** The files were written again, with the certificate that is used already. */
  unchanged(): void;
  /** The files changed and cannot be used. Called once for each change. */
  failed(error: Error): void;
}

/** Interval at which the files are examined, milliseconds. */
export const CERTIFICATE_CHECK_MS = 1_000;

/** Maximum octets of a certificate with its chain, and of a key: far more than any has. */
export const PEM_OCTETS_MAX = 1024 * 1024;
/** Permissions of users other than the owner and the group. */
const EVERYBODY_MASK = 0o007;

/** Reads a certificate and its key. Throws an error that names the file and the rule when one is missing, is no PEM, or does not belong to the other. */
export function readCertificate(files: CertificateFiles): KeyPair {
  return checked(files, read(files));
}

/**
 * Reads a certificate and its key for use, and warns where everybody may read the key. Throws as readCertificate(), with both
 * files in the message.
 */
export function usableCertificate(files: CertificateFiles, log: Pick<Logger, 'warn'>): KeyPair {
  try {
    const pair = readCertificate(files);
    warnOfOpenKey(files, log);
    return pair;
  } catch (error) {
    const why = (error as Error).message;
    throw new Error(`Cannot use the certificate ${files.cert} with the key ${files.key}: ${why}`);
  }
}

function read({ cert, key }: CertificateFiles): KeyPair {
  return {
    cert: readRegularFile(cert, PEM_OCTETS_MAX).octets,
    key: readRegularFile(key, PEM_OCTETS_MAX).octets,
  };
}

/** Logs a warning when every user of the machine may read or change a private key. */
export function warnOfOpenKey({ key }: CertificateFiles, log: Pick<Logger, 'warn'>): void {
  const mode = statSync(key, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & EVERYBODY_MASK) === 0) return;
  log.warn(
    { key, permissions: (mode & 0o777).toString(8) },
    'Everybody on this machine may read or change a private key. Its permissions should be 640 or less.',
  );
}

/** Returns the time at which a certificate ends. */
export function endOf({ cert }: KeyPair): Date {
  return new X509Certificate(cert).validToDate;
}

/**
 * Examines the files every `checkMs`, and calls back when they changed. It compares their state and does not rely on events of the file
 * system, which are lost when a link to a directory is replaced, as is usual for certificates. It waits until the files are the same
 * at two looks, so that a new certificate is not tried with an old key.
 */
export function watchCertificate(
  files: CertificateFiles,
  present: KeyPair,
  events: CertificateEvents,
  checkMs: number = CERTIFICATE_CHECK_MS,
): CertificateWatch {
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let tried: string | undefined;
  let seen: string | undefined;
  let last = present;

  async function look(): Promise<void> {
    const state = await stateOf(files);
    const isSettled = state === seen;
    seen = state;
    if (!isSettled || state === tried) return;
    tried = state;
    try {
      const found = read(files);
      if (found.cert.equals(last.cert) && found.key.equals(last.key)) {
        events.unchanged();
        return;
      }
      last = checked(files, found);
      events.changed(last);
    } catch (error) {
      if (!isStopped) events.failed(error as Error);
    }
  }

  function schedule(): void {
    timer = setTimeout(() => void look().finally(() => isStopped || schedule()), checkMs);
  }

  void look().finally(() => isStopped || schedule());
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}

/** Describes the state of the files, so that it differs when one of them changed. */
async function stateOf({ cert, key }: CertificateFiles): Promise<string> {
  const states = [cert, key].map((file) =>
    stat(file).then(
      ({ dev, ino, size, mtimeMs }) => [dev, ino, size, mtimeMs].join(' '),
      () => 'not there',
    ),
  );
  return (await Promise.all(states)).join(', ');
}

function checked(files: CertificateFiles, pair: KeyPair): KeyPair {
  const attempt = (file: string, rule: string, use: () => unknown) => {
    try {
      use();
    } catch (error) {
      throw new Error(`${file} ${rule} (${(error as Error).message})`);
    }
  };
  attempt(files.cert, 'is no certificate in PEM', () => new X509Certificate(pair.cert));
  attempt(files.key, 'is no private key in PEM without a passphrase', () => createPrivateKey(pair.key));
  attempt(files.key, `is not the key of ${files.cert}`, () => createSecureContext({ ...pair }));
  return pair;
}
