import { networkInterfaces } from 'node:os';

/** The addresses of this machine, of one family; link-local ones with their interface, as they are bound (RFC 4007 §11). */
export function localAddresses(family: 'IPv4' | 'IPv6'): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter((each) => each.family === family)
      .map(({ address, scopeid }) => (scopeid ? `${address}%${name}` : address)),
  );
}
