import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Counter } from '../../answer/counters.ts';
import { newExchange, Transport } from '../../answer/exchange.ts';
import type { Prefix } from '../../answer/rate-limit.ts';
import type { Responder } from '../../answer/respond.ts';
import type { ListenAddress } from '../../config/config.ts';
import { isEveryAddress } from '../../config/listen-address.ts';
import { UDP_OCTETS_LIMIT } from '../../dns/edns.ts';
import { setPeer } from '../listen/peer.ts';
import { createUnwrapper, type Unwrapper } from './proxied.ts';
import { openAddressSockets } from './socket/address-sockets.ts';
import { allowFragments } from './socket/fragmenting.ts';
import { localAddresses } from './socket/local-addresses.ts';

/** What startPortableUdp needs. */
export interface PortableUdpOptions {
  readonly listen: readonly ListenAddress[];
  readonly responder: Responder;
  /** The counters of the responder. Answers that are not sent are counted here too. */
  readonly counters: Float64Array;
  /**
   * Clients that must begin a query with a PROXY protocol header, and memory for a note of the last dropped one
   * (readMisproxiedNote). No others may. Absent: there are none.
   */
  readonly proxies?: { readonly prefixes: readonly Prefix[]; readonly misproxied: SharedArrayBuffer };
  /** Called when a wildcard address is configured and this address of the machine cannot be bound; undefined: the addresses cannot be listed now. */
  unbound(address: string | undefined, error: unknown): void;
  /** Called when path MTU discovery stays on at a socket (fragmenting.ts). */
  keepsDf?(): void;
  /** Lists the addresses of the machine; absent: as the operating system does. */
  readonly addresses?: typeof localAddresses;
  /** Interval at which they are listed, milliseconds. */
  readonly lookEveryMs?: number;
}

/** Sockets that answer. */
export interface PortableUdp {
  /** Where they listen, with the chosen ports where 0 was configured. */
  readonly addresses: readonly ListenAddress[];
  stop(): Promise<void>;
}

/** Octets that the kernel may keep for a socket that is not read fast enough; fewer where net.core.rmem_max is lower. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
/** Interval at which the addresses of the machine are listed, milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** Answers UDP on this thread through node:dgram, on every platform of Node. Rejects when an address cannot be bound; then it listens nowhere. */
export async function startPortableUdp({
  listen,
  responder,
  counters,
  proxies,
  unbound,
  keepsDf = () => undefined,
  addresses = localAddresses,
  lookEveryMs = LOOK_EVERY_MS,
}: PortableUdpOptions): Promise<PortableUdp> {
  const listening: { port: number; refresh?(): Promise<void>; stop(): Promise<void> }[] = [];
  let looking: NodeJS.Timeout | undefined;
  const stop = async () => {
    clearInterval(looking);
    await Promise.all(listening.map((each) => each.stop()));
  };
  const unwrapper = proxies && createUnwrapper(proxies.prefixes, counters, proxies.misproxied);
  const open = (address: string, port: number) =>
    bind({ address, port }, { responder, counters, unwrapper, keepsDf });
  try {
    for (const { address, port } of listen)
      if (isEveryAddress(address)) {
        const ofFamily = () => addresses(isIPv6(address) ? 'IPv6' : 'IPv4');
        const opened = openAddressSockets({ port, addresses: ofFamily, open, unbound });
        // Operators know the address that they configured, and not the one of its sockets that is taken.
        listening.push(
          await opened.catch((error: object) => Promise.reject(Object.assign(error, { address }))),
        );
      } else {
        const socket = await open(address, port);
        listening.push({ port: socket.address().port, stop: () => socket[Symbol.asyncDispose]() });
      }
  } catch (error) {
    await stop();
    throw error;
  }
  looking = setInterval(() => {
    for (const each of listening) void each.refresh?.();
  }, lookEveryMs);
  return {
    addresses: listen.map(({ address }, i) => ({ address, port: listening[i]!.port })),
    stop,
  };
}

/** The parts of a socket's answers. */
interface Answering {
  readonly responder: Responder;
  readonly counters: Float64Array;
  readonly unwrapper: Unwrapper | undefined;
  keepsDf(): void;
}

async function bind(
  { address, port }: ListenAddress,
  { responder, counters, unwrapper, keepsDf }: Answering,
): Promise<Socket> {
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
  if (!allowFragments(socket, isIPv6(address) ? 'IPv6' : 'IPv4')) keepsDf();
  // The port of a client may be closed, or its route gone. Then the answer is lost, as any datagram may be.
  socket.on('error', () => undefined);
  const reply = Buffer.alloc(UDP_OCTETS_LIMIT);
  const exchange = newExchange(Transport.UDP);
  exchange.reply = reply;
  // Errors of a send reach this callback instead of the socket.
  const sent = (error: Error | null) => {
    if (error !== null) counters[Counter.UNSENT]! += 1;
  };
  socket.on('message', (query, client) => {
    // No answer can go to port 0 (RFC 768). Node would throw, and end the thread; and anybody can send from that port.
    if (client.port === 0) return;
    exchange.query = query;
    exchange.queryAt = 0;
    exchange.queryOctets = query.length;
    setPeer(exchange, client.address);
    if (unwrapper !== undefined && !unwrapper.unwrap(exchange)) return;
    const replied = responder.respond(exchange);
    // The kernel takes the answer later, when `reply` may contain another, so it is copied.
    if (replied !== 0)
      socket.send(Buffer.from(reply.subarray(0, replied)), client.port, client.address, sent);
  });
  return socket;
}
