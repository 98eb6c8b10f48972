import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { HEADER_OCTETS_MAX } from './client-error.ts';

/** A certificate with its chain, and its private key, both in PEM. */
export interface Certificate {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** A request's header section must be here so long after its connection, or its predecessor's answer; a TLS handshake too. */
export const HEADERS_TIMEOUT_MS = 5_000;
/** A whole request must. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** A connection may stay silent so long, while idle between requests and within one. */
export const KEEP_ALIVE_MS = 30_000;
export const CONNECTION_TIMEOUT_MS = 60_000;
/** Connections at a time; more are closed at once. */
export const CONNECTIONS_MAX = 500;
/** After the server has said its last word a client may go on sending so long; cut at once it might lose that word. */
const LINGER_MS = 1_000;
/** How often connections are held against the timeouts. */
const TIMEOUT_CHECK_MS = 1_000;
/** The oldest version that is spoken (RFC 9325 §3.1.1). */
const TLS_VERSION_MIN = 'TLSv1.2';

/** An HTTP server with our limits, which others give a handler and make listen. */
export interface HttpServer {
  readonly server: Server;
  /** Uses another certificate for connections from now on. Throws where there was none, and where it is no good. */
  useCertificate(certificate: Certificate): void;
  /** Cuts every connection, those in the TLS handshake too, of which closeAllConnections does not know. */
  cut(): void;
}

/** Makes a server of HTTPS with a certificate, of HTTP without. Throws where it is no good. */
export function createHttpServer(certificate: Certificate | undefined): HttpServer {
  const limits: ServerOptions = {
    maxHeaderSize: HEADER_OCTETS_MAX,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  };
  const server: Server =
    certificate === undefined
      ? createServer(limits)
      : createTlsServer({ ...limits, ...secured(certificate), handshakeTimeout: HEADERS_TIMEOUT_MS });
  server.setTimeout(CONNECTION_TIMEOUT_MS);
  server.maxConnections = CONNECTIONS_MAX;
  // Node lets a client go on sending, and keeps its place for that long.
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    socket.once('finish', () => {
      const cutting = setTimeout(() => socket.destroy(), LINGER_MS);
      socket.once('close', () => clearTimeout(cutting));
    });
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return {
    server,
    useCertificate(next) {
      if (!(server instanceof TlsServer)) throw new Error('the API has no certificate to change');
      server.setSecureContext(secured(next));
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function secured({ cert, key }: Certificate) {
  return { cert, key, minVersion: TLS_VERSION_MIN } as const;
}
