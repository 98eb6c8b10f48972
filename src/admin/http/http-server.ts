import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { securityHeaders } from './answer-headers.ts';
import { answerClientError, HEADER_OCTETS_MAX, isAnswered } from './client-error.ts';
import {
  type Connection,
  type ConnectionLimits,
  createConnections,
  type Exchange,
  HEALTH_PATHS,
  LIMITS,
} from './connections.ts';
import { failure } from './envelope.ts';
import { apiError } from './errors.ts';

/** A certificate with its chain, and its private key, both in PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** A request's header section must be here so long after its connection, or its first octet; a TLS handshake too. */
export const HEADERS_TIMEOUT_MS = 5_000;
/** A whole request must, after its header section or its connection. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** A connection may stay silent so long, while idle between requests and within one. */
export const KEEP_ALIVE_MS = 30_000;
export const CONNECTION_TIMEOUT_MS = 60_000;
/** After the server has said its last word a client may go on sending so long; cut at once it might lose that word. */
const LINGER_MS = 1_000;
/** How often connections are held against the timeouts. */
const TIMEOUT_CHECK_MS = 1_000;
/** The oldest version that is spoken (RFC 9325 §3.1.1). */
const TLS_VERSION_MIN = 'TLSv1.2';

/** An HTTP server with our limits, which others make listen. */
export interface HttpServer {
  readonly server: Server;
  /** Who answers requests; called once. */
  handle(handler: RequestListener): void;
  /** Uses another certificate for connections from now on. Throws where there was none, and where it is no good. */
  useCertificate(certificate: Certificate): void;
  /** Cuts every connection, those in the TLS handshake too, of which closeAllConnections does not know. */
  cut(): void;
}

/**
 * Makes a server of HTTPS with a certificate, of HTTP without. Throws where it is no good. Timeouts are ours and not Node's,
 * which answers 408 to a request that it then goes on to meet, where the process itself was held up: here only time
 * counts in which the server was able to read, and what was refused is never met.
 */
export function createHttpServer(
  certificate: Certificate | undefined,
  connectionLimits: ConnectionLimits = LIMITS,
): HttpServer {
  const timing: ServerOptions = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server: Server =
    certificate === undefined
      ? createServer(timing)
      : createTlsServer({ ...timing, ...secured(certificate), handshakeTimeout: HEADERS_TIMEOUT_MS });
  server.setTimeout(CONNECTION_TIMEOUT_MS);
  let readingMs = 0;
  const connections = createConnections(() => readingMs, connectionLimits);
  const bySocket = new WeakMap<Socket, Connection>();
  /** Those that are not encrypted yet, by the other side's port and address. */
  const byPeer = new Map<string, Connection>();

  server.on('connection', (socket: Socket) => {
    const connection = connections.admit(socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    bySocket.set(socket, connection);
    if (!(server instanceof TlsServer)) return linger(socket);
    const peer = peerOf(socket);
    byPeer.set(peer, connection);
    socket.once('close', () => byPeer.get(peer) === connection && byPeer.delete(peer));
  });
  server.on('secureConnection', (socket: Socket) => {
    const connection = byPeer.get(peerOf(socket));
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    connection.spoken = socket;
    connection.sinceMs = readingMs;
    bySocket.set(socket, connection);
    linger(socket);
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const connection = bySocket.get(socket);
    if (connection === undefined || !isAnswered(error)) socket.destroy();
    else fail(connection, error);
  });

  let lookedMs = performance.now();
  const checking = setInterval(() => {
    const now = performance.now();
    // Of a longer time than two looks take, it was held up for the rest.
    readingMs += Math.min(now - lookedMs, 2 * TIMEOUT_CHECK_MS);
    lookedMs = now;
    // Whatever has arrived meanwhile is read first.
    setImmediate(() => {
      for (const connection of connections.all) checkTime(connection, readingMs);
    });
  }, TIMEOUT_CHECK_MS).unref();
  server.once('close', () => clearInterval(checking));

  return {
    server,
    handle: (handler) => {
      server.on('request', (request, response) => {
        const connection = bySocket.get(request.socket);
        // After its failure nothing of it is met.
        if (connection === undefined || connection.failure !== undefined) return;
        const exchange: Exchange = { request, response };
        connection.exchanges.add(exchange);
        connection.sinceMs = readingMs;
        response.once('close', () => {
          connection.exchanges.delete(exchange);
          connection.wasUsed = true;
          connection.sinceMs = readingMs;
          connection.idleOctets = connection.spoken.bytesRead;
          if (connection.failure !== undefined) answerFailure(connection);
        });
        if (connection.reserved !== 'no') {
          response.shouldKeepAlive = false;
          const path = request.url?.split('?', 1)[0] ?? '';
          if (connection.reserved === 'health' && !HEALTH_PATHS.has(path)) return refuseFull(exchange);
        }
        handler(request, response);
      });
    },
    useCertificate(next) {
      if (!(server instanceof TlsServer)) throw new Error('the API has no certificate to change');
      server.setSecureContext(secured(next));
    },
    cut() {
      for (const { socket } of connections.all) socket.destroy();
    },
  };
}

/** Fails a connection whose client has been slow for too long. */
function checkTime(connection: Connection, readingMs: number): void {
  if (connection.failure !== undefined) return;
  const { exchanges, spoken } = connection;
  const last = [...exchanges].at(-1);
  if (last?.request.complete) return;
  if (last === undefined && connection.wasUsed && spoken.bytesRead === connection.idleOctets) {
    // Nothing of a next request is here.
    connection.sinceMs = readingMs;
    return;
  }
  const longestMs = last === undefined ? HEADERS_TIMEOUT_MS : REQUEST_TIMEOUT_MS;
  if (readingMs - connection.sinceMs < longestMs) return;
  fail(connection, Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }));
}

/** Takes no more requests from a connection, and says why when those before are answered. */
function fail(connection: Connection, error: Error & { code?: string }): void {
  connection.failure ??= error;
  answerFailure(connection);
}

/**
 * Says why no more is taken, unless a request that came whole is yet to be answered, or an answer has begun. What has come
 * in part is never met.
 */
function answerFailure(connection: Connection): void {
  const { exchanges, spoken, failure } = connection;
  if (connection.hasFailed || failure === undefined) return;
  for (const { request, response } of exchanges) if (request.complete || response.headersSent) return;
  connection.hasFailed = true;
  answerClientError(failure, spoken);
  // Should the rest of a body come now, nobody hears of it.
  for (const { request } of exchanges) request.removeAllListeners('data').removeAllListeners('end');
}

/** Answers who has a place that is kept for others. */
function refuseFull({ response }: Exchange): void {
  const { status, errors, headers } = apiError('tooManyConnections', {}, { 'retry-after': '1' });
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      ...headers,
      ...securityHeaders({ isEncrypted: 'encrypted' in response.req.socket }),
    })
    .end(JSON.stringify(failure(errors)));
}

/** Ends, for good, a connection whose last word was said; Node lets its client go on sending, and keeps its place for that long. */
function linger(socket: Socket): void {
  socket.once('finish', () => {
    const cutting = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(cutting));
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remotePort} ${remoteAddress}`;
}

function secured({ cert, key }: Certificate) {
  return { cert, key, minVersion: TLS_VERSION_MIN } as const;
}
