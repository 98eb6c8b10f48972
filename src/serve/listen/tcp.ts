import { Transport } from '../../answer/exchange.ts';
import { type AcceptOptions, type StreamListener, startAccepting } from '../stream/accept.ts';
import { type MessageStreamOptions, serveMessages } from '../stream/message-stream.ts';

/** Where a socket listens. */
export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** What startTcp needs; limits included. */
export interface TcpOptions extends Omit<AcceptOptions, 'serve'>, Omit<MessageStreamOptions, 'transport'> {}

/** Answers DNS over TCP (RFC 7766). Rejects when the address cannot be bound. */
export function startTcp(options: TcpOptions): Promise<StreamListener> {
  return startAccepting({
    ...options,
    serve: (connection) =>
      serveMessages(connection.socket, connection, { ...options, transport: Transport.TCP }),
  });
}
