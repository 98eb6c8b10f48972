import { DETAIL_CHARACTERS_MAX, type FailureReason } from '../check/outcome.ts';

/** How far an attempt had come. */
export type Phase = 'resolve' | 'connect' | 'tls' | 'http' | 'icmp' | 'smtp' | 'smtp-tls' | 'dns';

/** The attempt used up its time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/** The check cannot be made as it is configured. */
export class MonitorConfigError extends Error {
  override readonly name = 'MonitorConfigError';
}

/** The response broke a bound of ours or the protocol. */
export class InvalidResponse extends Error {
  override readonly name = 'InvalidResponse';
}

/** A server asked for a client certificate, and ended the connection before it answered anything. */
export class CertificateRefused extends Error {
  override readonly name = 'CertificateRefused';
}

/** The content codings of a body cannot be decoded. */
export class BrokenEncoding extends Error {
  override readonly name = 'BrokenEncoding';
}

/** This machine could not make the attempt (no sockets, ports or memory left), so nothing is known of the endpoint. */
export class LocalFault extends Error {
  override readonly name = 'LocalFault';
}

/** Nothing listens on the UDP port: an ICMP port-unreachable came back (RFC 792, RFC 4443 §3.1). */
export class PortUnreachable extends Error {
  override readonly name = 'PortUnreachable';
}

const LOCAL_CODES: ReadonlyMap<string, string> = new Map([
  [
    'EMFILE',
    'this process has as many files and sockets open as it may; raise its limit (ulimit -n, LimitNOFILE)',
  ],
  ['ENFILE', 'this machine has as many files and sockets open as it may; raise its limit (fs.file-max)'],
  ['ENOBUFS', 'this machine has no memory left for a connection'],
  ['ENOMEM', 'this machine has no memory left for a connection'],
  [
    'EADDRNOTAVAIL',
    'this machine has no port left for a connection, or not the address from which it is made',
  ],
  ['EAFNOSUPPORT', 'this machine does not have this family of addresses'],
  ['ENETDOWN', 'the network of this machine is down'],
  ['EPERM', 'this machine forbids the connection, by a firewall or a missing right'],
  ['EACCES', 'this machine forbids the connection, by a firewall or a missing right'],
]);

const BY_CODE: Readonly<Record<string, FailureReason>> = {
  ECONNREFUSED: 'TCP connection failed',
  EHOSTUNREACH: 'No route to host',
  EHOSTDOWN: 'No route to host',
  ENETUNREACH: 'Network Unreachable',
  ECONNRESET: 'Connection Reset by Peer',
  EPIPE: 'Connection Reset by Peer',
  ENOTFOUND: 'DNS Unknown Host',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS name mismatch error',
  HOSTNAME_MISMATCH: 'TLS name mismatch error',
  EPROTO: 'TLS protocol error',
};

/** Codes of certificate verification: X509_verify_cert_error_string's names as Node spells them. */
const CERTIFICATE_CODES =
  /^(CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|ERROR_IN_CERT_|ERROR_IN_CRL_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED)/;

/** OpenSSL errors that mean the two sides do not speak the same protocol (also: it is not TLS at all). */
const PROTOCOL_CODES =
  /(WRONG_VERSION_NUMBER|UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|PACKET_LENGTH_TOO_LONG|RECORD_TOO_LONG|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|NO_APPLICATION_PROTOCOL|INAPPROPRIATE_FALLBACK)/;

/**
 * The reference API's text for what ended an attempt. Throws LocalFault instead when this machine and not the
 * endpoint was the cause.
 */
export function reasonOf(error: unknown, phase: Phase): FailureReason {
  if (error instanceof LocalFault) throw error;
  if (error instanceof DeadlineExceeded) return timeoutReason(phase);
  if (error instanceof MonitorConfigError) return 'Monitor Config Error';
  if (error instanceof InvalidResponse) return invalidReason(phase);
  if (error instanceof BrokenEncoding) return 'Response encoding error';
  if (error instanceof CertificateRefused) return 'TLS Handshake Failure';
  if (error instanceof PortUnreachable) return 'UDP Port Unreachable';
  const { code, syscall } = codeOf(error);
  // Linux says EACCES for an ICMPv6 "administratively prohibited" from the network (RFC 4443 §3.1), to a UDP socket when
  // it reads and to a TCP socket when it connects. What a firewall of this machine refuses is EPERM.
  if (code === 'EACCES' && (syscall === 'recvmsg' || syscall === 'connect')) return 'No route to host';
  const local = LOCAL_CODES.get(code);
  if (local !== undefined) throw new LocalFault(`${local} (${code})`, { cause: error });
  // Node gives ECONNRESET without a system call when the peer simply closed during the handshake.
  if (isTls(phase) && code === 'ECONNRESET' && syscall === '') return 'TLS Handshake Failure';
  // A failure of a DNS server is not one of the endpoint, ECONNREFUSED for example.
  if (phase === 'resolve') {
    if (code === 'ENOTFOUND') return 'DNS Unknown Host';
    throw new LocalFault(`no DNS server answered for the host name: ${code || error}`, {
      cause: error,
    });
  }
  if (code === 'ETIMEDOUT') return timeoutReason(phase);
  const known = BY_CODE[code];
  if (known !== undefined) return known;
  if (CERTIFICATE_CODES.test(code)) return 'TLS untrusted certificate error';
  if (code.startsWith('ERR_SSL_')) return tlsReason(code);
  if (code.startsWith('ERR_HTTP2_')) return 'HTTP Invalid Response';
  return isTls(phase) ? 'TLS Handshake Failure' : 'Other Failure';
}

/**
 * Returns the detail of an Outcome: the sentence of our own error, or the name of OpenSSL's; undefined where the reason
 * is enough.
 */
export function detailOf(error: unknown): string | undefined {
  if (
    error instanceof InvalidResponse ||
    error instanceof BrokenEncoding ||
    error instanceof CertificateRefused ||
    error instanceof MonitorConfigError
  )
    return error.message.slice(0, DETAIL_CHARACTERS_MAX);
  const { code } = codeOf(error);
  if (code.startsWith('ERR_SSL_') || CERTIFICATE_CODES.test(code))
    return `TLS: ${code
      .replace(/^ERR_SSL_/, '')
      .replaceAll('_', ' ')
      .toLowerCase()}`;
  return undefined;
}

/** Returns true for a timeout, the only kind of failure that is tried again. */
export function isTimeout(reason: FailureReason): boolean {
  return TIMEOUTS.has(reason);
}

const TIMEOUTS: ReadonlySet<FailureReason> = new Set([
  'TCP Timeout',
  'HTTP timeout occurred',
  'ICMP Timeout',
  'SMTP Timeout',
  'DNS Timeout',
]);

function isTls(phase: Phase): boolean {
  return phase === 'tls' || phase === 'smtp-tls';
}

function timeoutReason(phase: Phase): FailureReason {
  switch (phase) {
    case 'resolve':
      return 'DNS Internal';
    case 'connect':
      return 'TCP Timeout';
    case 'tls':
    case 'http':
      return 'HTTP timeout occurred';
    case 'icmp':
      return 'ICMP Timeout';
    case 'smtp':
    case 'smtp-tls':
      return 'SMTP Timeout';
    case 'dns':
      return 'DNS Timeout';
  }
}

function invalidReason(phase: Phase): FailureReason {
  if (phase === 'smtp' || phase === 'smtp-tls') return 'SMTP Invalid Response';
  return phase === 'dns' ? 'DNS Invalid Response' : 'HTTP Invalid Response';
}

function tlsReason(code: string): FailureReason {
  if (code.includes('UNRECOGNIZED_NAME')) return 'TLS unrecognized name error';
  return PROTOCOL_CODES.test(code) ? 'TLS protocol error' : 'TLS Handshake Failure';
}

function codeOf(error: unknown): { code: string; syscall: string } {
  if (!(error instanceof Error)) return { code: '', syscall: '' };
  const { code, syscall } = error as NodeJS.ErrnoException;
  return { code: typeof code === 'string' ? code : '', syscall: syscall ?? '' };
}
