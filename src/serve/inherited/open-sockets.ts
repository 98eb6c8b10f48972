import { readdirSync, readlinkSync } from 'node:fs';
import type { ListenAddress } from '../../config/config.ts';
import { formatAddress } from '../listen/peer.ts';
import type { Protocol } from '../listen/taken.ts';
import {
  AF_INET,
  AF_INET6,
  addressOf,
  type Libc,
  SO_ACCEPTCONN,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOCKADDR_IN6_OCTETS,
  SOL_SOCKET,
} from '../udp/socket/libc.ts';
import { portOf } from '../udp/socket/socket-address.ts';

/** An open socket that takes connections, or datagrams, of any client. */
export interface OpenSocket extends ListenAddress {
  readonly fd: number;
  readonly protocol: Protocol;
}

/** Where an address is in `struct sockaddr_in` and `sockaddr_in6`. */
const IN_ADDRESS = [4, 8] as const;
const IN6_ADDRESS = [8, 24] as const;

/** Describes a file descriptor; undefined: it is no UDP socket, and no TCP socket that listens. */
export function describeSocket(libc: Libc, fd: number): OpenSocket | undefined {
  const type = optionOf(libc, fd, SO_TYPE);
  const isTcp = type === SOCK_STREAM && optionOf(libc, fd, SO_ACCEPTCONN) === 1;
  if (!isTcp && type !== SOCK_DGRAM) return undefined;
  const octets = new Uint8Array(SOCKADDR_IN6_OCTETS);
  const length = Int32Array.of(octets.length);
  if (libc.getsockname(fd, addressOf(octets.buffer), addressOf(length.buffer)) < 0) return undefined;
  const family = octets[0]!;
  if (family !== AF_INET && family !== AF_INET6) return undefined;
  const [start, end] = family === AF_INET ? IN_ADDRESS : IN6_ADDRESS;
  const address = formatAddress(octets.slice(start, end));
  return { fd, protocol: isTcp ? 'TCP' : 'UDP', address, port: portOf(octets) };
}

/** Lists the sockets of this process that describeSocket() knows, in the order of their descriptors. Throws where the system does not show them. */
export function openSockets(libc: Libc): OpenSocket[] {
  return readdirSync('/proc/self/fd')
    .filter(isSocket)
    .map(Number)
    .sort((a, b) => a - b)
    .flatMap((fd) => describeSocket(libc, fd) ?? []);
}

function isSocket(fd: string): boolean {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
  } catch {
    // It was that of the directory itself, or was closed meanwhile.
    return false;
  }
}

function optionOf(libc: Libc, fd: number, option: number): number | undefined {
  const value = new Int32Array(1);
  const length = Int32Array.of(value.byteLength);
  const isRead =
    libc.getsockopt(fd, SOL_SOCKET, option, addressOf(value.buffer), addressOf(length.buffer)) === 0;
  return isRead ? value[0] : undefined;
}
