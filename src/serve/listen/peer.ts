import type { Exchange } from '../../answer/exchange.ts';
import { ipv4Octets, ipv6Octets } from '../../dns/address-octets.ts';

const NOBODY = new Uint8Array(4);

/** Sets the client of an exchange from an address as Node writes it; 0.0.0.0 where the client is gone already. */
export function setPeer(exchange: Exchange, address: string | undefined): void {
  exchange.peer = address === undefined ? NOBODY : addressOctets(address);
  exchange.peerAt = 0;
  exchange.peerOctets = exchange.peer.length;
}

/** Returns the 4 or 16 octets of an address as Node writes it. */
export function addressOctets(address: string): Uint8Array {
  // A zone index belongs to this machine, not to the address (RFC 4007 §11).
  return ipv4Octets(address) ?? ipv6Octets(address.split('%', 1)[0]!)!;
}

/** Formats an address of 4 or 16 octets. */
export function formatAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16),
  );
  // A URL has IPv6 addresses in their usual form (RFC 5952 §4).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
