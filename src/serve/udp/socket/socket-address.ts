import { isIPv6 } from 'node:net';
import type { ListenAddress } from '../../../config/config.ts';
import { addressOctets } from '../../../dns/address-octets.ts';
import { AF_INET, AF_INET6, SOCKADDR_IN_OCTETS, SOCKADDR_IN6_OCTETS } from './libc.ts';

/** Encodes `struct sockaddr_in` or `sockaddr_in6`: family in host order, the rest in network order. Scope ids are not known here. */
export function encodeSocketAddress({ address, port }: ListenAddress): Uint8Array<ArrayBuffer> {
  const is6 = isIPv6(address);
  const octets = new Uint8Array(is6 ? SOCKADDR_IN6_OCTETS : SOCKADDR_IN_OCTETS);
  const view = new DataView(octets.buffer);
  view.setUint16(0, is6 ? AF_INET6 : AF_INET, true);
  view.setUint16(2, port);
  octets.set(addressOctets(address)!, is6 ? 8 : 4);
  return octets;
}

/** The port in a socket address of either family. */
export function portOf(octets: Uint8Array): number {
  return (octets[2]! << 8) | octets[3]!;
}
