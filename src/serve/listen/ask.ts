import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';

/** Returns the answer that this node gives to a query by TCP; empty: it gives none. `client`: an IP address of 4 or 16 octets. */
export type Ask = (query: Uint8Array, client: Uint8Array) => Uint8Array;

/** Creates a function that asks a responder inside the process. */
export function createAsk(responder: Responder): Ask {
  const exchange = newExchange(Transport.TCP);
  exchange.reply = new Uint8Array(MESSAGE_OCTETS_MAX);
  return (query, client) => {
    exchange.query = query;
    exchange.queryOctets = query.length;
    exchange.peer = client;
    exchange.peerOctets = client.length;
    return exchange.reply.slice(0, responder.respond(exchange));
  };
}
