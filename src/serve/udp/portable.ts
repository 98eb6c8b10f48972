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
  /** What the responder counts into, and what is not sent is. */
  readonly counters: Float64Array;
  /** Who must, and alone may, begin a query with a PROXY protocol header; the last that was dropped is noted (readMisproxiedNote). Absent: nobody. */
  readonly proxies?: { readonly prefixes: readonly Prefix[]; readonly misproxied: SharedArrayBuffer };
  /** A wildcard address is listened at, but nobody answers at this one of the machine's; undefined: they are not known now. */
  unbound(address: string | undefined, error: unknown): void;
  /** Path MTU discovery stays on at a socket (fragmenting.ts). */
  keepsDf?(): void;
  /** The addresses of the machine; what the operating system says, unless told otherwise. */
  readonly addresses?: typeof localAddresses;
  /** How often they are looked up, milliseconds. */
  readonly lookEveryMs?: number;
}

/** Sockets that answer. */
export interface PortableUdp {
  /** Where they listen, ports that were 0 made out. */
  readonly addresses: readonly ListenAddress[];
  stop(): Promise<void>;
}

/** What the kernel may hold for a socket that is not read fast enough; it grants less where net.core.rmem_max says so. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;
/** How often the addresses of the machine are looked up. */
const LOOK_EVERY_MS = 5_000;

/** Answers UDP on this thread through node:dgram, on every platform Node runs on. Rejects, listening nowhere, when an address cannot be bound. */
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
        listening.push(await openAddressSockets({ port, addresses: ofFamily, open, unbound }));
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

/** What a socket answers with. */
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
  // A client's port that is closed, a route that is gone: the answer is lost, as any datagram may be.
  socket.on('error', () => undefined);
  const reply = Buffer.alloc(UDP_OCTETS_LIMIT);
  const exchange = newExchange(Transport.UDP);
  exchange.reply = reply;
  // Errors of a send reach this callback instead of the socket.
  const sent = (error: Error | null) => {
    if (error !== null) counters[Counter.UNSENT]! += 1;
  };
  socket.on('message', (query, client) => {
    // No answer can go to port 0 (RFC 768): Node throws, which here would end the process. Anybody can send from there.
    if (client.port === 0) return;
    exchange.query = query;
    exchange.queryAt = 0;
    exchange.queryOctets = query.length;
    setPeer(exchange, client.address);
    if (unwrapper !== undefined && !unwrapper.unwrap(exchange)) return;
    const replied = responder.respond(exchange);
    // The kernel takes the answer later, when `reply` may hold another: hence the copy.
    if (replied !== 0)
      socket.send(Buffer.from(reply.subarray(0, replied)), client.port, client.address, sent);
  });
  return socket;
}
