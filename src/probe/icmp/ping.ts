import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import { isIPv6, SocketAddress } from 'node:net';
import { LocalFault } from '../failure.ts';
import { decodeEchoReply, encodeEchoRequest, NONCE_OCTETS } from './echo.ts';
import { openIcmpSocket } from './socket.ts';

/**
 * Sends one echo request to an IP address and resolves with its reply. Rejects with the signal's reason, with the
 * system's error, and with LocalFault where this process may not ping.
 */
export type Ping = (address: string, signal: AbortSignal) => Promise<void>;

/** Echo requests of one family awaiting their reply; half of the sequence numbers, so that a free one is found fast. */
export const PINGS_MAX = 0x8000;

/** Any will do: ICMP has no ports, but a datagram cannot be sent without one. */
const NO_PORT = 1;

/**
 * A Ping with one socket for each family, open while a reply is awaited. A reply counts when it comes to that socket
 * (the kernel matches the identifier), from the address that was asked, with the sequence number and the random nonce
 * that were sent; everything else is passed over.
 */
export function createPing(open: (family: 4 | 6) => Socket = openIcmpSocket): Ping {
  const ping4 = createFamilyPing(4, open);
  const ping6 = createFamilyPing(6, open);
  return (address, signal) => (isIPv6(address) ? ping6 : ping4)(address, signal);
}

interface Awaited {
  readonly nonce: Buffer;
  readonly from: string;
  readonly settle: (error?: unknown) => void;
}

function createFamilyPing(family: 4 | 6, open: (family: 4 | 6) => Socket): Ping {
  const awaited = new Map<number, Awaited>();
  let shared: Socket | undefined;
  let sequence = 0;

  function openShared(): Socket {
    const socket = open(family);
    socket.on('message', (octets, { address }) => {
      const reply = decodeEchoReply(family, octets);
      const asked = reply && awaited.get(reply.sequence);
      if (asked?.nonce.equals(reply!.nonce) && asked.from === canonical(address, family)) asked.settle();
    });
    socket.on('error', (error) => {
      for (const { settle } of [...awaited.values()]) settle(error);
    });
    return socket;
  }

  function nextSequence(): number {
    if (awaited.size >= PINGS_MAX) throw new LocalFault(`more than ${PINGS_MAX} pings at a time`);
    do sequence = (sequence + 1) & 0xffff;
    while (awaited.has(sequence));
    return sequence;
  }

  return (address, signal) =>
    new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const own = nextSequence();
      const socket = (shared ??= openShared());
      const nonce = randomBytes(NONCE_OCTETS);
      const settle = (error?: unknown) => {
        if (!awaited.delete(own)) return;
        signal.removeEventListener('abort', onAbort);
        if (awaited.size === 0) {
          shared = undefined;
          socket.close();
        }
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = () => settle(signal.reason);
      signal.addEventListener('abort', onAbort);
      awaited.set(own, { nonce, from: canonical(address, family), settle });
      socket.send(encodeEchoRequest(family, { sequence: own, nonce }), NO_PORT, address, (error) => {
        if (error) settle(error);
      });
    });
}

/** The one spelling of an address, without its scope. */
function canonical(address: string, family: 4 | 6): string {
  return new SocketAddress({ address: address.replace(/%.*$/, ''), family: `ipv${family}` }).address;
}
