import { expect, test } from 'vitest';
import { FAILURE_REASONS } from '../../src/check/outcome.ts';
import {
  DeadlineExceeded,
  InvalidResponse,
  isTimeout,
  LocalFault,
  type Phase,
  PortUnreachable,
  reasonOf,
} from '../../src/probe/failure.ts';

const failed = (code: string, syscall?: string) => Object.assign(new Error(code), { code, syscall });

test.each<[string, Phase, string]>([
  ['ECONNREFUSED', 'connect', 'TCP connection failed'],
  ['ETIMEDOUT', 'connect', 'TCP Timeout'],
  ['ETIMEDOUT', 'http', 'HTTP timeout occurred'],
  ['EHOSTUNREACH', 'connect', 'No route to host'],
  ['ENETUNREACH', 'connect', 'Network Unreachable'],
  ['ECONNRESET', 'http', 'Connection Reset by Peer'],
  ['EPIPE', 'http', 'Connection Reset by Peer'],
  ['ENOTFOUND', 'resolve', 'DNS Unknown Host'],
  ['CERT_HAS_EXPIRED', 'tls', 'TLS untrusted certificate error'],
  ['CERT_NOT_YET_VALID', 'tls', 'TLS untrusted certificate error'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls', 'TLS untrusted certificate error'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls', 'TLS untrusted certificate error'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls', 'TLS untrusted certificate error'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'tls', 'TLS untrusted certificate error'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls', 'TLS name mismatch error'],
  ['ERR_SSL_TLSV1_UNRECOGNIZED_NAME', 'tls', 'TLS unrecognized name error'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'tls', 'TLS protocol error'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls', 'TLS protocol error'],
  ['EPROTO', 'tls', 'TLS protocol error'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'tls', 'TLS Handshake Failure'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'http', 'TLS Handshake Failure'],
  ['ERR_HTTP2_SESSION_ERROR', 'http', 'HTTP Invalid Response'],
  ['EWHATEVER', 'connect', 'Other Failure'],
])('%s while in %s: %s', (code, phase, reason) => expect(reasonOf(failed(code), phase)).toBe(reason));

test('the system call distinguishes a reset from a close during the handshake', () => {
  expect(reasonOf(failed('ECONNRESET', 'read'), 'tls')).toBe('Connection Reset by Peer');
  expect(reasonOf(failed('ECONNRESET'), 'tls')).toBe('TLS Handshake Failure');
});

test.each<[Phase, string]>([
  ['resolve', 'DNS Internal'],
  ['connect', 'TCP Timeout'],
  ['tls', 'HTTP timeout occurred'],
  ['http', 'HTTP timeout occurred'],
  ['icmp', 'ICMP Timeout'],
  ['smtp', 'SMTP Timeout'],
  ['dns', 'DNS Timeout'],
])('a deadline in %s: %s', (phase, reason) => expect(reasonOf(new DeadlineExceeded(), phase)).toBe(reason));

test.each(['EMFILE', 'ENFILE', 'ENOBUFS', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENETDOWN'])(
  '%s is a local fault, not a result',
  (code) => expect(() => reasonOf(failed(code), 'connect')).toThrow(LocalFault),
);

test.each<[Phase, string]>([
  ['http', 'HTTP Invalid Response'],
  ['smtp', 'SMTP Invalid Response'],
  ['dns', 'DNS Invalid Response'],
])('an invalid answer in %s: %s', (phase, reason) =>
  expect(reasonOf(new InvalidResponse('x'), phase)).toBe(reason),
);

test.each(['ETIMEOUT', 'ESERVFAIL', 'EREFUSED', 'ECONNREFUSED', 'EBADRESP'])(
  '%s from a DNS server is a local fault: nothing is known of the endpoint',
  (code) => expect(() => reasonOf(failed(code), 'resolve')).toThrow(LocalFault),
);

test('an error that was received is of the network, and an error of sending is local', () => {
  expect(reasonOf(failed('EACCES', 'recvmsg'), 'dns')).toBe('No route to host');
  expect(reasonOf(failed('EACCES', 'connect'), 'connect')).toBe('No route to host');
  expect(() => reasonOf(failed('EACCES', 'send'), 'dns')).toThrow(LocalFault);
  expect(() => reasonOf(failed('EPERM', 'connect'), 'connect')).toThrow(LocalFault);
  expect(reasonOf(new PortUnreachable('x'), 'dns')).toBe('UDP Port Unreachable');
});

test('a local fault keeps its advice', () => {
  const fault = new LocalFault('set this');
  expect(() => reasonOf(fault, 'icmp')).toThrow(fault);
});

test.each(FAILURE_REASONS)('%s is a timeout exactly if it says so', (reason) =>
  expect(isTimeout(reason)).toBe(/time ?out/i.test(reason)),
);
