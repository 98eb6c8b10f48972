import type { IncomingMessage, Server } from 'node:http';
import {
  constants,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { METHODS } from './request.ts';

/** The answers to what Node's parser of HTTP/1.1 refuses, by its codes; to all else BAD_REQUEST. */
const STATUSES: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: '501 Not Implemented',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
const BAD_REQUEST = '400 Bad Request';

/**
 * Answers the requests that Node gives to no handler: CONNECT, of either version of HTTP, and a method that its parser of
 * HTTP/1.1 does not know. `handle` answers the others. CONNECT opens no tunnel here (RFC 9110 §9.3.6), so its stream ends with the
 * answer, and an HTTP/2 connection stays. One of HTTP/1.1 ends: what follows on it may be meant for the tunnel.
 */
export function answerOtherMethods(
  server: Server | Http2SecureServer,
  handle: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): void {
  server.on('connect', (request: IncomingMessage | Http2ServerRequest, to: Http2ServerResponse | Duplex) => {
    if (!('stream' in request)) {
      endWith(to as Duplex, '405 Method Not Allowed', `Allow: ${METHODS}\r\n`);
      return;
    }
    const response = to as Http2ServerResponse;
    // RFC 9113 §8.1: after a whole answer a server may ask for the rest of the request no more.
    response.once('finish', () => request.stream.close(constants.NGHTTP2_NO_ERROR));
    handle(request, response);
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    endWith(socket, STATUSES[error.code ?? ''] ?? BAD_REQUEST);
  });
}

/** Ends a connection of HTTP/1.1 with an answer without content, unless it is closed. */
function endWith(socket: Duplex, status: string, fields = ''): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(`HTTP/1.1 ${status}\r\n${fields}Content-Length: 0\r\nConnection: close\r\n\r\n`, () =>
    socket.destroy(),
  );
}
