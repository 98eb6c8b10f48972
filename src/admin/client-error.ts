import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { securityHeaders } from './answer-headers.ts';
import { failure } from './envelope.ts';
import { apiError } from './errors.ts';

/** Octets of a request's header section. */
export const HEADER_OCTETS_MAX = 16 * 1_024;

/**
 * Answers what never became a request (Node's `clientError`), in the envelope, and ends the connection. Whose connection
 * broke or never got through the TLS handshake is not answered.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  if (!/^(HPE_|ERR_HTTP_)/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, errors } = errorFor(error);
  const body = JSON.stringify(failure(errors));
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...securityHeaders({ isEncrypted: socket instanceof TLSSocket }),
  };
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} \r\n${fields.join('')}\r\n${body}`);
}

function errorFor(error: Error & { code?: string }) {
  if (error.code === 'HPE_HEADER_OVERFLOW') return apiError('headersTooLarge', { max: HEADER_OCTETS_MAX });
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return apiError('timeout');
  return apiError('badRequest', { why: error.message });
}
