import type { Socket } from 'node:net';
import { isResponseTo, isTruncated } from '../../dns/client-query.ts';
import { InvalidResponse } from '../failure.ts';
import { connectTcp } from '../tcp.ts';
import { exchangeUdp, type Repeats } from '../udp.ts';

/** A query to one DNS server. */
export interface DnsExchange {
  readonly address: string;
  readonly port: number;
  /** As encodeQuery makes it. */
  readonly query: Uint8Array;
  /** Octets of a response over TCP; a longer one is invalid. */
  readonly octetsMax: number;
  /** Whether the datagram is sent again; absent: it is sent once. */
  readonly repeats?: Repeats;
  /** true: it is asked over TCP alone. */
  readonly isOverTcp?: boolean;
  /** Called when the TCP connection is opened, and when it is open. */
  readonly entered?: (phase: 'connect' | 'dns') => void;
}

/**
 * Sends a query over UDP, and again over TCP where the response was cut (RFC 7766 §5), or over TCP alone, and gives back the response.
 * Datagrams that do not answer the question are passed over, as they may be forged. Rejects as exchangeUdp() and
 * connectTcp() do, and with InvalidResponse; waits for as long as the signal lets it.
 */
export async function exchangeDns(exchange: DnsExchange, signal: AbortSignal): Promise<Buffer> {
  const { address, port, query, octetsMax, repeats, isOverTcp = false, entered } = exchange;
  const isAnswer = (octets: Uint8Array) => isResponseTo(query, octets);
  if (!isOverTcp) {
    const repeatsField = repeats === undefined ? {} : { repeats };
    const datagram = await exchangeUdp({ address, port, octets: query, isAnswer, ...repeatsField }, signal);
    if (!isTruncated(datagram)) return datagram;
  }
  entered?.('connect');
  const socket = await connectTcp(address, port, signal);
  entered?.('dns');
  const message = await exchangeTcp(socket, query, octetsMax);
  if (!isAnswer(message)) throw new InvalidResponse('an answer to something else');
  return message;
}

/** Sends a message and reads one, each after its length (RFC 1035 §4.2.2). */
async function exchangeTcp(socket: Socket, query: Uint8Array, octetsMax: number): Promise<Buffer> {
  socket.write(Uint8Array.of(query.length >> 8, query.length & 0xff, ...query));
  let octets: Buffer = Buffer.alloc(0);
  for await (const piece of socket) {
    octets = Buffer.concat([octets, piece as Buffer]);
    if (octets.length < 2) continue;
    const length = octets.readUInt16BE();
    if (length > octetsMax) throw new InvalidResponse('an answer that is too long');
    if (octets.length >= 2 + length) return octets.subarray(2, 2 + length);
  }
  throw new InvalidResponse('the server closed the connection');
}
