import type { CertificateFiles, Config, ListenAddress } from '../../config/config.ts';
import type { Logger } from '../logger.ts';
import {
  type CertificateWatch,
  endOf,
  type KeyPair,
  usableCertificate,
  watchCertificate,
} from '../tls/certificate.ts';
import { logCertificates } from '../tls/certificate-log.ts';
import { startDot, type TlsListener } from '../tls/dot.ts';
import type { Handover } from './accept.ts';
import { drainAll, startEach, stopAll } from './group.ts';
import type { TcpOptions } from './tcp.ts';

/** What startEncrypted needs. */
export interface EncryptedOptions {
  readonly tls: Config['dns']['tls'];
  readonly https: Config['dns']['https'];
  /** Options of every stream listener. */
  readonly streams: Omit<TcpOptions, 'listen'>;
  readonly log: Logger;
}

/** Running listeners of DNS over TLS and over HTTPS. */
export interface Encrypted {
  readonly tls: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
  /** Stops listening, and resolves when every connection has ended. */
  drain(handover?: Handover): Promise<void>;
  stop(): Promise<void>;
}

/** Listeners that share a certificate. */
interface Group {
  readonly addresses: readonly ListenAddress[];
  drain(handover?: Handover): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the configured listeners of DNS over TLS and HTTPS, and follows the certificate files. When an address cannot be bound or a
 * certificate cannot be used, it listens nowhere and rejects; the `setting` of the error names the setting.
 */
export async function startEncrypted(options: EncryptedOptions): Promise<Encrypted> {
  // All files are read before any listener starts: where one is wrong, nothing is answered.
  const certificates = {
    tls: options.tls && certificateOf('dns.tls', options.tls, options.log),
    https: options.https?.certificate && certificateOf('dns.https', options.https.certificate, options.log),
  };
  const tls = await startTls(options, certificates.tls);
  const https = await startHttps(options, certificates.https).catch(async (error: unknown) => {
    await tls.stop();
    throw error;
  });
  return {
    tls: tls.addresses,
    https: https.addresses,
    drain: (handover) => drainAll([tls, https], handover),
    stop: () => stopAll([tls, https]),
  };
}

const NONE: Group = { addresses: [], drain: () => Promise.resolve(), stop: () => Promise.resolve() };

async function startTls(options: EncryptedOptions, certificate: KeyPair | undefined): Promise<Group> {
  const { tls, streams } = options;
  if (tls === undefined || certificate === undefined) return NONE;
  const listeners = await startEach(tls.listen, (listen) =>
    startDot({ ...streams, listen, certificate }),
  ).catch(blame('dns.tls.listen'));
  return grouped('DNS over TLS', listeners, options, { files: tls, certificate });
}

async function startHttps(options: EncryptedOptions, certificate: KeyPair | undefined): Promise<Group> {
  const { https, streams } = options;
  if (https === undefined) return NONE;
  const { path, certificate: files } = https;
  // To load HTTP takes 30 ms, and DNS over TLS needs none.
  const { startDoh } = await import('../doh/doh.ts');
  const listeners = await startEach(https.listen, (listen) =>
    startDoh({ ...streams, listen, path, ...(certificate && { certificate }) }),
  ).catch(blame('dns.https.listen'));
  const what = certificate ? 'DNS over HTTPS' : 'DNS over HTTP, without TLS';
  return grouped(what, listeners, options, certificate && files && { files, certificate });
}

function grouped(
  what: string,
  listeners: readonly TlsListener[],
  { log }: EncryptedOptions,
  used: { files: CertificateFiles; certificate: KeyPair } | undefined,
): Group {
  const addresses = listeners.map(({ address, port }) => ({ address, port }));
  log.info(
    { listen: addresses, ...(used && { certificateEnds: endOf(used.certificate) }) },
    `Lifeguard answers ${what}.`,
  );
  let watch: CertificateWatch | undefined;
  if (used !== undefined) {
    const { cert } = used.files;
    const events = logCertificates(log, { what, cert }, (pair) => {
      for (const listener of listeners) listener.setCertificate(pair);
    });
    watch = watchCertificate(used.files, used.certificate, events);
  }
  return {
    addresses,
    drain: (handover) => drainAll(listeners, handover),
    stop() {
      watch?.stop();
      return stopAll(listeners);
    },
  };
}

function certificateOf(setting: string, files: CertificateFiles, log: Logger): KeyPair {
  try {
    return usableCertificate(files, log);
  } catch (error) {
    return blame(setting)(error);
  }
}

/** Makes a handler that adds the setting to an error. */
function blame(setting: string): (error: unknown) => never {
  return (error) => {
    throw Object.assign(error as Error, { setting });
  };
}
