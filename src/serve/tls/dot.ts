import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import { Transport } from '../../answer/exchange.ts';
import { TLS_VERSION_MIN } from '../../config/tls-version.ts';
import {
  type AcceptOptions,
  type Connection,
  type StreamListener,
  startAccepting,
} from '../stream/accept.ts';
import { type MessageStreamOptions, serveMessages } from '../stream/message-stream.ts';
import type { KeyPair } from './certificate.ts';

/** What startDot needs. */
export interface DotOptions extends Omit<AcceptOptions, 'serve'>, Omit<MessageStreamOptions, 'transport'> {
  readonly certificate: KeyPair;
}

/** A listener that can change its certificate. */
export interface TlsListener extends StreamListener {
  /** Uses a certificate for new connections. */
  setCertificate(certificate: KeyPair): void;
}

/** Answers DNS over TLS (RFC 7858). Rejects when the address cannot be bound. */
export async function startDot(options: DotOptions): Promise<TlsListener> {
  /** Connections whose handshake is under way. */
  const shaking = new Map<string, Connection>();
  const server = createServer({
    ...options.certificate,
    minVersion: TLS_VERSION_MIN,
    // A client that names protocols must name this one (RFC 7301 §3.2). It need not name any.
    ALPNProtocols: ['dot'],
    handshakeTimeout: options.transferTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    const endpoint = endpointOf(socket);
    const connection = shaking.get(endpoint);
    shaking.delete(endpoint);
    socket.allowHalfOpen = true;
    if (connection === undefined) socket.destroy();
    else serveMessages(socket, connection, { ...options, transport: Transport.DOT });
  });
  server.on('tlsClientError', (_, socket) => socket.destroy());
  const listener = await startAccepting({
    ...options,
    serve(connection) {
      const { socket } = connection;
      const endpoint = endpointOf(socket);
      shaking.set(endpoint, connection);
      socket.once('close', () => {
        if (shaking.get(endpoint) === connection) shaking.delete(endpoint);
      });
      // A client that closes its side in the handshake asks nothing. Afterwards it may still wait for answers.
      socket.allowHalfOpen = false;
      server.emit('connection', socket);
    },
  });
  return {
    ...listener,
    setCertificate: (certificate) => server.setSecureContext({ ...certificate, minVersion: TLS_VERSION_MIN }),
  };
}

/** Returns a key that a socket and the TLS socket over it share, and no two open connections of a listener. */
export function endpointOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
