import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { securityHeaders } from './answer-headers.ts';
import { failure } from './envelope.ts';
import { type ApiError, apiError } from './errors.ts';

/** Octets of a request's header section. */
export const HEADER_OCTETS_MAX = 16 * 1_024;

/** Whether an error of a connection is one of HTTP, which is answered; whose connection broke is not. */
export function isAnswered({ code = '' }: { readonly code?: string }): boolean {
  return /^(HPE_|ERR_HTTP_)/.test(code);
}

/** Answers what never became a request, in the envelope, and ends the connection. */
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
  return apiError('badRequest', { why: error.message });
}
