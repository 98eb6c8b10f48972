import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { PortUnreachable } from './failure.ts';

/** How often a datagram is sent again while no answer comes. */
export interface Repeats {
  readonly everyMs: number;
  readonly times: number;
}

/** One datagram, and the answer to wait for. */
export interface UdpExchange {
  readonly address: string;
  readonly port: number;
  readonly octets: Uint8Array;
  /** Whether this datagram from there is the answer; others are passed over. Must not throw. */
  readonly isAnswer: (octets: Buffer) => boolean;
  /** Absent: it is sent once. An answer to any of them counts. */
  readonly repeats?: Repeats;
}

/**
 * Sends a datagram from a connected socket of its own, which receives from that address and port alone, and resolves
 * with the answer. Rejects with PortUnreachable, with the system's error, or with the signal's reason; waits for as
 * long as the signal lets it, and the socket is closed when that aborts.
 */
export function exchangeUdp(exchange: UdpExchange, signal: AbortSignal): Promise<Buffer> {
  const { address, port, octets, isAnswer, repeats = { everyMs: 0, times: 0 } } = exchange;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let again: NodeJS.Timeout | undefined;
    const fail = (error: NodeJS.ErrnoException) => {
      clearInterval(again);
      reject(
        error.code === 'ECONNREFUSED' ? new PortUnreachable(`nothing listens on UDP port ${port}`) : error,
      );
    };
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    const socket = createSocket({ type: isIPv6(address) ? 'udp6' : 'udp4', signal });
    socket.on('error', fail);
    socket.on('message', (message) => {
      if (!isAnswer(message)) return;
      clearInterval(again);
      resolve(message);
    });
    const send = () =>
      socket.send(octets, (error) => {
        if (error) fail(error);
      });
    // Given the error when it fails, which the declared type leaves out.
    socket.connect(port, address, (error?: Error) => {
      if (error) return fail(error);
      // The signal has closed the socket in the meantime.
      if (signal.aborted) return;
      send();
      let left = repeats.times;
      if (left === 0) return;
      again = setInterval(() => {
        left -= 1;
        if (left === 0) clearInterval(again);
        send();
      }, repeats.everyMs);
    });
  });
}
