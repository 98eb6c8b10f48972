import type { Socket } from 'node:dgram';
import * as c from './libc.ts';

/** Octets that every link of IPv6 takes (RFC 8200 §5). */
export const IPV6_MTU_MIN = 1_280;

/**
 * Options of a socket (level, name, value) by which path MTU discovery is off and ICMP is ignored: a forged "too big" changes
 * nothing (RFC 9715 §3.1). By IPv4 no datagram has the DF bit, so that a router may cut it where a link needs that. By IPv6,
 * where only the sender may, it is cut to what every link takes.
 */
export const FRAGMENTING = {
  IPv4: [[c.IPPROTO_IP, c.IP_MTU_DISCOVER, c.IP_PMTUDISC_OMIT]],
  IPv6: [
    [c.IPPROTO_IPV6, c.IPV6_MTU_DISCOVER, c.IPV6_PMTUDISC_OMIT],
    [c.IPPROTO_IPV6, c.IPV6_MTU, IPV6_MTU_MIN],
  ],
} as const;

/**
 * Sets these options on a bound socket of Node's, which has no way to set them itself. Returns false where it cannot be
 * done: koffi has no build for this machine, or Node keeps the socket's file descriptor to itself. Elsewhere than on Linux
 * the system's default stays.
 */
export function allowFragments(socket: Socket, family: keyof typeof FRAGMENTING): boolean {
  if (process.platform !== 'linux') return true;
  const fd = fdOf(socket);
  if (fd === undefined || fd < 0) return false;
  try {
    const libc = c.openLibc();
    return FRAGMENTING[family].every(([level, name, value]) => {
      const word = Int32Array.of(value);
      return libc.setsockopt(fd, level, name, c.addressOf(word.buffer), word.byteLength) === 0;
    });
  } catch {
    return false;
  }
}

/** Finds the file descriptor of a bound socket, which Node does not make public; undefined: it is no longer where it used to be. */
function fdOf(socket: Socket): number | undefined {
  const symbol = Object.getOwnPropertySymbols(socket).find(
    ({ description }) => description === 'state symbol',
  );
  const state: unknown = symbol && Reflect.get(socket, symbol);
  return (state as { readonly handle?: { readonly fd?: number } } | undefined)?.handle?.fd;
}
