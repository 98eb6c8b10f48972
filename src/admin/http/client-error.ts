import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { securityHeaders } from './answer-headers.ts';
import { failure } from './envelope.ts';
import { type ApiError, apiError } from './errors.ts';

/** Maximum octets of the header section of a request. */
export const HEADER_OCTETS_MAX = 16 * 1_024;

/** The failure of a connection with a CONNECT request (RFC 9110 §9.3.6). */
export const NO_TUNNEL = Object.assign(new Error('CONNECT'), { code: 'ERR_HTTP_CONNECT' });

/** Returns true for an error of HTTP, which gets an answer, and false for a broken connection. */
export function isAnswered({ code = '' }: { readonly code?: string }): boolean {
  return /^(HPE_|ERR_HTTP_)/.test(code);
}

/** Answers input that is not a request, in the envelope, and closes the connection. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { status, errors, headers } = errorFor(error);
  const body = JSON.stringify(failure(errors));
  const fields = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...headers,
    ...securityHeaders({ isEncrypted: socket instanceof TLSSocket }),
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} \r\n${lines.join('')}\r\n${body}`);
}

function errorFor(error: Error & { code?: string }): ApiError {
  if (error.code === 'HPE_HEADER_OVERFLOW') return apiError('headersTooLarge', { max: HEADER_OCTETS_MAX });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return apiError('timeout');
  if (error === NO_TUNNEL) return apiError('noTunnel');
  return apiError('badRequest', { why: error.message });
}
