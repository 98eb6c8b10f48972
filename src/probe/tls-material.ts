import { X509Certificate } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { createSecureContext, type SecureContext, type SecureVersion } from 'node:tls';
import type { MonitorTls, TlsVersion } from '../check/monitor-tls.ts';
import { LocalFault } from './failure.ts';

/** Octets of a file of certificates or of a key. */
export const PEM_OCTETS_MAX = 4 * 1024 * 1024;
/** Time after which files are examined again, milliseconds. */
export const FRESH_MS = 2_000;
/** Combinations of files and versions that are kept. */
const CONTEXTS_MAX = 256;

/** The files that the configuration names for monitors. */
export interface TlsFiles {
  readonly authorities: readonly { readonly name: string; readonly file: string }[];
  readonly clientCertificates: readonly {
    readonly name: string;
    readonly cert: string;
    readonly key: string;
  }[];
}

/** Makes the TLS context of a connection from the TLS settings of a monitor. */
export interface TlsMaterial {
  /**
   * With the client certificate only where it is to be shown. Files are read again when they change. Rejects with LocalFault where
   * this machine's configuration has no such name, or a file cannot be used: that says nothing of the endpoint.
   */
  contextOf(tls: MonitorTls, presents: boolean): Promise<SecureContext>;
}

const VERSIONS: Readonly<Record<TlsVersion, SecureVersion>> = {
  '1.0': 'TLSv1',
  '1.1': 'TLSv1.1',
  '1.2': 'TLSv1.2',
  '1.3': 'TLSv1.3',
};
/** Versions before 1.2 sign with SHA-1, which OpenSSL lets at no other level. */
const OLD_CIPHERS = 'DEFAULT@SECLEVEL=0';

interface Kept {
  readonly context: Promise<SecureContext>;
  readonly readMs: number;
}

/** The material in these files, which are read when a check first needs them. */
export function createTlsMaterial({ authorities, clientCertificates }: TlsFiles): TlsMaterial {
  const kept = new Map<string, Kept>();

  async function make({ authority, clientCertificate, minVersion }: MonitorTls): Promise<SecureContext> {
    const ca = authority ? await authorityOf(authority) : undefined;
    const pair = clientCertificate ? await pairOf(clientCertificate) : undefined;
    const isOld = minVersion === '1.0' || minVersion === '1.1';
    try {
      return createSecureContext({
        ...(ca && { ca }),
        ...pair,
        ...(minVersion && { minVersion: VERSIONS[minVersion] }),
        ...(isOld && { ciphers: OLD_CIPHERS }),
      });
    } catch (cause) {
      const what = clientCertificate
        ? `The client certificate "${clientCertificate}"`
        : `The authority "${authority}"`;
      throw new LocalFault(`${what} cannot be used: ${codeOf(cause)}.`, { cause });
    }
  }

  async function authorityOf(name: string): Promise<string[]> {
    const found = authorities.find((each) => each.name === name);
    if (found === undefined)
      throw new LocalFault(`The configuration here has no "${name}" in monitor.authorities.`);
    const text = await readPem(found.file, `The authority "${name}"`);
    const certificates = text.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
    if (certificates.length === 0 || !certificates.every(isCertificate))
      throw new LocalFault(`The authority "${name}" cannot be used: its file is not certificates in PEM.`);
    return certificates;
  }

  async function pairOf(name: string): Promise<{ cert: string; key: string }> {
    const found = clientCertificates.find((each) => each.name === name);
    if (found === undefined)
      throw new LocalFault(`The configuration here has no "${name}" in monitor.client_certificates.`);
    const what = `The client certificate "${name}"`;
    return { cert: await readPem(found.cert, what), key: await readPem(found.key, what) };
  }

  return {
    contextOf(tls, presents) {
      const wanted = presents ? tls : { ...tls, clientCertificate: null };
      const key = JSON.stringify([wanted.authority, wanted.clientCertificate, wanted.minVersion]);
      const known = kept.get(key);
      const monotonicMs = performance.now();
      if (known !== undefined && monotonicMs < known.readMs + FRESH_MS) return known.context;
      if (kept.size >= CONTEXTS_MAX) kept.clear();
      const context = make(wanted);
      kept.set(key, { context, readMs: monotonicMs });
      return context;
    },
  };
}

/** Reads a file, which must be a regular one: a FIFO would never end. Errors do not name the path, which is the configuration's own affair. */
async function readPem(path: string, what: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw new Error('it is not a regular file');
      if (stats.size > PEM_OCTETS_MAX) throw new Error(`its file has more than ${PEM_OCTETS_MAX} octets`);
      return await file.readFile('latin1');
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new LocalFault(`${what} cannot be read: ${codeOf(cause)}.`, { cause });
  }
}

function isCertificate(pem: string): boolean {
  try {
    void new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

/** Returns what an error may show: messages of the system contain the path. */
function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
