import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { CertificateFiles } from '../../config/config.ts';

/** A certificate with its chain, and its private key, both in PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Watches certificate files. */
export interface CertificateWatch {
  stop(): void;
}

/** What watchCertificate tells. */
export interface CertificateEvents {
  /** Other files are there, and they are good. */
  changed(pair: KeyPair): void;
  /** Other files are there that cannot be used; told once for each change. */
  failed(error: Error): void;
}

/** How often the files are looked at. */
export const CERTIFICATE_CHECK_MS = 1_000;

/** Reads a certificate and its key. Throws where one is not there, is no PEM, or does not belong to the other. */
export function readCertificate(files: CertificateFiles): KeyPair {
  return checked({ cert: readFileSync(files.cert), key: readFileSync(files.key) });
}

/** When a certificate ends. */
export function endOf({ cert }: KeyPair): Date {
  return new X509Certificate(cert).validToDate;
}

/**
 * Looks at the files every `checkMs` and tells when others than the present ones are there. By their state, not by events of the file system:
 * those are lost where a link to a directory is changed over, as is done to certificates. Files that are changing still
 * are left alone until the next look, so that a new certificate is not tried with an old key.
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
      const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
      if (isStopped || (cert.equals(last.cert) && key.equals(last.key))) return;
      last = checked({ cert, key });
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

/** What changes with the files. */
async function stateOf({ cert, key }: CertificateFiles): Promise<string> {
  const states = [cert, key].map((file) =>
    stat(file).then(
      ({ dev, ino, size, mtimeMs }) => [dev, ino, size, mtimeMs].join(' '),
      () => 'not there',
    ),
  );
  return (await Promise.all(states)).join(', ');
}

function checked(pair: KeyPair): KeyPair {
  createSecureContext({ cert: pair.cert, key: pair.key });
  return pair;
}
