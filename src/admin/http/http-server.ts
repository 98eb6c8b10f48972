import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TLS_VERSION_MIN } from '../../config/tls-version.ts';
import { securityHeaders } from './answer-headers.ts';
import { answerClientError, HEADER_OCTETS_MAX, isAnswered, NO_TUNNEL } from './client-error.ts';
import {
  allowedTime,
  type Connection,
  type ConnectionLimits,
  type Connections,
  createConnections,
  cutHalfClosed,
  type Exchange,
  HEALTH_PATHS,
  isAwaitingAnswer,
  LIMITS,
  PIPELINED_MAX,
} from './connections.ts';
import { failure } from './envelope.ts';
import { type ApiError, apiError } from './errors.ts';
import { expectationRefusal, hostRefusal } from './request-refusal.ts';

/** A certificate with its chain, and its private key, both in PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Time limit for the header section of a request, from its connection or its first octet, and for a TLS handshake, milliseconds. */
export const HEADERS_TIMEOUT_MS = 5_000;
/** Time limit for a whole request, from its header section or its connection, milliseconds. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** Time limits for a silent connection between requests, and within one, milliseconds. */
export const KEEP_ALIVE_MS = 30_000;
export const CONNECTION_TIMEOUT_MS = 60_000;
/** Time for which a client may go on sending after the last answer, milliseconds. Closed at once, it might lose that answer. */
const LINGER_MS = 1_000;
/** Octets that are read at a time: a few requests at most, as the shortest has 27. */
const PIECE_OCTETS = 512;
/** Connections that drain are closed once nothing came on any of them for this time, milliseconds, and after DRAIN_MAX_MS in any case. */
const DRAIN_IDLE_MS = 100;
const DRAIN_MAX_MS = 2_000;
/** Time between two checks of the time limits, milliseconds. */
const TIMEOUT_CHECK_MS = 1_000;

/** An HTTP server with our limits. The caller makes it listen. */
export interface HttpServer {
  readonly server: Server;
  /** Sets the handler of requests; called once. */
  handle(handler: RequestListener): void;
  /** Uses another certificate for new connections. Throws for a server without one, and for a bad certificate. */
  useCertificate(certificate: Certificate): void;
  /**
   * Accepts no more connections, and answers what is on its way on those that there are. Resolves within DRAIN_MAX_MS.
   */
  drain(): Promise<void>;
  /** Closes every connection, including those in the TLS handshake, which closeAllConnections does not know. */
  cut(): void;
}

/**
 * Creates an HTTPS server with a certificate, or an HTTP server without. Throws for a bad certificate. The time limits are ours:
 * Node answers 408 to a request and may handle it all the same, after the process itself was delayed. Ours count only time in which
 * the server could read, and a refused request is never handled.
 */
export function createHttpServer(
  certificate: Certificate | undefined,
  connectionLimits: ConnectionLimits = LIMITS,
  requestTimeoutMs: number = REQUEST_TIMEOUT_MS,
  connectionTimeoutMs: number = CONNECTION_TIMEOUT_MS,
): HttpServer {
  const server = createNodeServer(certificate).setTimeout(connectionTimeoutMs);
  const clock = startReadingClock(server, (readingMs) => {
    for (const connection of connections.all) checkTime(connection, readingMs, requestTimeoutMs);
  });
  const connections = createConnections(clock, connectionLimits);
  const connectionOf = acceptConnections(server, connections, clock);
  server.on('timeout', (socket: Socket) => {
    const connection = connectionOf(socket);
    if (connection === undefined || !isAwaitingAnswer(connection)) socket.destroy();
    else socket.setTimeout(connectionTimeoutMs);
  });
  return {
    server,
    handle: (handler) => handleRequests(server, { connectionOf, clock, handler }),
    useCertificate(next) {
      if (!(server instanceof TlsServer)) throw new Error('the API has no certificate to change');
      server.setSecureContext(secured(next));
    },
    async drain() {
      // That of HTTP also closes connections whose first request is on its way.
      NetServer.prototype.close.call(server);
      const endMs = performance.now() + DRAIN_MAX_MS;
      let before = -1;
      while (performance.now() < endMs) {
        const octets = [...connections.all].reduce((sum, { spoken }) => sum + spoken.bytesRead, 0);
        // A client that has connected will send its first request.
        const isAwaited = [...connections.all].some(
          ({ wasUsed, exchanges }) => !wasUsed && exchanges.size === 0,
        );
        if (connections.all.size === 0 || (octets === before && !isAwaited)) return;
        before = octets;
        await sleep(DRAIN_IDLE_MS);
      }
    },
    cut() {
      for (const { socket } of connections.all) socket.destroy();
    },
  };
}

/** Creates Node's server without its own time limits. */
function createNodeServer(certificate: Certificate | undefined): Server {
  const timing: ServerOptions = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: 0,
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node would answer without the envelope.
    requireHostHeader: false,
  };
  const server: Server =
    certificate === undefined
      ? createServer(timing)
      : createTlsServer({
          ...timing,
          ...secured(certificate),
          handshakeTimeout: HEADERS_TIMEOUT_MS,
          allowHalfOpen: true,
        });
  // A client may end its side once it has asked (RFC 9112 §9.6, RFC 8446 §6.1). Without this, and with TLS allowHalfOpen as well,
  // Node ends the other before the answer.
  Object.assign(server, { httpAllowHalfOpen: true });
  return server;
}

/** Returns the milliseconds in which the server could read. */
type ReadingClock = () => number;

/** Starts a clock that stands still while the process is delayed, and calls `checkLimits` with its time until the server is closed. */
function startReadingClock(server: Server, checkLimits: (readingMs: number) => void): ReadingClock {
  let readingMs = 0;
  let lookedMs = performance.now();
  const checking = setInterval(() => {
    const now = performance.now();
    // When more time has passed than two checks take, the process itself was delayed for the rest.
    readingMs += Math.min(now - lookedMs, 2 * TIMEOUT_CHECK_MS);
    lookedMs = now;
    // Data that has arrived in the meantime is read first.
    setImmediate(() => checkLimits(readingMs));
  }, TIMEOUT_CHECK_MS).unref();
  server.once('close', () => clearInterval(checking));
  return () => readingMs;
}

/** Finds the connection of a socket, or of the TLS socket over it; undefined: it was not admitted. */
type ConnectionOf = (socket: Socket) => Connection | undefined;

/** Admits connections, and answers input on them that is not a request. */
function acceptConnections(server: Server, connections: Connections, clock: ReadingClock): ConnectionOf {
  const bySocket = new WeakMap<Socket, Connection>();
  /** Connections in the TLS handshake, by port and address of the client. */
  const byPeer = new Map<string, Connection>();
  server.on('connection', (socket: Socket) => {
    const connection = connections.admit(socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    bySocket.set(socket, connection);
    if (!(server instanceof TlsServer)) return begin(connection);
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
    connection.sinceMs = clock();
    bySocket.set(socket, connection);
    begin(connection);
  });
  server.on('connect', (_: IncomingMessage, socket: Socket) => {
    const connection = bySocket.get(socket);
    if (connection === undefined) {
      socket.destroy();
      return;
    }
    fail(connection, NO_TUNNEL);
    // What comes after it is ignored.
    socket.resume();
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Socket) => {
    const connection = bySocket.get(socket);
    if (connection === undefined || !isAnswered(error)) socket.destroy();
    else fail(connection, error);
  });
  return (socket) => bySocket.get(socket);
}

/** Hands requests to the handler, one after the other on each connection; refuses those that no route may see. */
function handleRequests(
  server: Server,
  {
    connectionOf,
    clock,
    handler,
  }: { readonly connectionOf: ConnectionOf; readonly clock: ReadingClock; readonly handler: RequestListener },
): void {
  const later = createTurns();
  const take = (
    request: IncomingMessage,
    response: ServerResponse,
    refusalOf: (request: IncomingMessage) => ApiError | undefined,
  ) => {
    const connection = connectionOf(request.socket);
    // After its failure no request of it is handled.
    if (connection === undefined || connection.failure !== undefined) return;
    const exchange: Exchange = { request, response };
    connection.exchanges.add(exchange);
    connection.sinceMs = clock();
    response.once('close', () => {
      connection.exchanges.delete(exchange);
      connection.wasUsed = true;
      connection.sinceMs = clock();
      connection.idleOctets = connection.spoken.bytesRead;
      if (connection.failure !== undefined) answerFailure(connection);
      later.add(connection);
    });
    const handle = () => {
      const refusal = placeRefusal(connection, exchange) ?? refusalOf(request);
      if (refusal === undefined) return handler(request, response);
      response.shouldKeepAlive = false;
      refuse(exchange, refusal);
    };
    if (connection.exchanges.size === 1) handle();
    else connection.waiting.push(handle);
  };
  server.on('request', (request, response) => take(request, response, hostRefusal));
  server.on('checkExpectation', (request, response) =>
    take(request, response, (each) => hostRefusal(each) ?? expectationRefusal(each)),
  );
}

/** A reserved connection serves one request, and one that is reserved for health checks no other path. */
function placeRefusal({ reserved }: Connection, { request, response }: Exchange): ApiError | undefined {
  if (reserved === 'no') return undefined;
  response.shouldKeepAlive = false;
  const path = request.url?.split('?', 1)[0] ?? '';
  const isRefused = reserved === 'health' && !HEALTH_PATHS.has(path);
  return isRefused ? apiError('tooManyConnections', {}, { 'retry-after': '1' }) : undefined;
}

/** Begins to read from a connection, and bounds its time after its last answer, and after its client ended its side. */
function begin(connection: Connection): void {
  const { spoken: socket } = connection;
  readInPieces(connection);
  linger(socket);
  socket.once('end', () => cutHalfClosed(connection));
}

/** Fails a connection whose client is too slow. */
function checkTime(connection: Connection, readingMs: number, requestTimeoutMs: number): void {
  if (connection.failure !== undefined) return;
  const { exchanges, spoken } = connection;
  const last = [...exchanges].at(-1);
  if (last?.request.complete) return;
  if (connection.isHeld) {
    // The rest of the last request is not read yet.
    connection.sinceMs = readingMs;
    return;
  }
  if (last === undefined && connection.wasUsed && spoken.bytesRead === connection.idleOctets) {
    // No part of another request has arrived.
    connection.sinceMs = readingMs;
    return;
  }
  const longestMs = last === undefined ? HEADERS_TIMEOUT_MS : (allowedTime(last.request) ?? requestTimeoutMs);
  if (readingMs - connection.sinceMs < longestMs) return;
  fail(connection, Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }));
}

/**
 * Creates the order in which connections get their next request handled: one request in each turn of the event loop, as
 * Node accepts only one new connection in each. So a client with one request does not wait for one with hundreds.
 */
function createTurns(): { add(connection: Connection): void } {
  const connections = new Set<Connection>();
  const handleOne = () => {
    const [first] = connections;
    connections.delete(first!);
    if (connections.size > 0) setImmediate(handleOne);
    handleNext(first!);
  };
  return {
    add(connection) {
      // A connection is in the order once.
      if (connection.waiting.length === 0 || connections.has(connection)) return;
      connections.add(connection);
      if (connections.size === 1) setImmediate(handleOne);
    },
  };
}

/** Handles the next request that waits. After an answer that ends the connection, none is handled (RFC 9112 §9.6). */
function handleNext(connection: Connection): void {
  const { waiting, spoken } = connection;
  if (spoken.writable) waiting.shift()?.();
  else waiting.length = 0;
  if (!connection.isHeld || waiting.length >= PIPELINED_MAX) return;
  connection.isHeld = false;
  spoken.resume();
}

/**
 * Gives input to Node in small pieces, and keeps the rest while PIPELINED_MAX requests wait. Node itself would make a
 * request of each line in 64 KiB before it does anything else.
 */
function readInPieces(connection: Connection): void {
  const { spoken } = connection;
  const readers = spoken.listeners('data');
  spoken.removeAllListeners('data');
  spoken.on('data', (octets: Buffer<ArrayBuffer>) => {
    for (let at = 0; at < octets.length; at += PIECE_OCTETS) {
      // Nothing after a failure is a request.
      if (connection.failure !== undefined) return;
      const isFull = connection.waiting.length >= PIPELINED_MAX;
      // Node pauses it as well: where the client takes no answers, or the handler no body.
      if (isFull || (at > 0 && spoken.isPaused())) {
        if (isFull) connection.isHeld = true;
        spoken.pause();
        spoken.unshift(octets.subarray(at));
        return;
      }
      for (const read of readers) read.call(spoken, octets.subarray(at, at + PIECE_OCTETS));
    }
  });
}

/** Accepts no more requests from a connection, and sends the error after the earlier answers. */
function fail(connection: Connection, error: Error & { code?: string }): void {
  connection.failure ??= error;
  answerFailure(connection);
}

/**
 * Sends the error of a connection, unless a complete request still waits for its answer, or an answer has begun. An incomplete
 * request is never handled.
 */
function answerFailure(connection: Connection): void {
  const { exchanges, spoken, failure } = connection;
  if (connection.hasFailed || failure === undefined) return;
  for (const { request, response } of exchanges) if (request.complete || response.headersSent) return;
  connection.hasFailed = true;
  answerClientError(failure, spoken);
  // The rest of a body that arrives now is ignored.
  for (const { request } of exchanges) request.removeAllListeners('data').removeAllListeners('end');
}

/** Refuses a request before any route sees it. */
function refuse({ response }: Exchange, { status, errors, headers }: ApiError): void {
  const body = JSON.stringify(failure(errors));
  response
    .writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(body),
      ...headers,
      ...securityHeaders({ isEncrypted: 'encrypted' in response.req.socket }),
    })
    .end(body);
}

/** Closes a connection some time after its last answer. Node would keep it as long as the client goes on sending. */
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
