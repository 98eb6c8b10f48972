import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Responder } from '../../answer/respond.ts';
import { UDP_OCTETS_MAX } from '../../dns/edns.ts';
import { setPeer } from '../peer.ts';
import type { SocketAddress } from '../tcp.ts';
import type { UdpEngine } from './engine.ts';

/** What startPortableUdp needs. */
export interface PortableUdpOptions {
  readonly listen: readonly SocketAddress[];
  readonly responder: Responder;
}

/** What the kernel may hold for a socket that is not read fast enough; it grants less where net.core.rmem_max says so. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Answers UDP through node:dgram, on every platform Node runs on. Rejects, listening nowhere, when an address cannot be bound. */
export async function startPortableUdp({ listen, responder }: PortableUdpOptions): Promise<UdpEngine> {
  const sockets: Socket[] = [];
  const stop = async () => {
    await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
  };
  try {
    for (const address of listen) sockets.push(await bind(address, responder));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    addresses: sockets.map((socket) => socket.address()),
    counters: [],
    // The responder reads the main thread's own table, which changes over by itself.
    adopt: () => undefined,
    hasAdopted: () => true,
    stop,
  };
}

async function bind({ address, port }: SocketAddress, responder: Responder): Promise<Socket> {
  const family = isIPv6(address) ? ({ type: 'udp6', ipv6Only: true } as const) : ({ type: 'udp4' } as const);
  const socket = createSocket({ ...family, recvBufferSize: RECEIVE_BUFFER_OCTETS });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('error', reject);
  socket.bind(port, address, () => resolve());
  try {
    await promise;
  } catch (error) {
    socket.close();
    throw error;
  }
  socket.off('error', reject);
  // A client's port that is closed, a route that is gone: the answer is lost, as any datagram may be.
  socket.on('error', () => undefined);
  const reply = Buffer.alloc(UDP_OCTETS_MAX);
  const exchange = newExchange(Transport.UDP);
  exchange.reply = reply;
  socket.on('message', (query, client) => {
    exchange.query = query;
    exchange.queryOctets = query.length;
    setPeer(exchange, client.address);
    const replied = responder.respond(exchange);
    // The kernel takes the answer later, when `reply` may hold another: hence the copy.
    if (replied !== 0)
      socket.send(Buffer.from(reply.subarray(0, replied)), client.port, client.address, ignore);
  });
  return socket;
}

function ignore(): void {
  // Errors of a send reach the callback instead of the socket.
}
