import { isIPv6 } from 'node:net';
import type { SocketAddress } from '../tcp.ts';
import * as c from './libc.ts';
import { encodeSocketAddress, isWildcard, portOf } from './socket-address.ts';
import { WAIT_MS } from './thread.ts';

/** A bound UDP socket, known by its file descriptor so that any thread of the process can use it. */
export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
  /** Whether it is bound to every address of the machine, so that each answer must be sent from where its query went. */
  readonly isWildcard: boolean;
}

/** What the kernel may hold for a thread that is busy; it grants less where net.core.rmem_max says so. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Opens a socket that may share its address with others of this process, among which the kernel spreads clients. Throws an error with `code` and `syscall`. */
export function openSocket(libc: c.Libc, listen: SocketAddress): BoundSocket {
  const is6 = isIPv6(listen.address);
  const fd = checked(
    libc.socket(is6 ? c.AF_INET6 : c.AF_INET, c.SOCK_DGRAM | c.SOCK_CLOEXEC, 0),
    'socket',
    listen,
  );
  const isAny = isWildcard(listen.address);
  try {
    const set = (level: number, name: number, value: Int32Array<ArrayBuffer>) =>
      checked(
        libc.setsockopt(fd, level, name, c.addressOf(value.buffer), value.byteLength),
        'setsockopt',
        listen,
      );
    const on = Int32Array.of(1);
    // struct timeval: two 64-bit words, seconds and microseconds.
    const wait = Int32Array.of(0, 0, WAIT_MS * 1_000, 0);
    set(c.SOL_SOCKET, c.SO_REUSEPORT, on);
    set(c.SOL_SOCKET, c.SO_RCVBUF, Int32Array.of(RECEIVE_BUFFER_OCTETS));
    set(c.SOL_SOCKET, c.SO_RCVTIMEO, wait);
    set(c.SOL_SOCKET, c.SO_SNDTIMEO, wait);
    if (is6) set(c.IPPROTO_IPV6, c.IPV6_V6ONLY, on);
    else set(c.IPPROTO_IP, c.IP_MTU_DISCOVER, Int32Array.of(c.IP_PMTUDISC_OMIT));
    if (isAny) set(is6 ? c.IPPROTO_IPV6 : c.IPPROTO_IP, is6 ? c.IPV6_RECVPKTINFO : c.IP_PKTINFO, on);
    const address = encodeSocketAddress(listen);
    checked(libc.bind(fd, c.addressOf(address.buffer), address.length), 'bind', listen);
    const octets = Int32Array.of(address.length);
    checked(
      libc.getsockname(fd, c.addressOf(address.buffer), c.addressOf(octets.buffer)),
      'getsockname',
      listen,
    );
    return { fd, port: portOf(address), isWildcard: isAny };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function checked(result: number, syscall: string, { address, port }: SocketAddress): number {
  if (result >= 0) return result;
  const code = c.errorName(c.errno());
  throw Object.assign(new Error(`${syscall} ${code} ${address}:${port}`), { code, syscall, address, port });
}
