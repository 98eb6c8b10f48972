import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../../../config/config.ts';
import { isEveryAddress } from '../../../config/listen-address.ts';
import { WAIT_MS } from '../thread-data.ts';
import { FRAGMENTING } from './fragmenting.ts';
import * as c from './libc.ts';
import { encodeSocketAddress, portOf } from './socket-address.ts';

/** A bound UDP socket, known by its file descriptor so that any thread of the process can use it. */
export interface BoundSocket {
  readonly fd: number;
  readonly port: number;
}

/** Octets that the kernel may keep for a busy thread; fewer where net.core.rmem_max is lower. */
const RECEIVE_BUFFER_OCTETS = 4 * 1024 * 1024;

/** How a socket has its address: alone; as the first of several of this process, among which the kernel spreads clients; or as a later one of them. */
export type Sharing = 'alone' | 'first' | 'later';

/**
 * Opens a socket. The first at an address is bound without SO_REUSEPORT, so that the kernel refuses it where any other
 * process has the address, or one that includes it, even if that would share it; only then may ours join. Throws an error with
 * `code`, `syscall` and the address.
 */
export function openSocket(libc: c.Libc, listen: ListenAddress, sharing: Sharing = 'alone'): BoundSocket {
  const is6 = isIPv6(listen.address);
  const fd = checked(
    libc.socket(is6 ? c.AF_INET6 : c.AF_INET, c.SOCK_DGRAM | c.SOCK_CLOEXEC, 0),
    'socket',
    listen,
  );
  const isAny = isEveryAddress(listen.address);
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
    if (sharing === 'later') set(c.SOL_SOCKET, c.SO_REUSEPORT, on);
    set(c.SOL_SOCKET, c.SO_RCVBUF, Int32Array.of(RECEIVE_BUFFER_OCTETS));
    set(c.SOL_SOCKET, c.SO_RCVTIMEO, wait);
    set(c.SOL_SOCKET, c.SO_SNDTIMEO, wait);
    if (is6) set(c.IPPROTO_IPV6, c.IPV6_V6ONLY, on);
    for (const [level, name, value] of FRAGMENTING[is6 ? 'IPv6' : 'IPv4'])
      set(level, name, Int32Array.of(value));
    // Each answer must leave from the address that its query went to.
    if (isAny) set(is6 ? c.IPPROTO_IPV6 : c.IPPROTO_IP, is6 ? c.IPV6_RECVPKTINFO : c.IP_PKTINFO, on);
    const address = encodeSocketAddress(listen);
    checked(libc.bind(fd, c.addressOf(address.buffer), address.length), 'bind', listen);
    if (sharing === 'first') set(c.SOL_SOCKET, c.SO_REUSEPORT, on);
    const octets = Int32Array.of(address.length);
    checked(
      libc.getsockname(fd, c.addressOf(address.buffer), c.addressOf(octets.buffer)),
      'getsockname',
      listen,
    );
    return { fd, port: portOf(address) };
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function checked(result: number, syscall: string, { address, port }: ListenAddress): number {
  if (result >= 0) return result;
  const code = c.errorName(c.errno());
  throw Object.assign(new Error(`${syscall} ${code} ${address}:${port}`), { code, syscall, address, port });
}
