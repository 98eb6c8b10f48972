import type { Socket } from 'node:net';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Monitor } from '../check/monitor.ts';
import { CertificateRefused, InvalidResponse } from './failure.ts';
import type { Means } from './finding.ts';

/** How a TLS connection is made. */
export interface TlsTerms {
  /** Sent as SNI; absent: none is sent (RFC 6066 §3 allows no IP address). */
  readonly serverName?: string;
  /** Host name or IP address the certificate must be for. */
  readonly verifyName: string;
  /** Accept any certificate. */
  readonly allowInsecure: boolean;
  /** The one protocol offered by ALPN (RFC 7301); absent: none is. */
  readonly protocol?: 'http/1.1' | 'h2';
  /** Trust; absent: the runtime's default. */
  readonly secureContext?: SecureContext;
}

/**
 * The terms of a monitor for a server of this name. The client certificate goes only to the endpoint itself, which `isEndpoint` says.
 * Rejects with LocalFault where a file that the monitor names cannot be used here.
 */
export async function termsOf(
  { allowInsecure, tls }: Pick<Monitor, 'allowInsecure' | 'tls'>,
  { serverName, verifyName, isEndpoint }: ServerNames,
  { material, secureContext: byDefault }: Pick<Means, 'material' | 'secureContext'>,
): Promise<TlsTerms> {
  const isPlain = !(tls?.authority || tls?.clientCertificate || tls?.minVersion);
  const secureContext = isPlain ? byDefault : await material.contextOf(tls, isEndpoint);
  return {
    verifyName,
    allowInsecure,
    ...(serverName === undefined ? {} : { serverName }),
    ...(secureContext === undefined ? {} : { secureContext }),
  };
}

/** The names of the server of a connection. */
export interface ServerNames extends Pick<TlsTerms, 'serverName' | 'verifyName'> {
  /** Whether it is the endpoint that is checked, and not where it sent us. */
  readonly isEndpoint: boolean;
}

/**
 * TLS over an open connection. Destroyed when the signal aborts. Rejects with the handshake's or the verification's
 * error, or with the signal's reason.
 */
export function secure(socket: Socket, terms: TlsTerms, signal: AbortSignal): Promise<TLSSocket> {
  return handshake({ socket }, terms, signal, () => {});
}

/** Opens a TLS connection with its own socket. Calls `connected` when TCP is connected. As `secure` otherwise. */
export function connectTls(
  to: { readonly address: string; readonly port: number },
  terms: TlsTerms,
  signal: AbortSignal,
  connected: () => void,
): Promise<TLSSocket> {
  return handshake({ host: to.address, port: to.port }, terms, signal, connected);
}

function handshake(
  over: ConnectionOptions,
  terms: TlsTerms,
  signal: AbortSignal,
  connected: () => void,
): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const { serverName, verifyName, allowInsecure, protocol, secureContext } = terms;
    const secured = connect({
      ...over,
      ...(protocol && { ALPNProtocols: [protocol] }),
      rejectUnauthorized: !allowInsecure,
      checkServerIdentity: (_name, certificate) => checkServerIdentity(verifyName, certificate),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(secureContext === undefined ? {} : { secureContext }),
    });
    const onAbort = () => secured.destroy(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    // Keys are made after the server has asked for a certificate, or has not. What they are stays where it is.
    secured.on('keylog', () => {
      if (asksForCertificate(secured)) askers.add(secured);
    });
    secured.on('error', (error: NodeJS.ErrnoException) => {
      const isRefusal = END_CODES.test(error.code ?? '') && askers.has(secured);
      reject(isRefusal ? refusedBy(error) : error);
    });
    secured.once('connect', connected);
    secured.once('secureConnect', () => {
      // Before TLS 1.3 the server has judged it by now.
      if (secured.getProtocol() === 'TLSv1.3' && asksForCertificate(secured)) askers.add(secured);
      else askers.delete(secured);
      resolve(secured);
    });
  });
}

/** Codes of errors that mean the end of a connection. */
const END_CODES = /^(ECONNRESET|ECONNABORTED|EPIPE|ERR_HTTP2_|ERR_STREAM_)/;

/** Connections over which the server asked for a client certificate that it has not judged yet. */
const askers = new WeakSet<Socket>();

/**
 * A server asks for a certificate of the client during the handshake. In TLS 1.3 it judges that after the handshake is complete
 * on this side (RFC 8446 §4.4.2.4), before that within it (RFC 5246 §7.4.6). Its request names the signatures that it takes
 * (RFC 8446 §4.3.2, RFC 5246 §7.4.4), and without a request none are known.
 */
function asksForCertificate(secured: TLSSocket): boolean {
  return secured.getSharedSigalgs().length > 0;
}

/**
 * Waits for an exchange over a connection, of TLS or not. A reset may discard the alert that says why a client certificate is
 * refused: where the server asked for one and ended the connection without an octet of an answer, rejects with CertificateRefused
 * instead of what came.
 */
export async function unlessRefused<T>(socket: Socket, exchange: Promise<T>): Promise<T> {
  try {
    return await exchange;
  } catch (cause) {
    const isEnd =
      cause instanceof InvalidResponse || END_CODES.test((cause as NodeJS.ErrnoException)?.code ?? '');
    if (!isEnd || socket.bytesRead > 0 || !askers.has(socket)) throw cause;
    throw refusedBy(cause);
  }
}

function refusedBy(cause: unknown): CertificateRefused {
  const text = 'The server asked for a client certificate and ended the connection without an answer.';
  return new CertificateRefused(text, { cause });
}

/** When the certificate of the other side ends, milliseconds since the epoch; undefined where it showed none. */
export function certificateEndMs(secured: TLSSocket): number | undefined {
  return secured.getPeerX509Certificate()?.validToDate.getTime();
}
