import type { Server } from 'node:http';
import { constants, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { DRAIN_IDLE_MS } from '../stream/accept.ts';
import { endpointOf } from '../tls/dot.ts';

/** A GOAWAY with this last stream refuses nothing: it only tells the client to use another connection (RFC 9113 §6.8). */
const LAST_STREAM_MAX = 2 ** 31 - 1;

/**
 * Ends the connection with these endpoints gently. `socket`: that of TCP. `isAnswering`: returns true while a request on it is not
 * answered.
 */
export type EndConnection = (endpoints: string, socket: Socket, isAnswering: () => boolean) => void;

/** Watches the connections of an HTTP server, and returns the function that ends one. `isEncrypted`: each begins with a TLS handshake. */
export function watchConnections(server: Server | Http2SecureServer, isEncrypted: boolean): EndConnection {
  const sessions = new Map<string, ServerHttp2Session>();
  const encrypted = new Map<string, Socket>();
  keep('session', sessions, ({ socket }: ServerHttp2Session) => socket);
  keep('secureConnection', encrypted, (socket: Socket) => socket);

  /** Keeps what an event brings by its endpoints, until it is closed. */
  function keep<T extends ServerHttp2Session | Socket>(
    event: string,
    kept: Map<string, T>,
    socketOf: (from: T) => Socket,
  ): void {
    server.on(event, (from: T) => {
      const endpoints = endpointOf(socketOf(from));
      kept.set(endpoints, from);
      from.once('close', () => {
        if (kept.get(endpoints) === from) kept.delete(endpoints);
      });
    });
  }

  return function end(endpoints, socket, isAnswering) {
    if (socket.destroyed) return;
    const session = sessions.get(endpoints);
    const spoken = isEncrypted ? encrypted.get(endpoints) : socket;
    if (session !== undefined) endSession(session);
    else if (spoken !== undefined) endOnceIdle(spoken, isAnswering);
    // After its handshake, the client has a query.
    else setTimeout(end, DRAIN_IDLE_MS, endpoints, socket, isAnswering);
  };
}

/** Lets the requests that are on their way be answered before the session ends. */
function endSession(session: ServerHttp2Session): void {
  if (session.destroyed) return;
  session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_MAX);
  setTimeout(() => {
    if (!session.destroyed) session.close();
  }, DRAIN_IDLE_MS);
}

/** Ends a connection of HTTP/1.1 after a time in which nothing came on it. */
function endOnceIdle(socket: Socket, isAnswering: () => boolean): void {
  const before = socket.bytesRead;
  setTimeout(() => {
    if (socket.destroyed) return;
    if (isAnswering() || socket.bytesRead !== before) endOnceIdle(socket, isAnswering);
    else socket.end();
  }, DRAIN_IDLE_MS);
}
