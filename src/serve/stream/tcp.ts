import { Transport } from '../../answer/exchange.ts';
import { type AcceptOptions, type StreamListener, startAccepting } from './accept.ts';
import { type MessageStreamOptions, serveMessages } from './message-stream.ts';

/** What startTcp needs. */
export interface TcpOptions extends Omit<AcceptOptions, 'serve'>, Omit<MessageStreamOptions, 'transport'> {}

/** Answers DNS over TCP (RFC 7766). Rejects when the address cannot be bound. */
export function startTcp(options: TcpOptions): Promise<StreamListener> {
  return startAccepting({
    ...options,
    serve: (connection) =>
      serveMessages(connection.socket, connection, { ...options, transport: Transport.TCP }),
  });
}
